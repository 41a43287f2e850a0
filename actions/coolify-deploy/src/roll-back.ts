import { type Deployment, isOver } from '@deploy-actions/core/coolify/deployment'
import { visibleLines } from '@deploy-actions/core/coolify/logs'
import { isApplication, runsImage } from '@deploy-actions/core/coolify/resource'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { type Attempt, begin, complete, type Scene } from './attempt.ts'
import { LOOK_BACK } from './find-deployment.ts'
import type { End, Trouble } from './outcome.ts'
import type { Step } from './plan.ts'
import { isLasting } from './previous.ts'
import { putBack, versionOf } from './put-back.ts'
import { isRunning } from './running.ts'
import { type RunningVersion, runningVersion } from './running-version.ts'
import type { Sick } from './verdict.ts'
import { checkUrls, ownUrls, probeAll, sharedUrls, waitUntilRunning } from './verify.ts'

/** Milliseconds in which a version that was never replaced is still found running. */
const STILL = 90_000

/**
 * What becomes of a resource whose new version is sick. A deployment that Coolify did not bring to its end most often left what ran
 * before in place: that is looked at first, as a build that fails is no reason to restart production.
 */
export async function goBack(attempt: Attempt, sick: Sick, scene: Scene): Promise<End> {
  const { inputs, ledger } = scene
  const { plan, step } = attempt.begun
  const { resource } = plan
  const base = {
    resource,
    previous: plan.previous,
    failed: attempt.deployment?.commit ?? step.version,
    deployment: attempt.deployment,
    url: resource.domains[0],
  }
  const trouble = (text: string, exitStatus: 1 | 2): Trouble => ({
    title: sick.stage === 'deployment' ? `${resource.name} was not deployed` : `${resource.name} does not run well`,
    message: `${sick.reason} ${text}`.trim(),
    next: sick.next,
    exitStatus,
    lines: sick.lines,
    linesOf: sick.stage === 'deployment' ? `the deployment of ${resource.name}` : resource.name,
  })
  const failed = (version: string | undefined, text: string, exitStatus: 1 | 2): End => {
    ledger.close(resource.uuid)
    return { ...base, result: 'failed', version, trouble: trouble(text, exitStatus) }
  }

  const setBackText = (put: Returned): string =>
    put === 'put' && step.change ? ` ${resource.name} is set to ${versionOf(step.change)} again.` : ''

  /** Coolify has left what ran before in place. */
  const untouched = (result: 'failed' | 'rolled-back', put: Returned, proof: string): End => {
    ledger.close(resource.uuid)
    const runs = `The previous version still runs${plan.previous ? ` (${plan.previous})` : ''}, verified by ${proof}.`
    return { ...base, result, version: plan.previous, trouble: trouble(`${runs}${setBackText(put)}`, 1) }
  }

  /** It runs, and nobody knows which version. */
  const unverified = (put: Returned): End => {
    const status = attempt.deployment?.status ?? 'no status'
    const runs = `Coolify reports \`${status}\`; what runs was not verified.${setBackText(put)}`
    const check = `Check which version of ${resource.name} runs. To have it verified, set \`health-url\` to a page that shows the version, or give the token \`read:sensitive\`.`
    const next = [sick.next, check].filter(Boolean).join('\n')
    ledger.close(resource.uuid)
    return { ...base, result: 'failed', version: undefined, trouble: { ...trouble(runs, 2), next } }
  }

  if (inputs.wanted.kind === 'back') {
    if (sick.stage === 'deployment' && !sick.goesOn) {
      const put = await returnSettings(step, attempt, scene)
      const runs = put === 'foreign' ? undefined : await whatRuns(attempt, sick, scene)
      if (runs === 'unverified') return unverified(put)
      if (runs?.version === 'previous') return untouched('failed', put, runs.proof)
    }
    ledger.close(resource.uuid)
    const text = 'The way back was not reached; a person must look.'
    return { ...base, result: 'rollback-failed', version: undefined, trouble: trouble(text, 2) }
  }
  if (sick.goesOn) return failed(undefined, '', 2)
  if (inputs.onFailure === 'keep') {
    if (sick.stage === 'running') return failed(undefined, 'It is kept as it is (`on-failure: keep`).', 2)
    // A version that never came to run must not stay set: the next run would take it for what ran before.
    const put = step.change === undefined ? 'none' : await returnSettings(step, attempt, scene)
    const runs = put === 'foreign' ? undefined : await whatRuns(attempt, sick, scene)
    if (runs === 'unverified') return unverified(put)
    if (runs?.version === 'previous') return untouched('failed', put, runs.proof)
    return failed(undefined, `What runs is kept (\`on-failure: keep\`).${setBackText(put)}`, put === 'foreign' ? 1 : 2)
  }
  // Right after another deployment a status is still `running:unhealthy`, as Coolify has not looked.
  const ranBefore = isRunning(resource.status) || (sick.stage === 'running' && resource.status.startsWith('running'))
  if (!ranBefore) {
    if (sick.stage === 'deployment') await returnSettings(step, attempt, scene)
    return failed(
      undefined,
      `It was ${resource.status} before, so there is nothing to go back to.`,
      sick.stage === 'deployment' ? 1 : 2,
    )
  }
  const put = await returnSettings(step, attempt, scene)
  if (put === 'foreign' || (await hasNewer(attempt, scene))) {
    return failed(undefined, 'Another version of it is under way meanwhile, so it is left to that one.', 1)
  }
  const runs = sick.stage === 'deployment' ? await whatRuns(attempt, sick, scene) : undefined
  if (runs === 'unverified') return unverified(put)
  if (runs?.version === 'previous') return untouched(put === 'none' ? 'failed' : 'rolled-back', put, runs.proof)
  if ('none' in plan.wayBack) {
    return failed(undefined, `There is no way back: ${plan.wayBack.none}.`, 2)
  }
  return { ...base, ...(await redeploy(plan.wayBack, attempt, trouble, scene)) }
}

