import type { HttpClient } from '../http/client.ts'
import { HttpFailure } from '../http/failure.ts'
import type { HttpResponse } from '../http/response.ts'
import type { RetryRule } from '../http/retry-rule.ts'
import type { Secret } from '../values/secret.ts'

export interface RepositoryApiOptions {
  readonly http: HttpClient
  /** `https://api.github.com`, or an Enterprise server's or Gitea's with its path. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly repository: string
  readonly token: Secret
  readonly signal?: AbortSignal
}

/** The API gave no answer, or a refusal. Its message is for people, and reads on after a name. */
export class RepositoryApiFailure extends Error {
  override readonly name = 'RepositoryApiFailure'
}

const TIMEOUT = 10_000
const DEADLINE = 30_000
const RETRY: RetryRule = { attempts: 3, firstDelay: 500, longestDelay: 5_000 }
const PAGE_SIZE = 100
/** 10,000 names. */
const MOST_PAGES = 100

/** What one repository's API tells. https://docs.github.com/rest */
export class RepositoryApi {
  readonly #options: RepositoryApiOptions

  constructor(options: RepositoryApiOptions) {
    this.#options = options
  }

  repository(): Promise<unknown> {
    return this.#get(this.#url(''))
  }

  async commitDate(sha: string): Promise<Date | undefined> {
    const answer = (await this.#get(this.#url(`/commits/${encodeURIComponent(sha)}`))) as {
      readonly commit?: { readonly committer?: { readonly date?: string } | null }
    }
    const date = answer.commit?.committer?.date
    return date === undefined ? undefined : new Date(date)
  }

  /** The names of all tags, the newest pages first. */
  async tagNames(): Promise<string[]> {
    const names: string[] = []
    // Gitea takes `limit` for the size of a page, and GitHub `per_page`.
    let next: string | undefined = this.#url(`/tags?per_page=${PAGE_SIZE}&limit=${PAGE_SIZE}`)
    for (let page = 0; next !== undefined && page < MOST_PAGES; page++) {
      const response = await this.#send(next)
      const tags = response.json()
      if (!Array.isArray(tags)) throw new RepositoryApiFailure('responded with something other than a list of tags')
      names.push(...tags.map((tag: { readonly name?: unknown }) => String(tag.name)))
      next = nextPage(response.headers.get('link'))
    }
    return names
  }

  #url(path: string): string {
    const { apiUrl, repository } = this.#options
    return `${apiUrl.replace(/\/$/, '')}/repos/${repository}${path}`
  }

  async #get(url: string): Promise<unknown> {
    const body = (await this.#send(url)).json()
    if (typeof body !== 'object' || body === null)
      throw new RepositoryApiFailure('responded with something other than JSON')
    return body
  }

  async #send(url: string): Promise<HttpResponse> {
    const { http, token, signal } = this.#options
    const response = await this.#answer(() =>
      http.send({
        url,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `token ${token.reveal()}`,
          'x-github-api-version': '2022-11-28',
        },
        timeout: TIMEOUT,
        deadline: DEADLINE,
        retry: RETRY,
        redirects: 3,
        secrets: [token],
        ...(signal ? { signal } : {}),
      }),
    )
    if (!response.ok) throw new RepositoryApiFailure(refusal(response))
    return response
  }

  async #answer(send: () => Promise<HttpResponse>): Promise<HttpResponse> {
    try {
      return await send()
    } catch (thrown) {
      if (thrown instanceof HttpFailure) throw new RepositoryApiFailure(`did not respond (${thrown.message})`)
      throw thrown
    }
  }
}

function refusal({ status, url }: HttpResponse): string {
  const hint: Readonly<Record<number, string>> = {
    401: '; the token is wrong or has expired',
    403: '; the token lacks the permission `contents: read`, or its rate limit is used up',
    404: '; the repository does not exist, or the token has no access to it',
    429: '; its rate limit is used up for now',
  }
  return `responded with ${status} to GET ${url.pathname}${hint[status] ?? ''}`
}

/** https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function nextPage(link: string | undefined): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
}
