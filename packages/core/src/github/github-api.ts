import type { Clock } from '../flow/clock.ts'
import { Slots } from '../flow/slots.ts'
import { HttpFailure } from '../http/failure.ts'
import { isRecord } from '../values/record.ts'
import { type AskedGitHub, explainFailure, explainResponse, GitHubError, unreadable } from './github-error.ts'
import { nextPage } from './next-page.ts'
import type { ApiResponse, SendToGitHub } from './octokit.ts'

export interface GitHubApiOptions {
  /** Opens the client with the first request. */
  readonly open: () => Promise<SendToGitHub>
  readonly clock: Clock
  /** `https://api.github.com`, or that of an Enterprise server or of Gitea with its path. */
  readonly apiUrl: string
  readonly signal?: AbortSignal
  /** Reports a wait for a limit or an outage. */
  readonly onPause?: (thrown: GitHubError, pause: number) => void
}

export interface GitHubCall {
  /** `/repos/{owner}/{repo}/…` */
  readonly path: string
  readonly parameters: Readonly<Record<string, string | number>>
  /** For a refusal: `checks: read`. */
  readonly permission: string
  /** Milliseconds since the epoch: no attempt starts, and no pause ends, after it. */
  readonly until: number
}

/** What is left of the requests of an hour, as the last response had it. */
export interface Budget {
  readonly remaining: number
  /** Milliseconds until it is full again. */
  readonly resetsIn: number
}

/** Milliseconds for one attempt. */
const TIMEOUT = 30_000
/** A last look at the deadline has at least so long. */
const SHORTEST_TIMEOUT = 5_000
/** Milliseconds before an attempt after an outage; doubled each time. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 30_000
/** GitHub wants a minute at least where it names no time, and longer each time. */
const UNNAMED_LIMIT = 60_000
/** Of 100 entries each; GitHub itself stops at 1,000 runs or suites. */
const MOST_PAGES = 50

interface Kept {
  readonly etag: string
  readonly data: unknown
  readonly link: string | undefined
}

