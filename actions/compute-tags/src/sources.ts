import { commitDate, completeTags, type Git, headRef, headSha } from '@deploy-actions/core/git/work-tree'
import { type RepositoryApi, RepositoryApiFailure } from '@deploy-actions/core/github/repository-api'
import type { GitHubRun } from '@deploy-actions/core/runner/github-run'
import type { Log } from '@deploy-actions/core/runner/log'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { type EventFacts, type Payload, payloadCommitDate } from './event-facts.ts'
import { guessedRepository, payloadRepository, type RepositoryData, toRepositoryData } from './repository-data.ts'

/** Where facts come from that the run's variables do not tell. */
export interface Sources {
  readonly now: () => Date
  /** Of the folder that the job works in. */
  readonly git: Git
  /** Undefined without a token. */
  readonly api: (() => Promise<RepositoryApi>) | undefined
  readonly log: Log
}

/** What is checked out. Its reference cannot always be told: then the workflow's stands in. */
export async function checkedOut(run: GitHubRun, { git }: Sources, warn: (text: string) => void) {
  try {
    const sha = await headSha(git)
    const ref = await headRef(git)
    if (ref === undefined)
      warn(`What is checked out has no branch or tag to its name, so the run's own reference stands: ${run.ref}.`)
    return { sha, ref: ref ?? run.ref }
  } catch (thrown) {
    throw new ActionError({
      title: 'There is no work tree',
      message: `\`context: git\` reads what is checked out, and git says: ${gitComplaint(thrown)}`,
      next: 'Put actions/checkout before this step, or leave `context` out.',
      cause: thrown,
    })
  }
}

/** git's own words, without the command line before them. */
function gitComplaint(thrown: unknown): string {
  return messageOf(thrown)
    .replace(/^Command failed:.*\n/, '')
    .trim()
}

/** The event's own word; where it lacks something the API's; where that cannot be had what the names tell, with a warning. */
export async function repositoryData(
  run: GitHubRun,
  { api, log }: Sources,
  report: (text: string) => void,
): Promise<RepositoryData> {
  const payload = run.payload as Payload
  const told = payloadRepository(payload, run.repository)
  if (told) return told
  const guess = guessedRepository(payload, run.repository, run.serverUrl)
  if (api === undefined) {
    report(
      'The event does not describe the repository, and there is no `github-token` to ask with: labels lack what it would say.',
    )
    return guess
  }
  try {
    log.debug('the event does not describe the repository; asking the API')
    return toRepositoryData((await (await api()).repository()) as NonNullable<Payload['repository']>)
  } catch (thrown) {
    if (!(thrown instanceof RepositoryApiFailure)) throw thrown
    report(`The event does not describe the repository, and the API ${thrown.message}: labels lack what it would say.`)
    return guess
  }
}

/** When the commit was made: by the event, by the work tree, by the API, else now. */
export async function dateOfCommit(
  facts: EventFacts,
  { git, api, now }: Sources,
  warn: (text: string) => void,
): Promise<Date> {
  const told = payloadCommitDate(facts)
  if (told) return told
  // Most jobs have no work tree, or one without this commit; that is no news.
  const local = await commitDate(git, facts.sha).catch(() => undefined)
  if (local && !Number.isNaN(local.getTime())) return local
  try {
    const answer = await (await api?.())?.commitDate(facts.sha)
    if (answer) return answer
    warn('Nobody could tell when the commit was made; commit_date is now. A `github-token` or a checkout helps.')
  } catch (thrown) {
    if (!(thrown instanceof RepositoryApiFailure)) throw thrown
    warn(`Nobody could tell when the commit was made (the API ${thrown.message}); commit_date is now.`)
  }
  return now()
}

/** The names of all git tags: from the API, or from a work tree that has them all. A text says why there is no answer. */
export async function allGitTags({ api, git }: Sources): Promise<readonly string[] | string> {
  try {
    if (api) return await (await api()).tagNames()
  } catch (thrown) {
    if (!(thrown instanceof RepositoryApiFailure)) throw thrown
    return (await localTags(git)) ?? `the API ${thrown.message}`
  }
  return (
    (await localTags(git)) ??
    'there is no `github-token` to ask the API with, and no checkout with all tags (fetch-depth: 0)'
  )
}

function localTags(git: Git): Promise<string[] | undefined> {
  return completeTags(git).catch(() => undefined)
}
