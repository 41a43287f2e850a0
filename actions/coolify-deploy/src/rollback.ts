import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'
import { visibleLines } from '@deploy-actions/core/coolify/logs'
import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { type Attempt, type Context, completeStep, startStep } from './attempt.ts'
import { LOOK_BACK } from './find-deployment.ts'
import type { Problem, ResourceResult } from './outcome.ts'
import type { Step } from './plan.ts'
import { isImmutable } from './rollback-target.ts'
import { isRunning } from './running.ts'
import { type RunningVersion, runningVersion } from './running-version.ts'
import { restore, versionOf } from './undo.ts'
import type { Unhealthy } from './verdict.ts'
import { checkUrls, ownUrls, probeAll, sharedUrls, waitUntilRunning } from './verify.ts'

/** Milliseconds within which a version that was never replaced must be observed as running. */
const STILL_RUNNING = 90_000

/**
 * Handles a resource whose new version is failure. A deployment that did not finish has most often left the previous version running:
 * that is checked first, because a failed build is no reason to restart production.
 */
export async function rollBack(attempt: Attempt, failure: Unhealthy, context: Context): Promise<ResourceResult> {
  const { inputs, undoLog } = context
  const { plan, step } = attempt.started
  const { resource } = plan
  const base = {
    resource,
    previous: plan.previous,
    failed: attempt.deployment?.commit ?? step.version,
    deployment: attempt.deployment,
    url: resource.domains[0],
  }
  const problem = (text: string, exitStatus: 1 | 2): Problem => ({
    title: titleOf(failure, resource.name),
    message: `${failure.reason} ${text}`.trim(),
    next: failure.next,
    exitStatus,
    lines: failure.lines,
    linesOf: failure.stage === 'deployment' ? `the deployment of ${resource.name}` : resource.name,
  })
  const failed = (version: string | undefined, text: string, exitStatus: 1 | 2): ResourceResult => {
    undoLog.remove(resource.uuid)
    return { ...base, result: 'failed', version, problem: problem(text, exitStatus) }
  }

  const restoredText = (setting: SettingState): string =>
    setting === 'restored' && step.change ? ` ${resource.name} is set to ${versionOf(step.change)} again.` : ''

  /** Coolify has left the previous version running. */
  const untouched = (result: 'failed' | 'rolled-back', setting: SettingState, evidence: string): ResourceResult => {
    undoLog.remove(resource.uuid)
    const runs = `The previous version still runs${plan.previous ? ` (${plan.previous})` : ''}, verified by ${evidence}.`
    return { ...base, result, version: plan.previous, problem: problem(`${runs}${restoredText(setting)}`, 1) }
  }

  /** It is running, but the version could not be verified. */
  const unverified = (setting: SettingState): ResourceResult => {
    const status = attempt.deployment?.status ?? 'no status'
    const runs = `Coolify reports \`${status}\`; the running version was not verified.${restoredText(setting)}`
    const check = `Check which version of ${resource.name} runs. To have it verified, set \`health-url\` to a page that shows the version, or use a token with \`read:sensitive\`.`
    const next = [failure.next, check].filter(Boolean).join('\n')
    undoLog.remove(resource.uuid)
    return { ...base, result: 'failed', version: undefined, problem: { ...problem(runs, 2), next } }
  }

  if (inputs.wanted.kind === 'rollback') {
    if (failure.stage === 'deployment' && !failure.isStillRunning) {
      const setting = await restoreSetting(step, attempt, context)
      const runs = setting === 'changed-by-others' ? undefined : await detectRunningVersion(attempt, failure, context)
      if (runs === 'unverified') return unverified(setting)
      if (runs?.version === 'previous') return untouched('failed', setting, runs.evidence)
    }
    undoLog.remove(resource.uuid)
    const text = 'The rollback failed; manual intervention is required.'
    return { ...base, result: 'rollback-failed', version: undefined, problem: problem(text, 2) }
  }
  if (failure.isStillRunning) return failed(undefined, '', 2)
  if (inputs.onFailure === 'keep') {
    if (failure.stage === 'running') return failed(undefined, 'The new version was kept (`on-failure: keep`).', 2)
    // A version that never ran must not stay set: the next run would take it for the previous version.
    const setting = step.change === undefined ? 'none' : await restoreSetting(step, attempt, context)
    const runs = setting === 'changed-by-others' ? undefined : await detectRunningVersion(attempt, failure, context)
    if (runs === 'unverified') return unverified(setting)
    if (runs?.version === 'previous') return untouched('failed', setting, runs.evidence)
    return failed(
      undefined,
      `What is running was kept (\`on-failure: keep\`).${restoredText(setting)}`,
      setting === 'changed-by-others' ? 1 : 2,
    )
  }
  // Right after another deployment the status is still `running:unhealthy`, because Coolify has not checked it yet.
  const ranBefore =
    isRunning(resource.status) || (failure.stage !== 'deployment' && resource.status.startsWith('running'))
  if (!ranBefore) {
    if (failure.stage === 'deployment') await restoreSetting(step, attempt, context)
    return failed(
      undefined,
      `It was ${resource.status} before, so there is no version to roll back to.`,
      failure.stage === 'deployment' ? 1 : 2,
    )
  }
  const setting = await restoreSetting(step, attempt, context)
  if (setting === 'changed-by-others' || (await hasNewer(attempt, context))) {
    const result = failure.stage === 'job' ? 'superseded' : 'failed'
    return {
      ...failed(undefined, 'Another deployment of it has started in the meantime, so nothing was rolled back.', 1),
      result,
    }
  }
  const runs = failure.stage === 'deployment' ? await detectRunningVersion(attempt, failure, context) : undefined
  if (runs === 'unverified') return unverified(setting)
  if (runs?.version === 'previous')
    return untouched(setting === 'none' ? 'failed' : 'rolled-back', setting, runs.evidence)
  if ('none' in plan.rollbackStep) {
    return failed(undefined, `It cannot be rolled back: ${plan.rollbackStep.none}.`, 2)
  }
  return { ...base, ...(await redeploy(plan.rollbackStep, attempt, problem, context)) }
}

