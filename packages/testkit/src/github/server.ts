import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type LoopbackServer, serve } from '../loopback-server.ts'
import { type Answer, json, notFound, refusal } from './answer.ts'
import type { Places } from './bodies.ts'
import { description } from './description.ts'
import { type Fault, Faults, faultAnswer } from './faults.ts'
import { giteaAnswer } from './gitea.ts'
import { type Call, ROUTES, type Route } from './routes.ts'
import { Repository } from './state.ts'

export interface FakeGitHubOptions {
  /** Milliseconds since the epoch; the system's time unless given. */
  readonly now?: () => number
  /** `/api/v3` as on an Enterprise server. */
  readonly prefix?: string
  readonly service?: 'github' | 'gitea'
  /** Requests per hour. */
  readonly limit?: number
  /** False: a proxy in front of it takes them away. */
  readonly hasEtags?: boolean
  /** How many clients read at once; each sends one request at a time. */
  readonly clients?: number
}

export interface SeenRequest {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Milliseconds since the epoch, by the fake's clock. */
  readonly at: number
  readonly ifNoneMatch: string | undefined
  /** 0 when the connection was broken or left without an answer. */
  status: number
  /** It has lowered what is left of the hour. */
  isCounted: boolean
}

const HOUR = 3_600_000

/**
 * GitHub's API on the loopback, as far as it tells of a commit's CI: pages, conditional requests, limits, errors and moods. What a client
 * does that GitHub would object to stands in `findings`.
 */
export class FakeGitHub implements AsyncDisposable {
  readonly repository: Repository
  readonly requests: SeenRequest[] = []
  readonly findings: string[] = []
  /** The token that is accepted. A test sets another one when this one expires. */
  token = `ghs_${randomBytes(18).toString('hex')}`
  /** Permissions of the token. */
  permissions: ReadonlySet<string> = new Set(['actions', 'checks', 'statuses', 'contents'])
  /** Until this time the lists that are filtered by commit do not show its runs. */
  listsLagUntil = 0
  readonly #options: FakeGitHubOptions
  readonly #now: () => number
  readonly #faults = new Faults()
  readonly #script: { readonly at: number; readonly work: () => void }[] = []
  readonly #counts = new Map<number, () => void>()
  readonly #start: number
  #window: { start: number; used: number }
  /** No request is allowed before. */
  #closedUntil = 0
  #open = 0
  #server!: LoopbackServer

