import { mapLimit } from '@deploy-actions/core/flow/limit'
import type { JobStatus } from '@deploy-actions/core/runner/job-status'
import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Attempt, Context } from './attempt.ts'
import { findDeployment } from './find-deployment.ts'
import type { Outcome, ResourceResult } from './outcome.ts'
import { failedResult, outcomeOf, shownVersion } from './resource-result.ts'
import { rollBack } from './rollback.ts'
import { undoAll } from './undo.ts'
import type { PendingDeploy, SavedUndoLog, UndoEntry } from './undo-log.ts'
import type { Unhealthy } from './verdict.ts'

/** All rollbacks start at the same time: a cancelled job leaves less than a minute. */
const AT_ONCE = 50

export type Decision = { readonly kind: 'confirm' | 'report' } | { readonly kind: 'roll-back'; readonly reason: string }

/** What the end of the job means for a verified deploy. An unknown status confirms nothing, and is not a failure either. */
export function decide({ isComplete }: Pick<SavedUndoLog, 'isComplete'>, status: JobStatus): Decision {
  if (status === 'failure') return { kind: 'roll-back', reason: 'A later step of the job failed.' }
  if (status === 'cancelled') return { kind: 'roll-back', reason: 'The job was cancelled.' }
  if (!isComplete) return { kind: 'roll-back', reason: 'The deploy step was interrupted.' }
  return { kind: status === 'success' ? 'confirm' : 'report' }
}

/** The deploys that are verified and wait for the end of the job. */
export function pendingDeploys({ entries }: SavedUndoLog): readonly PendingDeploy[] {
  return entries.flatMap(({ pending }) => (pending?.verified ? pending : []))
}

/** Confirming needs no request: nothing on the server has to change. */
export function confirmed(pending: readonly PendingDeploy[]): Outcome {
  return outcomeOf(pending.map(deploy => ({ ...resultBase(deploy), result: 'confirmed', version: versionOf(deploy) })))
}

/** Neither confirmed nor rolled back. */
export function unconfirmed(pending: readonly PendingDeploy[], given: string): Outcome {
  const results = pending.map((deploy): ResourceResult => {
    const { name } = deploy.plan.resource
    const version = versionOf(deploy)
    const previous = deploy.plan.previous
    const problem = {
      title: `The deploy of ${name} was not confirmed`,
      message: `${name} runs ${shown(version)}. The status of the job is unknown (\`job-status\` is "${given}"), so it was neither confirmed nor rolled back.`,
      next: `Set \`job-status: \${{ job.status }}\`. Check ${name}; to roll back, run this action with \`mode: rollback\`${previous === undefined ? '' : ` and \`to: ${previous}\``}.`,
      exitStatus: 2 as const,
      lines: [],
      linesOf: '',
    }
    return { ...resultBase(deploy), result: 'failed', version, problem }
  })
  return outcomeOf(results)
}

/** Undoes what main left unfinished, and rolls back what it deployed. Undefined when nothing was to be rolled back. */
export async function rollBackJob(
  { entries }: SavedUndoLog,
  reason: string | undefined,
  context: Context,
): Promise<Outcome | undefined> {
  const { log, uninterrupted } = context.world
  const undone = new Set<string>()
  const unverified = entries.filter(({ pending }) => pending?.verified === undefined)
  for (const line of await undoAll(unverified, uninterrupted, log, uuid => undone.add(uuid))) log.info(line)
  const deployed = entries.filter(({ uuid, pending }) => pending !== undefined && !undone.has(uuid))
  const rest = reason === undefined ? deployed.filter(({ pending }) => pending?.verified === undefined) : deployed
  if (rest.length === 0) return undefined
  const why = reason ?? 'The deploy step was interrupted.'
  return outcomeOf((await mapLimit(rest, AT_ONCE, entry => restorePrevious(entry, why, context))).flat())
}

async function restorePrevious(entry: UndoEntry, reason: string, context: Context): Promise<ResourceResult[]> {
  const { pending } = entry
  if (pending === undefined) return []
  const plan = { ...pending.plan, known: new Set<string>() }
  const failure: Unhealthy = { kind: 'unhealthy', stage: 'job', reason, lines: [] }
  try {
    const found = pending.verified
      ? pending.verified.deployment
      : entry.deployment && (await findDeployment(entry.deployment, entry.uuid, context.world.coolify))
    const deployment = found ? { ...found, logs: undefined } : undefined
    const started = { plan, step: plan.step, deployment: deployment?.uuid, deadline: 0 }
    const attempt: Attempt = { started, deployment, verdict: failure }
    return [await rollBack(attempt, failure, context)]
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown
    return [failedResult(plan, thrown, 2)]
  }
}

function resultBase({ plan, verified }: PendingDeploy) {
  const { resource, previous } = plan
  const deployment = verified?.deployment
  return { resource, previous, deployment, url: resource.domains[0] }
}

function versionOf({ plan, verified }: PendingDeploy): string | undefined {
  return verified?.deployment?.commit ?? plan.step.version
}

function shown(version: string | undefined): string {
  return version === undefined ? 'the new version' : shownVersion(version)
}
