import type { HttpFailure } from '../http/failure.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import { isPassing } from '../http/retry-rule.ts'
import { ActionError } from '../values/action-error.ts'
import { textOf } from '../values/fields.ts'
import { isRecord } from '../values/record.ts'
import type { ApiResponse } from './octokit.ts'

export type GitHubProblem =
  /** Wrong. */
  | 'token'
  /** It was accepted before in this run. */
  | 'token-expired'
  | 'permission'
  /** Not there, or hidden from the token. */
  | 'not-found'
  /** The requests of an hour are used up, or a secondary limit was hit. */
  | 'rate-limited'
  /** No response, or a temporary failure. */
  | 'unavailable'
  /** Something other than GitHub's API responds at the address. */
  | 'not-github'
  | 'refused'

const TITLES: Readonly<Record<GitHubProblem, string>> = {
  token: 'GitHub rejected the token',
  'token-expired': 'The GitHub token has expired',
  permission: 'The GitHub token lacks a permission',
  'not-found': 'GitHub does not have the repository or commit',
  'rate-limited': "GitHub's request limit was exceeded",
  unavailable: 'GitHub does not respond',
  'not-github': 'This address is not a GitHub API',
  refused: 'GitHub refused the request',
}

interface GitHubErrorFacts {
  /** Milliseconds before which GitHub accepts no further request, where it names a time. */
  readonly retryAfter?: number | undefined
  /** The API can respond again later. */
  readonly isOutage?: boolean
  readonly status?: number
}

/** A request to GitHub's API failed. */
export class GitHubError extends ActionError {
  readonly problem: GitHubProblem
  readonly retryAfter: number | undefined
  readonly isOutage: boolean
  /** Undefined when no response came. */
  readonly status: number | undefined

  constructor(problem: GitHubProblem, message: string, next?: string, facts: GitHubErrorFacts = {}) {
    super({ title: TITLES[problem], message, ...(next === undefined ? {} : { next }) })
    this.problem = problem
    this.retryAfter = facts.retryAfter
    this.isOutage = facts.isOutage ?? false
    this.status = facts.status
  }
}

/** The request that a response belongs to. */
export interface AskedGitHub {
  /** The path of the API, as messages name it. */
  readonly path: string
  /** The permission that the request needs: `checks: read`. */
  readonly permission: string
  /** The token was accepted before in this run. */
  readonly wasAccepted: boolean
  readonly now: number
}

/** Explains a response that is not a success. */
export function explainResponse(response: ApiResponse, asked: AskedGitHub): GitHubError {
  const { status, headers, data } = response
  const call = `GET ${asked.path}`
  const message = isRecord(data) ? (textOf(data, 'message') ?? '') : ''
  const said = message === '' ? '' : ` ("${message}")`
  if (status === 429 || (status === 403 && isRateLimited(headers, message))) {
    return new GitHubError('rate-limited', `${call} returned ${status}${said}.`, RATE_NEXT, {
      retryAfter: pauseIn(headers, asked.now),
      isOutage: true,
      status,
    })
  }
  if (status === 401) return explainToken(call, said, asked)
  if (status === 403) return explainForbidden(call, said, headers, asked)
  if (status === 404) {
    const next = `Check the repository and the commit, and add \`${asked.permission}\` to the job's \`permissions\`: GitHub hides a private repository from a token without it.`
    return new GitHubError('not-found', `${call} returned 404${said}.`, next, { status })
  }
  if (status >= 500 || status === 408) {
    const retryAfter = parseRetryAfter(headers['retry-after'], asked.now)
    return new GitHubError('unavailable', `${call} returned ${status}${said}.`, WAIT_NEXT, {
      retryAfter,
      isOutage: true,
      status,
    })
  }
  if (isRecord(data)) return new GitHubError('refused', `${call} returned ${status}${said}.`, undefined, { status })
  return new GitHubError('not-github', `${call} returned ${status} without JSON.`, ADDRESS_NEXT, { status })
}

const RATE_NEXT =
  'Let fewer workflows of the repository use the API at once, or give `github-token` a token with a limit of its own.'
const WAIT_NEXT = 'Run the job again when https://www.githubstatus.com reports no incident.'
const ADDRESS_NEXT = 'Check GITHUB_API_URL, and that no login page or proxy is in front of the API.'

/** A success whose body is not what the API describes: cut on its way, or from something in front of it. */
export function unreadable({ status }: ApiResponse, { path }: AskedGitHub): GitHubError {
  const message = `GET ${path} returned ${status} with a truncated or foreign response.`
  return new GitHubError('unavailable', message, ADDRESS_NEXT, { isOutage: true, status })
}

/** No response came. */
export function explainFailure(failure: HttpFailure): GitHubError {
  const next = isPassing(failure.kind) ? WAIT_NEXT : ADDRESS_NEXT
  return new GitHubError('unavailable', `${failure.message}.`, next, { isOutage: isPassing(failure.kind) })
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function isRateLimited(headers: ApiResponse['headers'], message: string): boolean {
  if (headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined) return true
  return /secondary rate limit|abuse detection/i.test(message)
}

/** Milliseconds until the time that the response names. The reset is a time of GitHub's clock, as is `date`. */
function pauseIn(headers: ApiResponse['headers'], now: number): number | undefined {
  const asked = parseRetryAfter(headers['retry-after'], now)
  if (asked !== undefined) return asked
  if (headers['x-ratelimit-remaining'] !== '0') return undefined
  const reset = Number(headers['x-ratelimit-reset'])
  if (!Number.isFinite(reset)) return undefined
  const date = Date.parse(headers['date'] ?? '')
  // Both are in whole seconds.
  return Math.max(0, reset * 1_000 - (Number.isNaN(date) ? now : date)) + 1_000
}

function explainToken(call: string, said: string, { wasAccepted }: AskedGitHub): GitHubError {
  if (wasAccepted) {
    const next =
      "A job's own token ends with the job, that of a GitHub App after one hour: give `github-token` one that lives as long as the watch."
    return new GitHubError('token-expired', `${call} returned 401${said}, after requests that succeeded.`, next, {
      status: 401,
    })
  }
  const next = 'Set `github-token` to `${{ github.token }}` (its default) or to a valid token.'
  return new GitHubError('token', `${call} returned 401${said}.`, next, { status: 401 })
}

function explainForbidden(
  call: string,
  said: string,
  headers: ApiResponse['headers'],
  { permission }: AskedGitHub,
): GitHubError {
  // `checks=read`, and alternatives after a semicolon.
  const named = headers['x-accepted-github-permissions']?.split(';')[0]?.trim().replaceAll('=', ': ')
  const missing = named === undefined || named === '' ? permission : named
  const next = `Add \`${missing}\` to the job's \`permissions\`.`
  return new GitHubError('permission', `${call} returned 403${said}.`, next, { status: 403 })
}
