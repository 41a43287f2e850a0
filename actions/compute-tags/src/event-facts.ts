import type { GitHubRun } from '@deploy-actions/core/runner/github-run'
import { type GitRef, parseGitRef } from '@deploy-actions/core/values/git-ref'

interface Commit {
  readonly id?: string
  readonly timestamp?: string
}

/** A webhook's payload, as far as it is read here; it comes from outside, so nothing is sure to be there. */
export interface Payload {
  readonly number?: number
  readonly ref_type?: string
  readonly base_ref?: string | null
  readonly commits?: readonly Commit[]
  readonly head_commit?: Commit | null
  readonly repository?: {
    readonly name?: string
    readonly full_name?: string
    readonly description?: string | null
    readonly html_url?: string
    readonly license?: { readonly spdx_id?: string | null } | null
    readonly default_branch?: string
  }
  readonly pull_request?: {
    readonly number?: number
    readonly head?: { readonly sha?: string; readonly ref?: string }
    readonly base?: { readonly ref?: string }
  }
  readonly merge_group?: { readonly head_sha?: string; readonly head_ref?: string }
  readonly workflow_run?: {
    readonly name?: string
    readonly event?: string
    readonly head_branch?: string
    readonly head_sha?: string
    readonly conclusion?: string | null
  }
}

/** What happened, to which commit. All tags are made from it. */
export interface EventFacts {
  readonly eventName: string
  /** `refs/heads/main`, as GitHub has it. */
  readonly fullRef: string
  readonly ref: GitRef
  readonly sha: string
  readonly headRef: string
  readonly payload: Payload
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: string
  /** Says which commit the sha is, where there is more than one. */
  readonly shaOrigin: string
}

export interface FactOptions {
  /** `head`: the commit that was pushed, in place of the one that GitHub made to test it. `auto`: the commit that a `workflow_run` tested, otherwise `event`. */
  readonly shaSource: 'auto' | 'event' | 'head'
  /** What is checked out, in place of what the workflow says. */
  readonly checkedOut: { readonly ref: string; readonly sha: string } | undefined
}

export function eventFacts(run: GitHubRun, { shaSource, checkedOut }: FactOptions): EventFacts {
  const payload = run.payload as Payload
  const fullRef = checkedOut?.ref ?? eventRef(run, payload)
  const commit = checkedOut
    ? { sha: checkedOut.sha, shaOrigin: 'what is checked out' }
    : eventSha(run, payload, shaSource)
  return {
    eventName: run.eventName,
    fullRef,
    ref: parseGitRef(fullRef),
    ...commit,
    headRef: run.headRef || (payload.pull_request?.head?.ref ?? ''),
    payload,
    runId: run.runId,
    runNumber: run.runNumber,
    runAttempt: run.runAttempt,
  }
}

/** A run for pull_request_target has the base branch for its ref; its tags are about the pull request all the same. */
function eventRef(run: GitHubRun, payload: Payload): string {
  return run.eventName.includes('pull_request_target') ? `refs/pull/${payload.number}/merge` : run.ref
}

/** Whether the run follows a workflow that ran for a push to the run's own branch: GitHub gives every such run the default branch as its ref. */
export function followsPush(eventName: string, ref: GitRef, payload: Payload): boolean {
  const origin = payload.workflow_run
  return eventName === 'workflow_run' && origin?.head_branch === ref.name && !origin.event?.startsWith('pull_request')
}

function eventSha(
  run: GitHubRun,
  payload: Payload,
  source: FactOptions['shaSource'],
): Pick<EventFacts, 'sha' | 'shaOrigin'> {
  const isPull = run.eventName.includes('pull_request')
  const wantsHead =
    source === 'head' || (source === 'auto' && followsPush(run.eventName, parseGitRef(run.ref), payload))
  if (wantsHead) {
    const head = isPull
      ? payload.pull_request?.head?.sha
      : (payload.merge_group?.head_sha ?? payload.workflow_run?.head_sha)
    if (head !== undefined)
      return { sha: head, shaOrigin: `the head commit of the ${isPull ? 'pull request' : run.eventName}` }
  }
  if (run.eventName.includes('pull_request_target')) return { sha: run.sha, shaOrigin: 'the tip of the base branch' }
  if (!isPull) return { sha: run.sha, shaOrigin: '' }
  // Gitea and Forgejo run the commit that was pushed.
  const isHead = payload.pull_request?.head?.sha === run.sha
  const shaOrigin = isHead
    ? 'the head commit of the pull request'
    : 'the merge commit that GitHub made to test the pull request'
  return { sha: run.sha, shaOrigin }
}

/** Whether the run is for the default branch, as far as the payload says. Some events always are. */
export function isDefaultBranch({ fullRef, ref, eventName, payload }: EventFacts): boolean {
  const branch = ref.kind === 'branch' ? ref.name : fullRef
  if (branch === '') return false
  if (payload.repository?.default_branch === branch) return true
  // https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
  return /create|discussion|issues|schedule/.test(eventName)
}

/** The branch that a pull request wants to go to, or that a pushed tag is said to come from. */
export function baseRef({ ref, payload }: EventFacts): string {
  if (ref.kind === 'tag' && payload.base_ref) return payload.base_ref.replace(/^refs\/heads\//, '')
  if (ref.kind === 'pull') return payload.pull_request?.base?.ref ?? ''
  return ''
}

/** When the commit was made, if the payload tells. */
export function payloadCommitDate({ payload, sha }: EventFacts): Date | undefined {
  const commit = payload.commits?.find(({ id, timestamp }) => id === sha && timestamp)
  const head = payload.head_commit?.id === sha ? payload.head_commit : undefined
  const timestamp = (commit ?? head)?.timestamp
  return timestamp === undefined ? undefined : new Date(timestamp)
}
