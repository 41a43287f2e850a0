import type { Outcome } from '@deploy-actions/core/deploy/result'
import type { DeployFacts } from '@deploy-actions/core/report/deploy-summary'
import type { GitHubRun } from '@deploy-actions/core/runner/github-run'
import type { Inputs } from './inputs.ts'

/** The commit that a run is about: a deploy's own, and of a rollback the one of the release that it leads to. */
export function commitOf(
  { mode, options }: Pick<Inputs, 'mode' | 'options'>,
  { release }: Pick<Outcome, 'release'>,
  { repository, serverUrl, payload }: Pick<GitHubRun, 'repository' | 'serverUrl' | 'payload'>,
): DeployFacts['commit'] {
  const sha = mode === 'deploy' ? options.sha : release?.sha
  if (sha === undefined) return undefined
  const home = serverUrl.replace(/\/+$/, '')
  const url = repository === '' ? {} : { url: `${home}/${repository}/commit/${sha}` }
  return { sha, ...url, subject: subjectOf(payload, sha) }
}

/** The payload of a push has the message of its last commit. */
function subjectOf(payload: unknown, sha: string): string | undefined {
  const { id, message } = Object(Object(payload).head_commit)
  return typeof message === 'string' && typeof id === 'string' && id.startsWith(sha)
    ? message.split(/\r?\n/, 1)[0]
    : undefined
}