type Returned = 'put' | 'none' | 'foreign'

/** Puts back what the step set, unless there was nothing, or somebody has set something else meanwhile. */
async function returnSettings({ change }: Step, { begun }: Attempt, { world }: Scene): Promise<Returned> {
  if (change === undefined || (change.kind === 'commit' && change.from === undefined)) return 'none'
  return (await putBack(change, begun.plan.resource.uuid, world.unbroken)) ? 'put' : 'foreign'
}

/** Whether somebody else has a deployment under way, or has brought another commit meanwhile: going back would undo it. */
async function hasNewer({ begun, deployment: ours }: Attempt, { world }: Scene): Promise<boolean> {
  const { resource, known } = begun.plan
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
 * What runs after a deployment that failed; undefined when nothing does, by Coolify's status after the failure or by the health URLs.
 * `failed` is no proof that the previous version runs: https://github.com/coollabsio/coolify/issues/7559
 */
async function whatRuns(
  { begun, deployment }: Attempt,
  sick: Sick,
  { inputs, world }: Scene,
): Promise<RunningVersion | 'unverified' | undefined> {
  const { resource, previous } = begun.plan
  if (!isApplication(resource)) return undefined
  const { settle, timeout, urls } = inputs.health
  world.log.info(`  looking whether ${resource.name} still runs as before`)
  const limits = { settle, timeout: Math.min(timeout, STILL) }
  const isDown =
    inputs.health.by !== 'url' &&
    (await waitUntilRunning(resource, deployment?.finishedAt, limits, inputs, world)) !== undefined
  if (isDown) return undefined
  const few = { ...inputs.health, tries: Math.min(3, inputs.health.tries) }
  const { trouble, pages } = await probeAll([...ownUrls(urls, resource), ...sharedUrls(urls)], few, world)
  if (trouble !== undefined) return undefined
  const images = runsImage(resource) ? await world.coolify.serverImages(resource.uuid) : []
  const verified = runningVersion({
    previous,
    wanted: deployment?.commit ?? begun.step.version,
    containerTag: images.find(({ isCurrent }) => isCurrent)?.tag,
    pages,
    lines: deployment?.logs === undefined ? undefined : visibleLines(deployment.logs),
    isNeverBegun: sick.isNeverBegun === true,
  })
  return verified ?? 'unverified'
}

/** Deploys the version before, and holds it to the same as the new one. */
async function redeploy(
  wayBack: Step,
  { begun }: Attempt,
  trouble: (text: string, exitStatus: 1 | 2) => Trouble,
  scene: Scene,
): Promise<Pick<End, 'result' | 'version' | 'trouble' | 'deployment' | 'url'>> {
  const { world, inputs, ledger } = scene
  const { plan } = begun
  const { name, uuid } = plan.resource
  world.log.info(`↩ ${name}: going back to ${wayBack.version ?? 'the version before'}`)
  if (wayBack.change?.kind === 'image' && !isLasting(wayBack.change.to.tag)) {
    world.log.warning(
      `The tag ${wayBack.change.to.tag} moves: Coolify pulls the image that it names now, which may be another than the one that ran before.`,
    )
  }
  try {
    // Its settings stand as they were already; a commit is pinned for the deployment.
    const change = wayBack.change?.kind === 'commit' ? wayBack.change : undefined
    // The sick version's deployments, further servers' among them, are none of the way back.
    const deployments = await world.coolify.deployments(uuid, LOOK_BACK)
    const known = new Set(deployments.map(deployment => deployment.uuid))
    const again = await begin({ ...plan, known }, { ...wayBack, change }, scene)
    // From here on a cancelled run leaves it alone: it leads back to what was well.
    ledger.close(uuid)
    const { verdict, deployment } = await complete(again, scene)
    const shared =
      verdict.kind === 'well'
        ? (await checkUrls(sharedUrls(inputs.health.urls), inputs.health, world)).trouble
        : undefined
    ledger.close(uuid)
    if (verdict.kind === 'well' && shared === undefined) {
      const text = `It was rolled back to ${wayBack.version ?? 'the version before'}, which runs.`
      return {
        result: 'rolled-back',
        version: wayBack.version,
        trouble: trouble(text, 1),
        deployment,
        url: verdict.url ?? plan.resource.domains[0],
      }
    }
    const why =
      verdict.kind === 'sick'
        ? verdict.reason
        : (shared ?? `somebody has set ${verdict.kind === 'superseded' ? verdict.by : 'another version'} meanwhile`)
    return failedBack(`The way back to ${wayBack.version ?? 'the version before'} failed too: ${why}`, deployment)
  } catch (thrown) {
    if (!(thrown instanceof ActionError) || world.signal.aborted) throw thrown
    return failedBack(`The way back failed too: ${messageOf(thrown)}`, undefined)
  }

  function failedBack(text: string, deployment: Attempt['deployment']) {
    return {
      result: 'rollback-failed' as const,
      version: undefined,
      trouble: trouble(text, 2),
      deployment,
      url: undefined,
    }
  }
}
