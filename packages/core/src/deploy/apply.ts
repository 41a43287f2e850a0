import { upLimit } from '../compose/config.ts'
import type { ContainerState } from '../compose/containers.ts'
import { isExpected } from '../compose/judge.ts'
import type { LocalImages } from '../release/answers.ts'
import { newReleaseId, nextSequence } from '../release/chain.ts'
import { preparedFolders } from '../release/layout.ts'
import { planPrune } from '../release/prune.ts'
import { isEmpty, nameOf, type Release } from '../release/record.ts'
import { serviceContainers } from '../release/running.ts'
import { ActionError, messageOf } from '../values/action-error.ts'
import { shortSha } from '../values/commit-sha.ts'
import { count } from '../values/count.ts'
import { type Candidate, stageCandidate } from './candidate.ts'
import type { Context } from './context.ts'
import { documentsOf } from './documents.ts'
import { switchOver } from './endings.ts'
import { checkHealthRoute } from './health-route.ts'
import type { DeployOptions } from './options.ts'
import { type Payload, readWorkspace } from './payload.ts'
import { type Plan, plan } from './plan.ts'
import { checkDisk } from './preflight.ts'
import { type Project, withProject } from './project.ts'
import { pullImages } from './pull.ts'
import { reconcile } from './reconcile.ts'
import { presentState, recordPresent } from './record-present.ts'
import { checkPlan, refuse } from './refuse.ts'
import type { Outcome } from './result.ts'
import { orPresent } from './untouched.ts'
import { isUnchanged, probeUrl } from './verify.ts'

/** Milliseconds after which an inspection says nothing any more of what runs. */
const LOOK_IS_RECENT = 5_000

/** From files in the workspace to a verified release on the server. */
export async function deploy(options: DeployOptions, context: Context): Promise<Outcome> {
  const payload = await readWorkspace(options.source, context)
  return withProject(options, context, (project, underLock) =>
    orPresent(project, options.path, underLock.signal, () => deployTo(project, payload, options, underLock)),
  )
}

async function deployTo(
  project: Project,
  payload: Payload,
  options: DeployOptions,
  context: Context,
): Promise<Outcome> {
  await checkHealthRoute(options.health.url, project.host, context)
  await reconcile(options, project, context)
  checkDisk(project.server, project.host.name)
  const { program, folder, store } = project
  const { projectName } = options
  const candidate = await context.phase('Upload and check', () =>
    stageCandidate(payload, { program, folder, store, projectName }, context),
  )
  const facts = { path: project.path, server: project.server, store }
  const first = plan(facts, candidate, options, candidate.images)
  checkPlan(first, candidate.warnings, context.log)
  const runsAsIs = (release: Release) => isUnchanged(release, candidate.config.services, project)
  const start = context.clock.now()
  // At the same time, since a pull does not touch what runs. It is of interest only if no other image comes.
  const [images, early] = await Promise.all([
    context.phase('Pull the images', () => pull(first, candidate, options, project, context)),
    first.same && runsAsIs(first.same).catch(() => false),
  ])
  // After a long pull it is not known any more.
  const isKnown = early === true && context.clock.now() - start < LOOK_IS_RECENT
  const last = plan(facts, candidate, options, images)
  refuse(last.problems)
  if (last.same !== undefined && (isKnown || (await runsAsIs(last.same)))) {
    return unchanged(last.same, candidate.containers, options, project, context)
  }
  const present = presentState(last, candidate, options)
  const { rollbackTarget, saved } = await recordPresent(last.rollbackPoint, present, options, project, context)
  const known = [...store.releases, ...saved]
  const target = await context.phase('Store the release', () =>
    storeRelease(last, candidate, { rollbackTarget, known }, options, project, context),
  )
  const { services } = candidate.config
  const previous = store.held ?? (isEmpty(rollbackTarget) ? undefined : rollbackTarget)
  const outcome = await switchOver(
    { target, services, rollbackTarget, previous, direction: 'forward' },
    options,
    project,
    context,
  )
  if (outcome.result === 'deployed') await pruneReleases(target, rollbackTarget, options, project, context)
  return outcome
}

