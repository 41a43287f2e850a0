import type { CoolifyClient } from '@deploy-actions/core/coolify/client'
import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { isOver } from '@deploy-actions/core/coolify/deployment'
import type { AppImage } from '@deploy-actions/core/coolify/resource'
import type { Log } from '@deploy-actions/core/runner/log'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { findDeployment, LOOK_BACK } from './find-deployment.ts'
import type { Open } from './ledger.ts'
import type { Change } from './plan.ts'

/** Sets in Coolify what a plan asks for. */
export async function apply(change: Change, uuid: string, coolify: CoolifyClient): Promise<void> {
  if (change.kind === 'commit') await coolify.setCommit(uuid, change.to)
  else await replaceImage(change.from, change.to, uuid, coolify)
}

/** The name is left alone where it stays. */
async function replaceImage(from: AppImage, to: AppImage, uuid: string, coolify: CoolifyClient): Promise<void> {
  await coolify.setImage(uuid, { tag: to.tag, ...(from.name === to.name ? {} : { name: to.name }) })
}

/** Whether an application is set to what a change set it to. */
async function isStillOurs(change: Change, uuid: string, coolify: CoolifyClient): Promise<boolean> {
  const now = await coolify.application(uuid)
  if (now === undefined) return false
  if (change.kind === 'commit') return now.pinnedCommit === change.to
  return now.image?.tag === change.to.tag && now.image.name === change.to.name
}

/** Puts back what a change replaced, unless somebody has set something else meanwhile. False when it was left as it is. */
export async function putBack(change: Change, uuid: string, coolify: CoolifyClient): Promise<boolean> {
  if (!(await isStillOurs(change, uuid, coolify))) return false
  if (change.kind === 'commit') await coolify.setCommit(uuid, change.from)
  else await replaceImage(change.to, change.from, uuid, coolify)
  return true
}

/**
 * Cancels a deployment, and says its status afterwards. That is read again, as versions 4.1.0 to 4.3.6 answer 500 to what they did:
 * https://github.com/coollabsio/coolify/issues/11327
 */
export async function cancelDeployment(uuid: string, resource: string, coolify: CoolifyClient): Promise<string> {
  let trouble: unknown
  try {
    await coolify.cancel(uuid)
  } catch (thrown) {
    if (!(thrown instanceof CoolifyError) || thrown.problem !== 'unavailable') throw thrown
    trouble = thrown
  }
  const deployment = await findDeployment(uuid, resource, coolify)
  if (trouble !== undefined && (deployment === undefined || !isOver(deployment))) throw trouble
  return deployment?.status ?? 'cancelled-by-user'
}

/** Puts in order what a run left open, goes on after what fails, and tells `done` what is closed. Returns a sentence on each thing. */
export async function settle(
  open: readonly Open[],
  coolify: CoolifyClient,
  log: Log,
  done: (uuid: string) => void,
): Promise<string[]> {
  const told: string[] = []
  for (const entry of open) {
    const { uuid, name, change } = entry
    try {
      const deployment = entry.deployment ?? (await begunUnseen(entry, coolify))
      const status = deployment === undefined ? undefined : await cancelDeployment(deployment, uuid, coolify)
      if (status === 'cancelled-by-user') told.push(`The deployment of ${name} was cancelled in Coolify.`)
      else if (status !== undefined) told.push(`The deployment of ${name} had ended already: ${status}.`)
      const isTaken = status === 'finished' && !(change?.kind === 'commit' && change.from === undefined)
      if (change !== undefined && !isTaken && (await putBack(change, uuid, coolify))) {
        told.push(`${name} is set to ${versionOf(change)} again.`)
      }
      done(uuid)
    } catch (thrown) {
      const text = `${name} could not be put in order: ${messageOf(thrown)} Look at its deployments in Coolify.`
      log.warning(text)
      told.push(text)
    }
  }
  return told
}

/** The deployment of a run that ended before it had the answer to its call. Nobody else's is taken for it: what it brings must still be set. */
async function begunUnseen({ uuid, change, known }: Open, coolify: CoolifyClient): Promise<string | undefined> {
  if (change === undefined || known === undefined || !(await isStillOurs(change, uuid, coolify))) return undefined
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

/** What stood there before a change. */
export function versionOf(change: Change): string {
  if (change.kind === 'commit')
    return change.from === undefined ? 'the newest commit' : `commit ${change.from.slice(0, 7)}`
  return change.from.name === change.to.name ? `tag ${change.from.tag}` : `${change.from.name}:${change.from.tag}`
}
