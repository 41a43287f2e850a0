import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import {
  type AppImage,
  type Application,
  isApplication,
  type Resource,
  runsImage,
  type ServerImage,
} from '@deploy-actions/core/coolify/resource'
import { type CoolifyVersion, type Feature, hasFeature, SINCE } from '@deploy-actions/core/coolify/version'
import { nameOf, normalizeImageReference, parseImageReference } from '@deploy-actions/core/values/image-reference'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { Inputs } from './inputs.ts'
import { previousCommit, previousTag, resolveCommit } from './rollback-target.ts'

/** The state of a resource in Coolify before the run changes anything. */
export interface Facts {
  readonly resource: Resource | Application
  readonly version: CoolifyVersion
  /** Deployments of an application, newest first. */
  readonly deployments: readonly Deployment[]
  /** Requested only to resolve `to: previous`; undefined when this version of Coolify does not provide them. */
  readonly serverImages: readonly ServerImage[] | undefined
}

/** A setting in Coolify: the new value, and the value that it replaces. */
export type Change =
  | { readonly kind: 'image'; readonly from: AppImage; readonly to: AppImage }
  | { readonly kind: 'commit'; readonly from: string | undefined; readonly to: string }

export type Start =
  | {
      readonly kind: 'deploy'
      readonly force: boolean
      readonly pullRequest?: number | undefined
      readonly imageTag?: string | undefined
    }
  /** Coolify's own rollback for applications that it builds. */
  | { readonly kind: 'rollback'; readonly commit: string }
  | { readonly kind: 'service'; readonly pull: boolean }

/** How a version is deployed to a resource. */
export interface Step {
  readonly change: Change | undefined
  readonly start: Start
  /** Image tag or commit that runs after it; undefined if it is not known beforehand. */
  readonly version: string | undefined
}

export function isPreview({ start }: Step): boolean {
  return start.kind === 'deploy' && start.pullRequest !== undefined
}

export interface Plan {
  readonly resource: Resource | Application
  /** Coolify's tag through which it is started together with other resources. */
  readonly tag?: string
  /** Deployments from before this run. */
  readonly known: ReadonlySet<string>
  readonly step: Step
  /** Image tag or commit that ran before. */
  readonly previous: string | undefined
  readonly rollbackStep: Step | { readonly none: string }
}

/** Decides how the wanted version is deployed and how the previous version is restored. Throws InvalidValue when it cannot be deployed. */
export function planFor(inputs: Inputs, facts: Facts): Plan {
  const { resource } = facts
  const known = new Set(facts.deployments.map(({ uuid }) => uuid))
  if (!isApplication(resource)) {
    return {
      resource,
      known,
      step: stepForOther(resource, inputs),
      previous: undefined,
      rollbackStep: { none: NO_HISTORY },
    }
  }
  if (inputs.pullRequest !== undefined) {
    return {
      resource,
      known,
      step: stepForPreview(resource, inputs, facts, inputs.pullRequest),
      previous: undefined,
      rollbackStep: { none: 'the next push creates the preview again' },
    }
  }
  const plan = runsImage(resource) ? planImage(resource, inputs, facts) : planCommit(resource, inputs, facts)
  const isRollback = inputs.wanted.kind === 'rollback'
  return { resource, known, ...plan, ...(isRollback ? { rollbackStep: { none: 'this was already a rollback' } } : {}) }
}

const NO_HISTORY = 'Coolify keeps no history of services and databases'

function stepForOther(resource: Resource, { wanted, pullRequest, pull }: Inputs): Step {
  if (wanted.kind !== 'current') {
    const input = { image: '`image-tag`', commit: '`commit`', rollback: '`mode: rollback`' }[wanted.kind]
    throw new InvalidValue(
      `is a ${resource.kind}, for which ${input} cannot be used: its images are part of its definition in Coolify`,
    )
  }
  if (pullRequest !== undefined) throw new InvalidValue(`is a ${resource.kind}, which has no previews of pull requests`)
  const start: Start =
    resource.kind === 'service' ? { kind: 'service', pull: pull === 'always' } : { kind: 'deploy', force: false }
  return { change: undefined, start, version: undefined }
}

function stepForPreview(app: Application, inputs: Inputs, { version }: Facts, pullRequest: number): Step {
  const { wanted } = inputs
  if (wanted.kind === 'rollback')
    throw new InvalidValue('is deployed as the preview of a pull request, which cannot be rolled back')
  if (wanted.kind !== 'image') {
    return { change: undefined, start: { kind: 'deploy', force: inputs.force, pullRequest }, version: undefined }
  }
  if (!runsImage(app)) throw new InvalidValue(fromGit(app, '`image-tag`'))
  requireFeature(version, 'previews of image tags', 'set an image tag for a preview')
  if (wanted.name !== undefined && wanted.name !== app.image?.name) {
    throw new InvalidValue(
      `runs ${app.image?.name ?? 'no image'}; a preview can use another tag, but not another image`,
    )
  }
  const start: Start = { kind: 'deploy', force: true, pullRequest, imageTag: wanted.tag }
  return { change: undefined, start, version: wanted.tag }
}

type Core = Pick<Plan, 'step' | 'previous' | 'rollbackStep'>