/** Nothing to pull is no reason for a call: unless what runs has to be recorded, with its digests. */
async function pull(
  first: Plan,
  candidate: Candidate,
  options: DeployOptions,
  project: Project,
  context: Context,
): Promise<LocalImages> {
  const running = serviceContainers(candidate.containers).map(container => container.imageId)
  const wanted = first.rollbackPoint.kind === 'adopt' ? running : []
  if (first.pull.length === 0 && wanted.length === 0) return candidate.images
  const references = candidate.config.services.flatMap(service => service.image ?? [])
  return pullImages(first.pull, [...references, ...wanted], options, project, context)
}

async function unchanged(
  release: Release,
  containers: readonly ContainerState[],
  { health }: DeployOptions,
  project: Project,
  context: Context,
): Promise<Outcome> {
  const common = { release, previous: release }
  const trouble = await probeUrl(health.url, project, context, containers)
  const url = health.url?.name
  if (trouble === undefined) {
    const headline = `Nothing to deploy: ${nameOf(release)} runs`
    return { ...common, result: 'unchanged', headline, ...(url === undefined ? {} : { url }) }
  }
  const title = `${nameOf(release)} runs unchanged and does not respond as expected`
  const next =
    'Look for the cause in the logs of the services, or in what they depend on: this release was deployed before, and its containers are healthy.'
  const failure = new ActionError({ title, message: trouble.reason, next })
  return { ...common, result: 'failed', headline: title, evidence: trouble.evidence, failure }
}

async function storeRelease(
  { services, fingerprint }: Plan,
  { payload, config }: Candidate,
  { rollbackTarget, known }: { readonly rollbackTarget: Release; readonly known: readonly Release[] },
  options: DeployOptions,
  project: Project,
  context: Context,
): Promise<Release> {
  const { store, now, program, folder, epoch } = project
  const { sha, version } = options
  const name = sha === undefined ? version : shortSha(sha)
  const id = newReleaseId(now(), name, [...store.ids, ...known.map(each => each.id)])
  const release: Release = {
    format: 2,
    id,
    sequence: nextSequence(known),
    previous: rollbackTarget.id,
    adopted: false,
    createdAt: new Date(now()).toISOString(),
    ...(sha === undefined ? {} : { sha }),
    ...(version === undefined ? {} : { version }),
    by: context.by,
    project: config.name,
    composeFiles: payload.composeFiles,
    env: payload.env === undefined ? 'kept' : 'written',
    services,
    fingerprint,
    state: 'staged',
  }
  const timeout = upLimit(config.services, options.health.waitTimeout) / 1_000
  const optional = config.services.filter(service => !isExpected(service)).map(service => service.name)
  const planFile = { optional, links: payload.links, foreign: [], envMode: '600', timeout }
  const documents = documentsOf(release, planFile, new Date(now()))
  await program.store(epoch, `${folder}/${preparedFolders.staged}`, id, documents)
  return release
}

/** After the commit point: a failure is a warning, and the next deploy prunes again. */
async function pruneReleases(
  target: Release,
  rollbackTarget: Release,
  { keepReleases }: DeployOptions,
  project: Project,
  context: Context,
): Promise<void> {
  const confirmed: Release = { ...target, state: 'confirmed' }
  const unique = new Map([...project.store.releases, rollbackTarget, confirmed].map(release => [release.id, release]))
  const prunePlan = planPrune([...unique.values()], [target.id, rollbackTarget.id], keepReleases)
  if (prunePlan.releases.length === 0 && prunePlan.tags.length === 0) return
  try {
    const tags = await context.phase('Prune old releases', () => project.program.prune(project.epoch, prunePlan))
    context.log.info(`  removed ${count(prunePlan.releases.length, 'release')} and ${count(tags.length, 'image tag')}`)
  } catch (thrown) {
    context.log.warning(messageOf(thrown), 'Old releases not pruned')
  }
}