/**
 * Reads one GitHub. Requests go out one after the other; what has not changed since costs nothing of the hourly limit, as GitHub counts
 * no 304; limits and outages are waited for as long as the caller's time allows.
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export class GitHubApi {
  readonly #options: GitHubApiOptions
  readonly #turns = new Slots(1)
  readonly #kept = new Map<string, Kept>()
  #send: SendToGitHub | undefined
  /** The last limit, and when it ends. */
  #limit: { readonly thrown: GitHubError; readonly end: number } | undefined
  #unnamedLimits = 0
  #wasAccepted = false
  #budget: (Pick<Budget, 'remaining'> & { readonly resetsAt: number }) | undefined

  constructor(options: GitHubApiOptions) {
    this.#options = options
  }

  get budget(): Budget | undefined {
    if (this.#budget === undefined) return undefined
    const { remaining, resetsAt } = this.#budget
    return { remaining, resetsIn: Math.max(0, resetsAt - this.#options.clock.now()) }
  }

  async read(call: GitHubCall): Promise<unknown> {
    const { data } = await this.#page(call.path, call)
    return data
  }

  /** The entries of all pages of a list; `key` names the list within the response, and is left out where the response is the list. */
  async list(call: GitHubCall, key?: string): Promise<unknown[]> {
    const found: unknown[] = []
    let page: GitHubCall | undefined = call
    for (let number = 0; page !== undefined && number < MOST_PAGES; number++) {
      const { data, link } = await this.#page(page.path, page)
      const entries = key === undefined ? data : isRecord(data) ? data[key] : undefined
      // Gitea has null for an empty list.
      if (Array.isArray(entries)) found.push(...entries)
      else if (entries !== null) throw unreadable({ status: 200, headers: {}, data }, this.#asked(call))
      const next = nextPage(link)
      page = next === undefined ? undefined : { ...call, path: this.#onThisServer(next), parameters: {} }
    }
    return found
  }

  /** A link of a server behind a proxy can name another address; the token goes to the one that was given only. */
  #onThisServer(link: string): string {
    const { apiUrl } = this.#options
    const { pathname, search } = new URL(link, apiUrl)
    return `${new URL(apiUrl).origin}${pathname}${search}`
  }

  async #page(path: string, call: GitHubCall): Promise<{ readonly data: unknown; readonly link: string | undefined }> {
    const leave = await this.#turns.take()
    try {
      return await this.#attempts(path, call)
    } finally {
      leave()
    }
  }

  async #attempts(
    path: string,
    call: GitHubCall,
  ): Promise<{ readonly data: unknown; readonly link: string | undefined }> {
    const { clock, signal, onPause } = this.#options
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await this.#waitForLimit(call)
      try {
        return await this.#attempt(path, call)
      } catch (thrown) {
        if (!(thrown instanceof GitHubError) || !thrown.isOutage) throw thrown
        const next = this.#pauseAfter(thrown, pause)
        // Also when the call is not repeated: the next one must not be sent too early.
        if (thrown.problem === 'rate-limited') this.#limit = { thrown, end: clock.now() + next }
        if (clock.now() + next > call.until) throw thrown
        onPause?.(thrown, next)
        await clock.sleep(next, signal)
      }
    }
  }

  async #waitForLimit({ until }: GitHubCall): Promise<void> {
    const { clock, signal } = this.#options
    const { thrown, end } = this.#limit ?? {}
    if (end === undefined || end <= clock.now()) return
    if (end > until) throw thrown
    await clock.sleep(end - clock.now(), signal)
  }

  #pauseAfter({ problem, retryAfter }: GitHubError, pause: number): number {
    if (problem !== 'rate-limited') return retryAfter ?? pause
    if (retryAfter !== undefined) return retryAfter
    this.#unnamedLimits += 1
    return UNNAMED_LIMIT * 2 ** (this.#unnamedLimits - 1)
  }

  async #attempt(
    path: string,
    call: GitHubCall,
  ): Promise<{ readonly data: unknown; readonly link: string | undefined }> {
    const { clock, open } = this.#options
    const key = `${path} ${JSON.stringify(call.parameters)}`
    const kept = this.#kept.get(key)
    this.#send ??= await open()
    const timeout = Math.max(SHORTEST_TIMEOUT, Math.min(TIMEOUT, call.until - clock.now()))
    const response = await this.#send({ path, parameters: call.parameters, etag: kept?.etag, timeout }).catch(
      thrown => {
        throw thrown instanceof HttpFailure ? explainFailure(thrown) : thrown
      },
    )
    const { status, headers, data } = response
    this.#learn(response)
    if (status === 304 && kept !== undefined) return kept
    if (status < 200 || status >= 300) throw explainResponse(response, this.#asked(call))
    if (typeof data !== 'object' || data === null) throw unreadable(response, this.#asked(call))
    this.#wasAccepted = true
    this.#unnamedLimits = 0
    const { etag, link } = headers
    if (etag !== undefined) this.#kept.set(key, { etag, data, link })
    return { data, link }
  }

  #learn({ headers }: ApiResponse): void {
    const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN)
    const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000
    if (Number.isNaN(remaining) || Number.isNaN(reset)) return
    const now = this.#options.clock.now()
    const date = Date.parse(headers['date'] ?? '')
    this.#budget = { remaining, resetsAt: now + reset - (Number.isNaN(date) ? now : date) }
  }

  #asked({ path, parameters, permission }: GitHubCall): AskedGitHub {
    const shown = path.replace(/^https?:\/\/[^/]+/, '').replace(/\{(\w+)\}/g, (_, name) => String(parameters[name]))
    return { path: shown, permission, wasAccepted: this.#wasAccepted, now: this.#options.clock.now() }
  }
}