/**
 * An application that runs an image: its tag is set, and it is deployed with `force`, which costs nothing because nothing is built, and
 * without which Coolify skips a deployment while another one runs. Its rollback does the same, because Coolify's own ignores the tag:
 * https://github.com/coollabsio/coolify/issues/11467
 */
function planImage(app: Application, { wanted }: Inputs, facts: Facts): Core {
  if (wanted.kind === 'commit') {
    throw new InvalidValue(
      `runs an image (${app.image?.name ?? app.buildPack}); set \`image-tag\` in place of \`commit\``,
    )
  }
  const { image } = app
  if (image === undefined) throw new InvalidValue('has no image in Coolify; set one there first')
  const to = ((): AppImage => {
    if (wanted.kind === 'current') return image
    if (wanted.kind === 'image') return { name: imageName(image.name, wanted.name), tag: wanted.tag }
    return { name: image.name, tag: wanted.to === 'previous' ? previousTag(image.tag, facts) : wanted.to.version }
  })()
  const step = imageStep(image, to)
  return {
    step,
    previous: image.tag,
    rollbackStep: step.change
      ? imageStep(to, image)
      : {
          none: `the tag ${image.tag} did not change; to make rollbacks possible, set \`image-tag\` to a tag that is unique to each build`,
        },
  }
}

/** Keeps the name in Coolify if both names mean the same image, as `nginx` and `docker.io/library/nginx` do. */
function imageName(present: string, wanted: string | undefined): string {
  if (wanted === undefined) return present
  try {
    const [one, other] = [present, wanted].map(name => nameOf(normalizeImageReference(parseImageReference(name))))
    return one === other ? present : wanted
  } catch {
    return wanted
  }
}

function imageStep(from: AppImage, to: AppImage): Step {
  const isSame = from.name === to.name && from.tag === to.tag
  return {
    change: isSame ? undefined : { kind: 'image', from, to },
    start: { kind: 'deploy', force: true },
    version: to.tag,
  }
}

function planCommit(app: Application, inputs: Inputs, facts: Facts): Core {
  const { wanted, force } = inputs
  if (wanted.kind === 'image') throw new InvalidValue(fromGit(app, '`image-tag`'))
  const commits = finishedCommits(facts)
  const [previous] = commits
  const step = ((): Step => {
    if (wanted.kind === 'current') {
      const isPinHonoured = hasFeature(facts.version, 'deploying a given commit')
      const version = isPinHonoured ? app.pinnedCommit : undefined
      return { change: undefined, start: { kind: 'deploy', force }, version }
    }
    if (wanted.kind === 'commit') {
      requireFeature(facts.version, 'deploying a given commit', 'deploy a given commit')
      return {
        change: { kind: 'commit', from: app.pinnedCommit, to: wanted.commit },
        start: { kind: 'deploy', force },
        version: wanted.commit,
      }
    }
    const commit = wanted.to === 'previous' ? previousCommit(commits) : resolveCommit(wanted.to.version, commits)
    return commitStep(app, commit, facts.version)
  })()
  return { step, previous, rollbackStep: rollbackStepTo(previous, step, app, facts.version) }
}

function rollbackStepTo(
  previous: string | undefined,
  step: Step,
  app: Application,
  version: CoolifyVersion,
): Plan['rollbackStep'] {
  if (previous === undefined) return { none: 'Coolify has no finished deployment of it' }
  if (previous === step.version) return { none: `the same commit ran before (${previous.slice(0, 7)})` }
  if (!hasFeature(version, 'deploying a given commit')) {
    return {
      none: `Coolify ${version.text} cannot deploy a given commit; ${SINCE['deploying a given commit']} and later can`,
    }
  }
  return commitStep(app, previous, version)
}

/**
 * Through Coolify's own rollback, which reuses the image if the server still has it. A pinned application is pinned to the commit
 * instead, because its next deployment would otherwise deploy the other commit; so is every application of a Coolify without rollback.
 */
function commitStep(app: Application, commit: string, version: CoolifyVersion): Step {
  if (app.pinnedCommit === undefined && hasFeature(version, 'the rollback of git applications')) {
    return { change: undefined, start: { kind: 'rollback', commit }, version: commit }
  }
  requireFeature(version, 'deploying a given commit', 'roll back to a commit')
  return {
    change: { kind: 'commit', from: app.pinnedCommit, to: commit },
    start: { kind: 'deploy', force: false },
    version: commit,
  }
}

/** The commits that ran, newest first. */
function finishedCommits({ deployments }: Facts): string[] {
  return deployments
    .filter(({ status, pullRequest }) => status === 'finished' && pullRequest === 0)
    .flatMap(({ commit }) => commit ?? [])
}

function fromGit(app: Application, input: string): string {
  return `is built by Coolify from Git (${app.buildPack}), so ${input} cannot be set; set \`commit\`, or change the application to the build pack Docker Image`
}

function requireFeature(version: CoolifyVersion, feature: Feature, toDo: string): void {
  if (hasFeature(version, feature)) return
  throw new InvalidValue(`is on Coolify ${version.text}, which cannot ${toDo}; ${SINCE[feature]} and later can`)
}
