import type { AppOptions } from '@deploy-actions/testkit/coolify/resources'
import { FakeCoolify, type FakeCoolifyOptions } from '@deploy-actions/testkit/coolify/server'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Parsed, when it is JSON. */
  readonly body: Record<string, unknown>
}

export interface ApiClient {
  get(path: string, headers?: Record<string, string>): Promise<Reply>
  post(path: string, body?: unknown): Promise<Reply>
  patch(path: string, body?: unknown): Promise<Reply>
  call(method: string, path: string, init?: RequestInit): Promise<Reply>
  /** The record of a deployment once it is over. */
  settled(uuid: string): Promise<Record<string, unknown>>
  /** Asks until the answer has that status. */
  until(path: string, status: string): Promise<void>
}

export interface Here extends AsyncDisposable {
  readonly coolify: FakeCoolify
  /** With a token that may do all but read secrets. */
  readonly api: ApiClient
  /** Of the n-th deployment. */
  uuid(index: number): string
}

export async function startWithApps(
  apps: readonly AppOptions[],
  options: Omit<FakeCoolifyOptions, 'apps'> = {},
): Promise<Here> {
  const coolify = await FakeCoolify.start({ ...options, apps })
  return {
    coolify,
    api: client(coolify, coolify.token('read', 'write', 'deploy')),
    uuid: index => coolify.deployments[index]?.uuid ?? '',
    [Symbol.asyncDispose]: () => coolify[Symbol.asyncDispose](),
  }
}

export async function eventually(isSo: () => boolean | undefined): Promise<void> {
  for (let tries = 0; tries < 4_000 && !isSo(); tries++) await pause()
  if (!isSo()) throw new Error('it did not come to that')
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 10))
}

/** Asks the fake as a good client does. */
export function client(coolify: FakeCoolify, token: string | undefined): ApiClient {
  const call = async (method: string, path: string, init: RequestInit = {}): Promise<Reply> => {
    const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
    const url = `${coolify.url}/api/v1${path}`
    const response = await fetch(url, { redirect: 'manual', ...init, method, headers: { ...headers, ...init.headers } })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
  }
  const send = (method: string, path: string, body: unknown) =>
    call(method, path, {
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  const settled = async (uuid: string): Promise<Record<string, unknown>> => {
    for (let tries = 0; tries < 4_000; tries++) {
      const { body } = await call('GET', `/deployments/${uuid}`)
      if (!['queued', 'in_progress'].includes(String(body['status']))) return body
      await pause()
    }
    throw new Error(`${uuid} did not end`)
  }
  const until = async (path: string, status: string) => {
    for (let tries = 0; tries < 4_000; tries++) {
      if ((await call('GET', path)).body['status'] === status) return
      await pause()
    }
    throw new Error(`${path} did not become ${status}`)
  }
  return {
    call,
    settled,
    until,
    get: (path, headers) => call('GET', path, headers ? { headers } : {}),
    post: (path, body) => send('POST', path, body),
    patch: (path, body) => send('PATCH', path, body),
  }
}