  private constructor(options: FakeGitHubOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#start = this.#now()
    this.#window = { start: this.#start, used: 0 }
    this.repository = new Repository(this.#now)
  }

  static async start(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
    const github = new FakeGitHub(options)
    github.#server = await serve((request, response) => void github.#serve(request, response))
    return github
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  /** The server's own address, for the pages of runs. */
  get url(): string {
    return this.#server.url
  }

  /** GITHUB_API_URL. */
  get apiUrl(): string {
    const { prefix = '', service } = this.#options
    return `${this.url}${service === 'gitea' ? '/api/v1' : prefix}`
  }

  /** Requests that lowered what is left of the hour. */
  get counted(): number {
    return this.requests.filter(({ isCounted }) => isCounted).length
  }

  /** Milliseconds after the start of the fake, before the first request that comes later is answered. */
  at(ms: number, work: () => void): void {
    this.#script.push({ at: this.#start + ms, work })
    this.#script.sort((a, b) => a.at - b.at)
  }

  /** When so many requests have come, before the last of them is answered: for a client whose pace is not the test's. */
  afterRequests(count: number, work: () => void): void {
    this.#counts.set(this.requests.length + count, work)
  }

  /** The next requests that it is for meet this instead. */
  failNext(fault: Fault): void {
    this.#faults.add(fault)
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.url)
    const path = url.pathname.replace(this.apiUrl.slice(this.url.length), '')
    const at = this.#now()
    const ifNoneMatch = incoming.headers['if-none-match']
    const query = Object.fromEntries(url.searchParams)
    const seen: SeenRequest = { path, query, at, ifNoneMatch, status: 0, isCounted: false }
    this.requests.push(seen)
    this.#open += 1
    response.on('close', () => {
      this.#open -= 1
    })
    if (this.#open > (this.#options.clients ?? 1)) this.findings.push(`two requests at once: ${path}`)
    if (at < this.#closedUntil) this.findings.push(`a request before the limit has ended: ${path}`)
    while (this.#script[0] !== undefined && this.#script[0].at <= at) this.#script.shift()?.work()
    this.#counts.get(this.requests.length)?.()
    // What has come by then is in the answer.
    const fault = this.#faults.take(path, at)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return void incoming.socket.resetAndDestroy()
    const answer = this.#answer(incoming, path, url, fault)
    seen.status = answer.status
    seen.isCounted = answer.status !== 304 && path !== '/rate_limit' && this.#options.service !== 'gitea'
    if (seen.isCounted) this.#window.used += 1
    const length = Buffer.byteLength(answer.body)
    response.writeHead(answer.status, { ...this.#headers(at), ...answer.headers })
    if (fault?.kind === 'reset-in-body') {
      response.write(answer.body.slice(0, length / 2), () => incoming.socket.resetAndDestroy())
      return
    }
    response.end(fault?.kind === 'truncated-json' ? answer.body.slice(0, length / 2) : answer.body)
  }

  #answer(incoming: IncomingMessage, path: string, url: URL, fault: Fault | undefined): Answer {
    const { service, hasEtags = true } = this.#options
    const refused = this.#limited() ?? this.#unauthorized(incoming)
    if (refused !== undefined) return refused
    const moved = `${this.apiUrl}${path.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${this.repository.id}`)}${url.search}`
    const moody = fault && faultAnswer(fault, moved)
    if (moody !== undefined) {
      if (fault?.retryAfter !== undefined) this.#closedUntil = this.#now() + fault.retryAfter * 1_000
      else if (fault?.kind === 'secondary-limit') this.#closedUntil = this.#now() + 60_000
      return moody
    }
    if (service === 'gitea') return giteaAnswer(path, this.#call(url.href, [], url))
    this.#inspect(incoming, url)
    const answer = this.#route(path, moved, url)
    if (answer.status !== 200 || !hasEtags) return answer
    const authorization = incoming.headers.authorization ?? ''
    const etag = `W/"${createHash('sha256').update(answer.body).update(authorization).digest('hex')}"`
    const headers = { ...answer.headers, etag }
    return incoming.headers['if-none-match'] === etag
      ? { status: 304, headers: { etag }, body: '' }
      : { ...answer, headers }
  }

  #route(path: string, moved: string, url: URL): Answer {
    if (path === '/rate_limit') return this.#rateLimit()
    for (const route of ROUTES) {
      const params = matchOf(route.operation, path, this.repository)
      if (params === undefined) continue
      this.#checkQuery(route, url)
      if (route.permission !== undefined && !this.permissions.has(route.permission)) {
        const accepted = { 'x-accepted-github-permissions': `${route.permission}=read` }
        return refusal(403, 'Resource not accessible by integration', accepted)
      }
      return route.handler(this.#call(moved, params, url))
    }
    // A client that looks for Gitea's version asks once, and after a 404 only.
    if (path !== '/version') this.findings.push(`a call that GitHub does not have, or the fake does not: ${path}`)
    return notFound()
  }

  #call(moved: string, params: readonly string[], url: URL): Call {
    const places: Places = { api: this.apiUrl, web: this.url }
    const { repository, listsLagUntil } = this
    return { repository, places, params, query: url.searchParams, address: moved.replace(/\?.*$/, ''), listsLagUntil }
  }

  #inspect({ headers }: IncomingMessage, url: URL): void {
    if (headers['user-agent'] === undefined) this.findings.push(`no user-agent: ${url.pathname}`)
    if (headers['x-github-api-version'] === undefined) this.findings.push(`no x-github-api-version: ${url.pathname}`)
  }

  #checkQuery({ operation }: Route, { searchParams }: URL): void {
    const known = description.operations[operation]?.query ?? []
    for (const name of searchParams.keys()) {
      if (!known.includes(name)) this.findings.push(`${operation} does not take ${name}`)
    }
    if (Number(searchParams.get('per_page') ?? 0) > 100) this.findings.push(`${operation}: per_page is over 100`)
  }

  #limited(): Answer | undefined {
    const now = this.#now()
    if (now >= this.#window.start + HOUR) this.#window = { start: now, used: 0 }
    if (this.#window.used < (this.#options.limit ?? 1_000) || this.#options.service === 'gitea') return undefined
    this.#closedUntil = this.#window.start + HOUR
    return refusal(403, 'API rate limit exceeded for installation ID 12345.')
  }

  #unauthorized({ headers }: IncomingMessage): Answer | undefined {
    const given = headers.authorization?.replace(/^(token|bearer) /i, '')
    return given === this.token ? undefined : refusal(401, 'Bad credentials')
  }

  #rateLimit(): Answer {
    const rate = { limit: this.#limit, used: this.#window.used, remaining: this.#remaining, reset: this.#reset }
    const { limit, used, remaining, reset } = rate
    return json(200, {
      resources: { core: rate, search: rate, graphql: rate },
      rate: { limit, used, remaining, reset },
    })
  }

  get #limit(): number {
    return this.#options.limit ?? 1_000
  }

  get #remaining(): number {
    return Math.max(0, this.#limit - this.#window.used)
  }

  get #reset(): number {
    return Math.ceil((this.#window.start + HOUR) / 1_000)
  }

  #headers(at: number): Record<string, string> {
    const date = { date: new Date(at).toUTCString() }
    if (this.#options.service === 'gitea') return date
    return {
      ...date,
      'cache-control': 'private, max-age=60, s-maxage=60',
      vary: 'Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With',
      'x-github-api-version-selected': '2022-11-28',
      'x-github-media-type': 'github.v3; format=json',
      'x-github-request-id': randomBytes(8).toString('hex'),
      'x-ratelimit-limit': String(this.#limit),
      'x-ratelimit-remaining': String(this.#remaining),
      'x-ratelimit-used': String(this.#window.used),
      'x-ratelimit-reset': String(this.#reset),
      'x-ratelimit-resource': 'core',
    }
  }
}

/** What stands for the placeholders after those of the repository, which can be named by its number. */
function matchOf(operation: string, path: string, repository: Repository): string[] | undefined {
  const template = operation.replace('GET /repos/{owner}/{repo}', '')
  const home = [`/repos/${repository.fullName}`, `/repositories/${repository.id}`].find(start =>
    path.startsWith(`${start}/`),
  )
  if (home === undefined) return undefined
  const found = new RegExp(`^${template.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path.slice(home.length))
  return found?.slice(1).map(decodeURIComponent)
}
