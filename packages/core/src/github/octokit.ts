import type { HttpClient } from '../http/client.ts'
import { isRecord } from '../values/record.ts'
import type { Secret } from '../values/secret.ts'

export interface OctokitOptions {
  readonly http: HttpClient
  /** `https://api.github.com`, or that of an Enterprise server or of Gitea with its path. */
  readonly apiUrl: string
  readonly token: Secret
  readonly signal?: AbortSignal
}

/** A response whatever its status, 304 and errors too. */
export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed JSON; the text where the body is not JSON. */
  readonly data: unknown
}

export interface ApiRequest {
  /** `/repos/{owner}/{repo}/…`, or a whole address. */
  readonly path: string
  readonly parameters: Readonly<Record<string, string | number>>
  readonly etag?: string | undefined
  /** Milliseconds until the last byte. */
  readonly timeout: number
}

export type SendToGitHub = (request: ApiRequest) => Promise<ApiResponse>

/** The version whose answers are read here. An unsupported version answers 410. https://docs.github.com/rest/about-the-rest-api/api-versions */
const API_VERSION = '2022-11-28'

/**
 * GitHub's own client over our HTTP client, which knows proxies, time limits and secrets. The package is loaded with the first use: it
 * is a large part of a bundle, and a run with a mistake in its inputs sends nothing.
 */
export async function openOctokit({ http, apiUrl, token, signal }: OctokitOptions): Promise<SendToGitHub> {
  const { getOctokit } = await import('@actions/github')
  const octokit = getOctokit(token.reveal(), { baseUrl: apiUrl.replace(/\/+$/, '') })
  return async ({ path, parameters, etag, timeout }) => {
    const fetch = async (url: string, { headers }: { readonly headers: Readonly<Record<string, string>> }) => {
      const given = { url, headers, timeout, redirects: 3, secrets: [token], ...(signal ? { signal } : {}) }
      const response = await http.send(given)
      const hasBody = response.status !== 204 && response.status !== 304
      return new Response(hasBody ? Buffer.from(response.body) : null, {
        status: response.status,
        headers: new Headers([...response.headers]),
      })
    }
    const headers = { 'x-github-api-version': API_VERSION, ...(etag === undefined ? {} : { 'if-none-match': etag }) }
    try {
      const {
        status,
        headers: answered,
        data,
      } = await octokit.request(`GET ${path}`, {
        ...parameters,
        headers,
        request: { fetch },
      })
      return { status, headers: textHeaders(answered), data }
    } catch (thrown) {
      return responseIn(thrown)
    }
  }
}

/** Octokit throws for a status of 304 and from 400 on, and wraps what `fetch` has thrown. */
function responseIn(thrown: unknown): ApiResponse {
  if (!isRecord(thrown)) throw thrown
  const { response, status } = thrown
  if (isRecord(response) && typeof status === 'number') {
    return { status, headers: textHeaders(response['headers']), data: response['data'] }
  }
  throw thrown['cause'] ?? thrown
}

function textHeaders(headers: unknown): Readonly<Record<string, string | undefined>> {
  if (!isRecord(headers)) return {}
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      value === undefined ? undefined : String(value),
    ]),
  )
}
