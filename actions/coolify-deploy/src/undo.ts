import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { isOver } from '@deploy-actions/core/coolify/deployment'
import type { AppImage } from '@deploy-actions/core/coolify/resource'
import type { Log } from '@deploy-actions/core/runner/log'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { findDeployment, LOOK_BACK } from './find-deployment.ts'
import type { Change } from './plan.ts'
import type { UndoEntry } from './undo-log.ts'

/** Sets in Coolify what a plan requires. */
export async function apply(change: Change, uuid: string, coolify: CoolifyClient): Promise<void> {
  if (change.kind === 'commit') await coolify.setCommit(uuid, change.to)
  else await replaceImage(change.from, change.to, uuid, coolify)
}

/** Sends the name only when it changes. */
async function replaceImage(from: AppImage, to: AppImage, uuid: string, coolify: CoolifyClient): Promise<void> {
  await coolify.setImage(uuid, { tag: to.tag, ...(from.name === to.name ? {} : { name: to.name }) })
}

/** Whether an application still has the setting that a change made. */
async function isAsWeSetIt(change: Change, uuid: string, coolify: CoolifyClient): Promise<boolean> {
  const now = await coolify.application(uuid)
  if (now === undefined) return false
  if (change.kind === 'commit') return now.pinnedCommit === change.to
  return now.image?.tag === change.to.tag && now.image.name === change.to.name
}

/** Restores the setting that a change replaced, unless somebody has changed it in the meantime. False when it was left as it is. */
export async function restore(change: Change, uuid: string, coolify: CoolifyClient): Promise<boolean> {
  if (!(await isAsWeSetIt(change, uuid, coolify))) return false
  if (change.kind === 'commit') await coolify.setCommit(uuid, change.from)
  else await replaceImage(change.to, change.from, uuid, coolify)
  return true
}

/**
 * Cancels a deployment and returns its status afterwards. The status is read again, because versions 4.1.0 to 4.3.6 respond 500 although
 * they cancelled: https://github.com/coollabsio/coolify/issues/11327
 */
export async function cancelDeployment(uuid: string, resource: string, coolify: CoolifyClient): Promise<string> {
  let failure: unknown
  try {
    await coolify.cancel(uuid)
  } catch (thrown) {
    if (!(thrown instanceof CoolifyError) || thrown.problem !== 'unavailable') throw thrown
    failure = thrown
  }
  const deployment = await findDeployment(uuid, resource, coolify)
  if (failure !== undefined && (deployment === undefined || !isOver(deployment))) throw failure
  return deployment?.status ?? 'cancelled-by-user'
}

/** Undoes the entries, continues after a failure, and calls `done` for each undone entry. Returns a sentence per action. */
export async function undoAll(
  entries: readonly UndoEntry[],
  coolify: CoolifyClient,
  log: Log,
  done: (uuid: string) => void,
): Promise<string[]> {
  const report: string[] = []
  for (const entry of entries) {
    const { uuid, name, change, pending } = entry
    // A verified deploy is decided by the end of the job.
    if (pending?.verified) continue
    try {
      const deployment = entry.deployment ?? (await findUnrecordedDeployment(entry, coolify))
      const status = deployment === undefined ? undefined : await cancelDeployment(deployment, uuid, coolify)
      if (status === 'cancelled-by-user') report.push(`The deployment of ${name} was cancelled in Coolify.`)
      else if (status !== undefined) report.push(`The deployment of ${name} had ended already: ${status}.`)
      if (status === 'finished' && pending) {
        report.push(`${name} is already deployed; the post step rolls it back.`)
        continue
      }
      const isDeployed = status === 'finished' && !(change?.kind === 'commit' && change.from === undefined)
      if (change !== undefined && !isDeployed && (await restore(change, uuid, coolify))) {
        report.push(`${name} is set to ${versionOf(change)} again.`)
      }
      done(uuid)
    } catch (thrown) {
      const text = `The deployment of ${name} could not be undone: ${messageOf(thrown)} Check its deployments in Coolify.`
      log.warning(text)
      report.push(text)
    }
  }
  return report
}

/** The deployment of a run that ended before it received the response to its request. The run's setting must still be there, so that nobody else's deployment is cancelled. */
async function findUnrecordedDeployment(
  { uuid, change, known }: UndoEntry,
  coolify: CoolifyClient,
): Promise<string | undefined> {
  if (change === undefined || known === undefined || !(await isAsWeSetIt(change, uuid, coolify))) return undefined
  const deployments = await coolify.deployments(uuid, LOOK_BACK)
  const found = deployments.find(
    other =>
      !known.includes(other.uuid) &&
      other.pullRequest === 0 &&
      !isOver(other) &&
      (change.kind === 'image' || other.commit === change.to),
  )
  return found?.uuid
}

/** The version that a change replaced. */
export function versionOf(change: Change): string {
  if (change.kind === 'commit')
    return change.from === undefined ? 'the newest commit' : `commit ${change.from.slice(0, 7)}`
  return change.from.name === change.to.name ? `tag ${change.from.tag}` : `${change.from.name}:${change.from.tag}`
}
