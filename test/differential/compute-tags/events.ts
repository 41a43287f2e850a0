/** What the runner says of an event, and the file with its payload. */
export interface RunEvent {
  readonly event: string
  readonly ref: string
  readonly sha: string
  readonly headRef?: string
  readonly payload: string
}

const MAIN = '4f1c2ad98e37b05f6d21c9e0a83b7745d0e6f912'
const DEV = '0be92d7741c3a86f5e10d4b2c97fa8631e5d07a4'
const TAG = '9a70e3bb52d84c6f017e2d95ab38c4f1607d5e2c'
const HEAD = '71e4b09d8c52fa36d0e8175bc429fa03d6e1c85b'
const MERGE = 'c3d8f0172b94e65a08d17f3b6e2c9045a1b7d8e6'

/** A run for a branch, of a push unless another event is given. */
export function branch(name: string, payload: string, event = 'push', sha = MAIN): RunEvent {
  return { event, ref: `refs/heads/${name}`, sha, payload }
}

/** A push of a git tag. */
export function tag(name: string, payload = 'push-tag'): RunEvent {
  return { event: 'push', ref: `refs/tags/${name}`, sha: TAG, payload }
}

function pull(number: number, payload: string, event = 'pull_request'): RunEvent {
  return { event, ref: `refs/pull/${number}/merge`, sha: MERGE, headRef: 'feature/spring-tides', payload }
}

const QUEUE = `gh-readonly-queue/main/pr-87-${MAIN}`

export const EVENTS = {
  main: branch('main', 'push-main'),
  develop: branch('develop', 'push-develop', 'push', DEV),
  feature: branch('feature/Spring_Tides+v2', 'push-feature', 'push', DEV),
  'release branch': branch('releases/1.x', 'push-release-branch', 'push', DEV),
  'branch with signs': branch('fix/a=b&c', 'push-equals-sign', 'push', DEV),
  'branch with umlauts': branch('hafen/größe', 'push-umlaut', 'push', DEV),
  'push without commits': branch('main', 'push-no-commits'),
  'private repository': branch('main', 'push-private-unlicensed'),
  master: branch('master', 'push-master'),
  'deleted branch': branch('main', 'push-deleted'),
  'version tag': tag('v1.2.3'),
  'version tag without base': tag('v1.2.3', 'push-tag-base-ref-null'),
  'pull request': pull(87, 'pull-request'),
  'pull request of a fork': pull(91, 'pull-request-fork'),
  'closed pull request': pull(87, 'pull-request-closed'),
  'pull request target': { ...branch('main', 'pull-request', 'pull_request_target'), headRef: 'feature/spring-tides' },
  review: pull(87, 'pull-request-review', 'pull_request_review'),
  release: { ...tag('v1.2.3', 'release'), event: 'release' },
  'created branch': branch('develop', 'create-branch', 'create', DEV),
  'created tag': { ...tag('v1.2.3', 'create-tag'), event: 'create' },
  'delete event': branch('main', 'delete', 'delete'),
  schedule: branch('main', 'schedule', 'schedule'),
  'schedule without repository': branch('main', 'schedule-bare', 'schedule'),
  'manual run': branch('main', 'workflow-dispatch', 'workflow_dispatch'),
  'manual run on develop': branch('develop', 'workflow-dispatch', 'workflow_dispatch', DEV),
  'repository dispatch': branch('main', 'repository-dispatch', 'repository_dispatch'),
  'workflow run': branch('main', 'workflow-run', 'workflow_run'),
  'merge queue': branch(QUEUE, 'merge-group', 'merge_group', MERGE),
  'deployment of a commit': { event: 'deployment', ref: '', sha: MAIN, payload: 'deployment' },
  'opened issue': branch('main', 'issues', 'issues'),
  'issue comment': branch('main', 'issue-comment', 'issue_comment'),
  discussion: branch('main', 'discussion', 'discussion'),
  'no payload': branch('main', 'empty'),
  'no commit': { ...branch('main', 'push-main'), sha: '' },
} as const satisfies Record<string, RunEvent>

/** Gitea and Forgejo run the commit that was pushed, not a merge that was made to test it. */
export const GITEA_PULL: RunEvent = { ...pull(87, 'pull-request'), ref: 'refs/pull/87/head', sha: HEAD }

export type EventName = keyof typeof EVENTS
