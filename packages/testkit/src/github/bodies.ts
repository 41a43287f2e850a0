import type { FakeCheck, FakeJob, FakeRun, FakeStatus, FakeSuite, Repository } from './state.ts'

// The objects of GitHub's API with every field that its description requires. https://docs.github.com/rest

/** Where the fake is: the API, and the pages that its objects name. */
export interface Places {
  readonly api: string
  readonly web: string
}

type Body = Readonly<Record<string, unknown>>

const ACTIONS = 'github-actions'
const APP_IDS: Readonly<Record<string, number>> = { [ACTIONS]: 15_368, codecov: 254 }

const node = (id: number) => Buffer.from(`node:${id}`).toString('base64')
const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'))

export function runBody(run: FakeRun, repository: Repository, places: Places): Body {
  const url = `${places.api}/repos/${repository.fullName}/actions/runs/${run.id}`
  const page = `${places.web}/${repository.fullName}/actions/runs/${run.id}`
  const actor = user('octocat', places)
  return {
    id: run.id,
    name: run.workflow,
    node_id: node(run.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.file,
    display_title: 'Sell more: a “quoted” title, with ::commas::',
    run_number: run.number,
    event: run.event,
    ...run.state,
    workflow_id: workflowId(run.file),
    check_suite_id: run.suite,
    check_suite_node_id: node(run.suite),
    url,
    html_url: page,
    pull_requests: [],
    created_at: time(run.createdAt),
    updated_at: time(run.updatedAt),
    actor,
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: time(run.startedAt),
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${places.api}/repos/${repository.fullName}/check-suites/${run.suite}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${places.api}/repos/${repository.fullName}/actions/workflows/${workflowId(run.file)}`,
    head_commit: headCommit(run.sha),
    repository: minimalRepository(repository, places),
    head_repository: minimalRepository(repository, places),
  }
}

function workflowId(file: string): number {
  return [...file].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 90_000_000, 7) + 10_000_000
}

export function jobBody(job: FakeJob, run: FakeRun, repository: Repository, places: Places): Body {
  const isAssigned = job.startedAt !== null
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflow,
    head_branch: run.branch,
    run_url: `${places.api}/repos/${repository.fullName}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: node(job.id),
    head_sha: run.sha,
    url: `${places.api}/repos/${repository.fullName}/actions/jobs/${job.id}`,
    html_url: jobPage(job, run, repository, places),
    status: job.status,
    conclusion: job.conclusion,
    created_at: time(run.startedAt),
    started_at: time(job.startedAt ?? run.startedAt),
    completed_at: time(job.completedAt),
    name: job.name,
    steps: job.steps.map((step, index) => ({
      name: step.name,
      status: step.conclusion === null ? 'in_progress' : 'completed',
      conclusion: step.conclusion,
      number: index + 1,
      started_at: time(job.startedAt),
      completed_at: time(job.completedAt),
    })),
    check_run_url: `${places.api}/repos/${repository.fullName}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    runner_id: isAssigned ? 21 : null,
    runner_name: isAssigned ? 'GitHub Actions 21' : null,
    runner_group_id: isAssigned ? 0 : null,
    runner_group_name: isAssigned ? 'GitHub Actions' : null,
  }
}

function jobPage(job: FakeJob, run: FakeRun, repository: Repository, { web }: Places): string {
  return `${web}/${repository.fullName}/actions/runs/${run.id}/job/${job.id}`
}

/** The check run that each job of a workflow run has, with the job's id. */
export function jobAsCheck(job: FakeJob, run: FakeRun, repository: Repository, places: Places): Body {
  const url = jobPage(job, run, repository, places)
  const { id, name, startedAt, completedAt, status, conclusion } = job
  const check = {
    id,
    name,
    app: ACTIONS,
    suite: run.suite,
    sha: run.sha,
    url,
    startedAt,
    completedAt,
    status,
    conclusion,
  }
  return { ...checkBody(check, repository, places), html_url: url, details_url: url }
}

export function checkBody(check: FakeCheck, repository: Repository, places: Places): Body {
  const url = `${places.api}/repos/${repository.fullName}/check-runs/${check.id}`
  return {
    id: check.id,
    name: check.name,
    node_id: node(check.id),
    head_sha: check.sha,
    external_id: `external-${check.id}`,
    url,
    html_url: `${places.web}/${repository.fullName}/runs/${check.id}`,
    details_url: check.url,
    status: check.status,
    conclusion: check.conclusion,
    started_at: time(check.startedAt),
    completed_at: time(check.completedAt),
    output: {
      title: null,
      summary: 'First line\n::error::not a command',
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: check.suite },
    app: appBody(check.app, places),
    pull_requests: [],
  }
}

export function statusBody(status: FakeStatus, repository: Repository, { api }: Places): Body {
  return {
    url: `${api}/repos/${repository.fullName}/statuses/${status.sha}`,
    avatar_url: 'https://avatars.example/u/1',
    id: status.id,
    node_id: node(status.id),
    state: status.state,
    description: null,
    target_url: status.targetUrl,
    context: status.context,
    created_at: time(status.createdAt),
    updated_at: time(status.createdAt),
  }
}

export function combinedBody(
  {
    sha,
    all,
    page,
  }: { readonly sha: string; readonly all: readonly FakeStatus[]; readonly page: readonly FakeStatus[] },
  repository: Repository,
  places: Places,
): Body {
  const states = all.map(({ state }) => state)
  const isFailed = states.some(state => state === 'failure' || state === 'error')
  const isOpen = states.length === 0 || states.includes('pending')
  const url = `${places.api}/repos/${repository.fullName}/commits/${sha}`
  return {
    state: isFailed ? 'failure' : isOpen ? 'pending' : 'success',
    statuses: page.map(status => statusBody(status, repository, places)),
    sha,
    total_count: all.length,
    repository: minimalRepository(repository, places),
    commit_url: url,
    url: `${url}/status`,
  }
}

export function suiteBody(
  suite: FakeSuite & { readonly checks: number },
  repository: Repository,
  places: Places,
): Body {
  const url = `${places.api}/repos/${repository.fullName}/check-suites/${suite.id}`
  return {
    id: suite.id,
    node_id: node(suite.id),
    head_branch: 'main',
    head_sha: suite.sha,
    status: suite.status,
    conclusion: suite.conclusion,
    url,
    before: '0'.repeat(40),
    after: suite.sha,
    pull_requests: [],
    app: appBody(suite.app, places),
    repository: minimalRepository(repository, places),
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    head_commit: headCommit(suite.sha),
    latest_check_runs_count: suite.checks,
    check_runs_url: `${url}/check-runs`,
  }
}

export function branchBody(name: string, sha: string, repository: Repository, places: Places): Body {
  const url = `${places.api}/repos/${repository.fullName}/branches/${encodeURIComponent(name)}`
  return {
    name,
    commit: commitBody(sha, repository, places),
    _links: { self: url, html: `${places.web}/${repository.fullName}/tree/${name}` },
    protected: false,
    protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${url}/protection`,
  }
}

export function compareBody(base: string, head: string, repository: Repository, places: Places): Body {
  const [ofBase, ofHead] = [repository.history(base), repository.history(head)]
  const [ahead, behind] = [ofHead.filter(sha => !ofBase.includes(sha)), ofBase.filter(sha => !ofHead.includes(sha))]
  const status =
    ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged'
  const common = ofHead.find(sha => ofBase.includes(sha)) ?? base
  const page = `${places.web}/${repository.fullName}/compare/${base}...${head}`
  return {
    url: `${places.api}/repos/${repository.fullName}/compare/${base}...${head}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitBody(base, repository, places),
    merge_base_commit: commitBody(common, repository, places),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead.toReversed().map(sha => commitBody(sha, repository, places)),
    files: [],
  }
}

function commitBody(sha: string, repository: Repository, places: Places): Body {
  const url = `${places.api}/repos/${repository.fullName}/commits/${sha}`
  const page = `${places.web}/${repository.fullName}/commit/${sha}`
  const person = { name: 'Octo Cat', email: 'octocat@example.org', date: '2026-01-01T00:00:00Z' }
  const [, ...parents] = repository.history(sha)
  return {
    url,
    sha,
    node_id: node(1),
    html_url: page,
    comments_url: `${url}/comments`,
    commit: {
      url,
      author: person,
      committer: person,
      message: 'Sell more',
      comment_count: 0,
      tree: { sha, url },
      verification: { verified: false, reason: 'unsigned', payload: null, signature: null, verified_at: null },
    },
    author: user('octocat', places),
    committer: user('octocat', places),
    parents: parents.slice(0, 1).map(parent => ({ sha: parent, url, html_url: page })),
  }
}

function headCommit(sha: string): Body {
  const person = { name: 'Octo Cat', email: 'octocat@example.org' }
  return {
    id: sha,
    tree_id: sha,
    message: 'Sell more',
    timestamp: '2026-01-01T00:00:00Z',
    author: person,
    committer: person,
  }
}

function appBody(slug: string, places: Places): Body {
  return {
    id: APP_IDS[slug] ?? 999,
    slug,
    node_id: node(APP_IDS[slug] ?? 999),
    owner: user(slug === ACTIONS ? 'github' : slug, places),
    name: slug === ACTIONS ? 'GitHub Actions' : slug,
    description: null,
    external_url: `https://${slug}.example`,
    html_url: `${places.web}/apps/${slug}`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2019-12-10T19:04:12Z',
    permissions: { checks: 'write' },
    events: [],
  }
}

function user(login: string, { api, web }: Places): Body {
  const url = `${api}/users/${login}`
  const lists = ['followers', 'following', 'gists', 'starred', 'subscriptions', 'organizations', 'repos', 'events']
  return {
    login,
    id: 583_231,
    node_id: node(583_231),
    avatar_url: 'https://avatars.example/u/583231',
    gravatar_id: '',
    url,
    html_url: `${web}/${login}`,
    ...Object.fromEntries(lists.map(name => [`${name}_url`, `${url}/${name}`])),
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  }
}

const REPOSITORY_URLS =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees'.split(
    ' ',
  )

function minimalRepository({ fullName, id }: Repository, places: Places): Body {
  const [owner = '', name = ''] = fullName.split('/')
  const url = `${places.api}/repos/${fullName}`
  return {
    id,
    node_id: node(id),
    name,
    full_name: fullName,
    owner: user(owner, places),
    private: true,
    html_url: `${places.web}/${fullName}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(REPOSITORY_URLS.map(key => [`${key}_url`, `${url}/${key}`])),
  }
}
