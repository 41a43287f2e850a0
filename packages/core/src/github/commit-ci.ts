import { textOf } from '../values/fields.ts'
import { isRecord } from '../values/record.ts'
import type { GitHubApi, GitHubCall } from './github-api.ts'
import { GitHubError } from './github-error.ts'
import { parseCheck, parseJob, parseRun, parseStatus, parseSuite } from './rows.ts'
import type { CheckRun, CheckSuite, CommitStatus, Job, WorkflowRun } from './snapshot.ts'

export interface CommitCiOptions {
  readonly api: GitHubApi
  /** `owner/name`. */
  readonly repository: string
  readonly serverUrl: string
}

/** `ahead`: the head holds the base and more. */
export type Relation = 'identical' | 'ahead' | 'behind' | 'diverged'
const relations: readonly Relation[] = ['identical', 'ahead', 'behind', 'diverged']

const PAGE_SIZE = 100

/** The CI of the commits of one repository. `until` is the time after which nothing is attempted again. */
export class CommitCi {
  readonly #options: CommitCiOptions

  constructor(options: CommitCiOptions) {
    this.#options = options
  }

  /** Whether the server has workflow runs and check runs, as GitHub does. Gitea and Forgejo have a commit status for each job. */
  async hasCheckRuns(sha: string, until: number): Promise<boolean> {
    try {
      await this.checkRuns(sha, until)
      return true
    } catch (thrown) {
      if (thrown instanceof GitHubError && thrown.status === 404 && (await this.#isGitea(until))) return false
      throw thrown
    }
  }

  /** GitHub has no such path, and hides a private repository by a 404. */
  async #isGitea(until: number): Promise<boolean> {
    try {
      const found = await this.#options.api.read({ path: '/version', parameters: {}, permission: '', until })
      return isRecord(found) && textOf(found, 'version') !== undefined
    } catch (thrown) {
      if (thrown instanceof GitHubError && !thrown.isOutage) return false
      throw thrown
    }
  }

  async workflowRuns(sha: string, until: number): Promise<WorkflowRun[]> {
    const call = this.#listCall('/actions/runs', { head_sha: sha }, 'actions: read', until)
    return (await this.#options.api.list(call, 'workflow_runs')).flatMap(parseRun)
  }

  /** The jobs of a run's latest attempt; none when the run was deleted. */
  async jobs(run: number, until: number): Promise<Job[]> {
    const call = this.#listCall('/actions/runs/{run_id}/jobs', { run_id: run }, 'actions: read', until)
    try {
      return (await this.#options.api.list(call, 'jobs')).flatMap(parseJob)
    } catch (thrown) {
      if (thrown instanceof GitHubError && thrown.problem === 'not-found') return []
      throw thrown
    }
  }

  async checkRuns(sha: string, until: number): Promise<CheckRun[]> {
    const call = this.#listCall('/commits/{ref}/check-runs', { ref: sha }, 'checks: read', until)
    return (await this.#options.api.list(call, 'check_runs')).flatMap(parseCheck)
  }

  async checkSuites(sha: string, until: number): Promise<CheckSuite[]> {
    const call = this.#listCall('/commits/{ref}/check-suites', { ref: sha }, 'checks: read', until)
    return (await this.#options.api.list(call, 'check_suites')).flatMap(parseSuite)
  }

  /**
   * The newest status of each context. Only pages and rows count: the state of the whole that Gitea sends is that of one page.
   */
  async statuses(sha: string, until: number): Promise<CommitStatus[]> {
    const call = this.#listCall('/commits/{ref}/status', { ref: sha }, 'statuses: read', until)
    const found = await this.#options.api.list(call, 'statuses')
    return found.flatMap(status => parseStatus(status, this.#options.serverUrl))
  }

  /** The commit at the head of a branch; undefined when the branch is gone. */
  async branchHead(branch: string, until: number): Promise<string | undefined> {
    const call = this.#call('/branches/{branch}', { branch }, 'contents: read', until)
    try {
      const found = await this.#options.api.read(call)
      const commit = isRecord(found) ? found['commit'] : undefined
      // Gitea names it `id`.
      return isRecord(commit) ? (textOf(commit, 'sha') ?? textOf(commit, 'id')) : undefined
    } catch (thrown) {
      if (thrown instanceof GitHubError && thrown.problem === 'not-found') return undefined
      throw thrown
    }
  }

  /** How `head` stands to `base`; undefined when the server does not know one of them any more. */
  async compare(base: string, head: string, until: number): Promise<Relation | undefined> {
    if (base === head) return 'identical'
    const call = this.#compareCall(base, head, until)
    try {
      const found = await this.#options.api.read(call)
      const status = isRecord(found) ? textOf(found, 'status') : undefined
      return relations.find(relation => relation === status) ?? (await this.#compareByCounts(base, head, until))
    } catch (thrown) {
      if (thrown instanceof GitHubError && (thrown.status === 404 || thrown.status === 422)) return undefined
      throw thrown
    }
  }

  /** Gitea has no word for it, and counts the commits that the second one has and the first one lacks. */
  async #compareByCounts(base: string, head: string, until: number): Promise<Relation | undefined> {
    const ahead = await this.#commitsBetween(base, head, until)
    const behind = await this.#commitsBetween(head, base, until)
    if (ahead === undefined || behind === undefined) return undefined
    if (ahead === 0) return behind === 0 ? 'identical' : 'behind'
    return behind === 0 ? 'ahead' : 'diverged'
  }

  async #commitsBetween(base: string, head: string, until: number): Promise<number | undefined> {
    const call = this.#compareCall(base, head, until)
    const found = await this.#options.api.read(call)
    const total = isRecord(found) ? textOf(found, 'total_commits') : undefined
    return total === undefined ? undefined : Number(total)
  }

  #compareCall(base: string, head: string, until: number): GitHubCall {
    return this.#call('/compare/{basehead}', { basehead: `${base}...${head}` }, 'contents: read', until)
  }

  #listCall(path: string, parameters: GitHubCall['parameters'], permission: string, until: number): GitHubCall {
    return this.#call(path, { ...parameters, per_page: PAGE_SIZE }, permission, until)
  }

  #call(path: string, more: GitHubCall['parameters'], permission: string, until: number): GitHubCall {
    const [owner = '', repo = ''] = this.#options.repository.split('/')
    return { path: `/repos/{owner}/{repo}${path}`, parameters: { owner, repo, ...more }, permission, until }
  }
}
