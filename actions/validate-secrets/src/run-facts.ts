import { readRunVariables, type Service } from '@deploy-actions/core/runner/github-run'

/** What the run tells of itself, as far as it explains why secrets are not there. */
export interface RunFacts {
  readonly service: Service
  readonly serverUrl: string
  /** `owner/name`; '' when the runner does not say. */
  readonly repository: string
  readonly branch: string
  readonly event: string
  readonly actor: string
  /** A pull request from a fork: GitHub passes no secrets then. */
  readonly isFork: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables */
export function readRunFacts(env: Environment, payload: unknown): RunFacts {
  const { service, eventName, serverUrl, repository, headRef, actor } = readRunVariables(env, payload)
  return {
    service,
    serverUrl,
    repository,
    branch: headRef || (env['GITHUB_REF_NAME'] ?? ''),
    event: eventName,
    actor,
    isFork: eventName.startsWith('pull_request') && eventName !== 'pull_request_target' && isFromFork(payload),
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
