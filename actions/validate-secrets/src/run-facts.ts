/** What the run tells of itself, as far as it explains why secrets are not there. */
export interface RunFacts {
  readonly serverUrl: string
  /** `owner/name`; '' when the runner does not say. */
  readonly repository: string
  readonly branch: string
  readonly event: string
  readonly actor: string
  /** A pull request from a fork: GitHub passes no secrets then. */
  readonly isFork: boolean
  /** A local run under act. */
  readonly isAct: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables */
export function readRunFacts(env: Environment, payload: unknown): RunFacts {
  const event = env['GITHUB_EVENT_NAME'] ?? ''
  return {
    serverUrl: env['GITHUB_SERVER_URL'] || 'https://github.com',
    repository: env['GITHUB_REPOSITORY'] ?? '',
    branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'] || '',
    event,
    actor: env['GITHUB_ACTOR'] ?? '',
    isFork: event.startsWith('pull_request') && event !== 'pull_request_target' && isFromFork(payload),
    isAct: env['ACT'] === 'true',
  }
}

/** A head without a repository is a fork that was deleted. */
function isFromFork(payload: unknown): boolean {
  const pullRequest = field(payload, 'pull_request')
  if (pullRequest === undefined) return false
  const head = field(field(field(pullRequest, 'head'), 'repo'), 'full_name')
  const base = field(field(field(pullRequest, 'base'), 'repo'), 'full_name')
  return base !== undefined && head !== base
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1] ?? undefined
}