function titleOf({ stage }: Unhealthy, name: string): string {
  if (stage === 'job') return `The deploy of ${name} was not confirmed`
  return stage === 'deployment' ? `${name} was not deployed` : `${name} is unhealthy`
}

type SettingState = 'restored' | 'none' | 'changed-by-others'

/** Restores the setting that the step replaced, unless it replaced none, or somebody else has changed it in the meantime. */
async function restoreSetting({ change }: Step, { started }: Attempt, { world }: Context): Promise<SettingState> {
  if (change === undefined || (change.kind === 'commit' && change.from === undefined)) return 'none'
  return (await restore(change, started.plan.resource.uuid, world.uninterrupted)) ? 'restored' : 'changed-by-others'
}

/** Whether another deployment is queued or running, or has deployed another commit in the meantime: a rollback would undo it. */
async function hasNewer({ started, deployment: ours }: Attempt, { world }: Context): Promise<boolean> {
  const { resource, known } = started.plan
  if (ours === undefined) return false
  const deployments = await world.coolify.deployments(resource.uuid, LOOK_BACK)
  const place = deployments.findIndex(({ uuid }) => uuid === ours.uuid)
  const isAnother = ({ status, commit }: Deployment, index: number) =>
    status === 'finished' && commit !== undefined && commit !== ours.commit && (place === -1 || index < place)
  return deployments.some(
    (other, index) =>
      !known.has(other.uuid) &&
      other.uuid !== ours.uuid &&
      other.destination === ours.destination &&
      other.pullRequest === 0 &&
      (!isOver(other) || isAnother(other, index)),
  )
}

/**
 * The version that runs after a failed deployment; undefined when nothing runs, according to Coolify's status after the failure or the
 * health URLs. `failed` does not prove that the previous version runs: https://github.com/coollabsio/coolify/issues/7559
 */
