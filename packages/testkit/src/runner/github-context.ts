/** The `github` context of a run, as far as actions read it. https://docs.github.com/actions/reference/workflows-and-actions/contexts */
export interface GitHubContext {
  readonly actor: string
  readonly api_url: string
  readonly event: object
  readonly event_name: string
  readonly graphql_url: string
  readonly head_ref: string
  readonly base_ref: string
  readonly job: string
  readonly ref: string
  readonly ref_name: string
  readonly ref_protected: string
  readonly ref_type: string
  readonly repository: string
  readonly repository_id: string
  readonly repository_owner: string
  readonly repository_owner_id: string
  readonly run_attempt: string
  readonly run_id: string
  readonly run_number: string
  readonly server_url: string
  readonly sha: string
  readonly token: string
  readonly triggering_actor: string
  readonly workflow: string
  readonly workflow_ref: string
}

const PUSH_TO_MAIN: GitHubContext = {
  actor: 'octocat',
  api_url: 'https://api.github.com',
  event: {},
  event_name: 'push',
  graphql_url: 'https://api.github.com/graphql',
  head_ref: '',
  base_ref: '',
  job: 'deploy',
  ref: 'refs/heads/main',
  ref_name: 'main',
  ref_protected: 'false',
  ref_type: 'branch',
  repository: 'octo-org/shop',
  repository_id: '1296269',
  repository_owner: 'octo-org',
  repository_owner_id: '6811672',
  run_attempt: '1',
  run_id: '1658821493',
  run_number: '42',
  server_url: 'https://github.com',
  sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
  token: 'ghs_TheTokenOfThisTestRun0123456789abcd',
  triggering_actor: 'octocat',
  workflow: 'Deploy',
  workflow_ref: 'octo-org/shop/.github/workflows/deploy.yml@refs/heads/main',
}

/** A push to main, but for what is given. */
export function githubContext(differences: Partial<GitHubContext> = {}): GitHubContext {
  return { ...PUSH_TO_MAIN, ...differences }
}

/** The GITHUB_* variables of a run. The token is not among them: an action gets it by an input only. */
export function githubVariables(
  context: GitHubContext,
  paths: { readonly workspace: string; readonly eventPath: string },
): Record<string, string> {
  const { event: _, token: __, ...rest } = context
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [`GITHUB_${key.toUpperCase()}`, value])),
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__org_actions',
    GITHUB_ACTION_REPOSITORY: 'org/actions',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_EVENT_PATH: paths.eventPath,
    GITHUB_WORKSPACE: paths.workspace,
    GITHUB_RETENTION_DAYS: '90',
  }
}
