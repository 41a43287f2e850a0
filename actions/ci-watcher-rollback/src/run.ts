import type { Outcome, Result } from '@deploy-actions/core/deploy/result'
import type { Verdict } from '@deploy-actions/core/github/judge/judge'
import { nameOf } from '@deploy-actions/core/release/record'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { consequenceOf } from './consequence.ts'
import { failedJobs, lineOf } from './failed-jobs.ts'
import type { Inputs } from './inputs.ts'
import type { Validated } from './validated.ts'

/** Everything that the action reaches the world through. */
export interface World {
  readonly signal: AbortSignal
  /** Why nothing is to be watched; undefined when there is. */
  readonly skip: string | undefined
  /** Fails when a result could not be recorded. */
  prepare(): Promise<void>
  watch(): Promise<Verdict>
  /** Undefined without a state file. */
  record(): Promise<Validated | undefined>
  /** What the state file holds; undefined without one. */
  validated(): Promise<string | undefined>
  /** Compares under the server's lock, so that only a release of the watched commit is rolled back. */
  rollBack(): Promise<Outcome>
}

/** How the step ended. */
export interface WatchOutcome {
  readonly result: Result
  readonly headline: string
  readonly verdict: Verdict | undefined
  readonly notes: readonly string[]
  readonly validated: string | undefined
  readonly rollback: Outcome | undefined
  readonly failure: ActionError | undefined
}

type Ending = Pick<WatchOutcome, 'result' | 'headline'> &
  Partial<Pick<WatchOutcome, 'notes' | 'validated' | 'rollback' | 'failure'>>

/** What is thrown before anything was done about the server is a failure of the step, with nothing changed. */
export async function run(inputs: Pick<Inputs, 'sha' | 'policies'>, world: World): Promise<WatchOutcome> {
  if (world.skip !== undefined) return outcomeOf({ result: 'skipped', headline: world.skip }, undefined, undefined)
  let verdict: Verdict | undefined
  try {
    await world.prepare()
    verdict = await world.watch()
    const ending = await actOn(verdict, inputs, world)
    return outcomeOf(ending, verdict, ending.validated ?? (await world.validated()))
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown
    return outcomeOf({ result: 'failed', headline: thrown.title, failure: thrown }, verdict, undefined)
  }
}

function outcomeOf(ending: Ending, verdict: Verdict | undefined, validated: string | undefined): WatchOutcome {
  return { notes: [], rollback: undefined, failure: undefined, ...ending, verdict, validated }
}

async function actOn(
  verdict: Verdict,
  { sha, policies }: Pick<Inputs, 'sha' | 'policies'>,
  world: World,
): Promise<Ending> {
  const { reason } = verdict
  switch (consequenceOf(verdict, policies)) {
    case 'validate': {
      const validated = await world.record()
      const notes = validated?.note === undefined ? [] : [validated.note]
      return { result: 'confirmed', headline: `Commit ${shortSha(sha)} is validated`, notes, validated: validated?.sha }
    }
    case 'accept':
      return {
        result: 'confirmed',
        headline: `Commit ${shortSha(sha)} is accepted without a verdict of CI`,
        notes: [`${reason}. The commit is not recorded as validated.`],
      }
    case 'wait':
      return { result: 'pending', headline: `${reason}: the next event decides` }
    case 'leave':
      return { result: 'superseded', headline: reason }
    case 'fail':
      return failed(verdict, sha)
    case 'rollback':
      return rollBack(verdict, sha, world)
  }
}

const TITLES: Partial<Record<Verdict['kind'], string>> = {
  failure: 'CI failed',
  timeout: 'CI was not complete in time',
  'no-checks': 'There is no CI',
  'nothing-executed': 'CI executed nothing',
  unreachable: 'CI could not be read',
}

function titleOf({ kind }: Verdict, sha: string): string {
  return `${TITLES[kind] ?? kind} for commit ${shortSha(sha)}`
}

/** What failed, each in a line of its own where its page is known. */
function messageOf({ kind, reason, items }: Verdict): string {
  return kind === 'failure'
    ? ['CI failed:', ...failedJobs(items).map(job => `- ${lineOf(job)}`)].join('\n')
    : `${reason}.`
}

const NEXT: Partial<Record<Verdict['kind'], string>> = {
  failure:
    'Correct the commit, or roll back with `mode: rollback` of ssh-compose-deploy. This step has changed nothing on the server.',
  timeout:
    'Set a longer `watch-timeout`, or leave slow checks out with `exclude`. This step has changed nothing on the server.',
  'no-checks':
    'Check `sha`, `events`, `include` and `exclude`, and that CI runs for this commit. This step has changed nothing on the server.',
  'nothing-executed':
    'Set `on-no-checks: accept` if a commit without CI is fine. This step has changed nothing on the server.',
  unreachable:
    'Look at the CI of the commit, and run this job again. Nobody knows whether the commit is good, so the server was not touched.',
}

function failed(verdict: Verdict, sha: string): Ending {
  const title = titleOf(verdict, sha)
  const next = NEXT[verdict.kind]
  const failure = new ActionError({ title, message: messageOf(verdict), ...(next === undefined ? {} : { next }) })
  return { result: 'failed', headline: title, failure }
}

async function rollBack(verdict: Verdict, sha: string, world: World): Promise<Ending> {
  // A job that was cancelled does not begin to change a server.
  world.signal.throwIfAborted()
  const why = `${titleOf(verdict, sha)}.\n${messageOf(verdict)}`
  const rollback = await world.rollBack().catch((thrown: unknown) => {
    if (!(thrown instanceof ActionError)) throw thrown
    return thrown
  })
  if (rollback instanceof ActionError) return notRolledBack(rollback, why, sha, undefined)
  if (rollback.result === 'superseded') return { result: 'superseded', headline: rollback.headline, rollback }
  if (rollback.result !== 'rolled-back' || rollback.release === undefined) {
    return notRolledBack(rollback.failure, why, sha, rollback)
  }
  const title = `Rolled back to ${nameOf(rollback.release)}: ${titleOf(verdict, sha)}`
  const next = 'Correct the commit and push again: a new commit is a new deploy.'
  const failure = new ActionError({ title, message: messageOf(verdict), next })
  return { result: 'rolled-back', headline: title, rollback, failure }
}

/** The commit that CI has refused still runs. */
function notRolledBack(
  cause: ActionError | undefined,
  why: string,
  sha: string,
  rollback: Outcome | undefined,
): Ending {
  const title = `The rollback of commit ${shortSha(sha)} failed`
  const said = cause === undefined ? '' : `\n${cause.title}: ${cause.message}`
  const failure = new ActionError({
    title,
    message: `${why}${said}`,
    next: cause?.next ?? 'Look at the server, and roll back with `mode: rollback` of ssh-compose-deploy.',
    exitStatus: 2,
    cause,
  })
  return { result: 'rollback-failed', headline: title, rollback, failure }
}