async function detectRunningVersion(
  { started, deployment }: Attempt,
  failure: Unhealthy,
  { inputs, world }: Context,
): Promise<RunningVersion | 'unverified' | undefined> {
  const { resource, previous } = started.plan
  if (!isApplication(resource)) return undefined
  const { stableFor, timeout, urls } = inputs.health
  world.log.info(`  checking whether the previous version of ${resource.name} still runs`)
  const limits = { stableFor, timeout: Math.min(timeout, STILL_RUNNING) }
  const isDown =
    inputs.health.by !== 'url' &&
    (await waitUntilRunning(resource, deployment?.finishedAt, limits, inputs, world)) !== undefined
  if (isDown) return undefined
  const few = { ...inputs.health, attempts: Math.min(3, inputs.health.attempts) }
  const { problem, pages } = await probeAll([...ownUrls(urls, resource), ...sharedUrls(urls)], few, world)
  if (problem !== undefined) return undefined
  const images = runsImage(resource) ? await world.coolify.serverImages(resource.uuid) : []
  const verified = runningVersion({
    previous,
    wanted: deployment?.commit ?? started.step.version,
    containerTag: images.find(({ isCurrent }) => isCurrent)?.tag,
    pages,
    lines: deployment?.logs === undefined ? undefined : visibleLines(deployment.logs),
    isNeverStarted: failure.isNeverStarted === true,
  })
  return verified ?? 'unverified'
}

/** Deploys the previous version, with the same health checks as the new one. */
async function redeploy(
  rollbackStep: Step,
  { started }: Attempt,
  problem: (text: string, exitStatus: 1 | 2) => Problem,
  context: Context,
): Promise<Pick<ResourceResult, 'result' | 'version' | 'problem' | 'deployment' | 'url'>> {
  const { world, inputs, undoLog } = context
  const { plan } = started
  const { name, uuid } = plan.resource
  world.log.info(`↩ ${name}: rolling back to ${rollbackStep.version ?? 'the previous version'}`)
  if (rollbackStep.change?.kind === 'image' && !isImmutable(rollbackStep.change.to.tag)) {
    world.log.warning(
      `The tag ${rollbackStep.change.to.tag} can move: Coolify pulls the image that it names now, which can differ from the one that ran before.`,
    )
  }
  try {
    // The setting is already restored; a commit is pinned for the deployment.
    const change = rollbackStep.change?.kind === 'commit' ? rollbackStep.change : undefined
    // The deployments of the failed version, on further servers too, do not belong to the rollback.
    const deployments = await world.coolify.deployments(uuid, LOOK_BACK)
    const known = new Set(deployments.map(deployment => deployment.uuid))
    const again = await startStep({ ...plan, known }, { ...rollbackStep, change }, context)
    // From here on a cancelled run does not undo it: it restores a version that was healthy.
    undoLog.remove(uuid)
    world.log.info(`  ${name}: the rollback is queued; Coolify carries it out even if this job ends now`)
    const { verdict, deployment } = await completeStep(again, context)
    const shared =
      verdict.kind === 'healthy'
        ? (await checkUrls(sharedUrls(inputs.health.urls), inputs.health, world)).problem
        : undefined
    undoLog.remove(uuid)
    if (verdict.kind === 'healthy' && shared === undefined) {
      const text = `It was rolled back to ${rollbackStep.version ?? 'the previous version'}, which runs.`
      return {
        result: 'rolled-back',
        version: rollbackStep.version,
        problem: problem(text, 1),
        deployment,
        url: verdict.url ?? plan.resource.domains[0],
      }
    }
    const why =
      verdict.kind === 'unhealthy'
        ? verdict.reason
        : (shared ??
          `somebody else has set ${verdict.kind === 'superseded' ? verdict.by : 'another version'} in the meantime`)
    return failedRollback(
      `The rollback to ${rollbackStep.version ?? 'the previous version'} failed too: ${why}`,
      deployment,
    )
  } catch (thrown) {
    if (!(thrown instanceof ActionError) || world.signal.aborted) throw thrown
    return failedRollback(`The rollback failed too: ${messageOf(thrown)}`, undefined)
  }

  function failedRollback(text: string, deployment: Attempt['deployment']) {
    return {
      result: 'rollback-failed' as const,
      version: undefined,
      problem: problem(text, 2),
      deployment,
      url: undefined,
    }
  }
}
