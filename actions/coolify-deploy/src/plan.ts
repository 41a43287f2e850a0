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
import { previousCommit, previousTag, resolveCommit } from './previous.ts'

/** What Coolify knows of a resource before anything is done to it. */
export interface Facts {
  readonly resource: Resource | Application
  readonly version: CoolifyVersion
  /** Of an application: newest first. */
  readonly deployments: readonly Deployment[]
  /** Asked for only where they say what `previous` is; undefined where this version cannot tell. */
  readonly serverImages: readonly ServerImage[] | undefined
}

/** What is set in Coolify before a deployment, and what stood there. */
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
  /** Coolify's own way back for what it builds. */
  | { readonly kind: 'rollback'; readonly commit: string }
  | { readonly kind: 'service'; readonly pull: boolean }

/** How a version is brought to a resource. */
export interface Step {
  readonly change: Change | undefined
  readonly start: Start
  /** Image tag or commit that shall run then; undefined where it is not known beforehand. */
  readonly version: string | undefined
}

export function isPreview({ start }: Step): boolean {
  return start.kind === 'deploy' && start.pullRequest !== undefined
}

export interface Plan {
  readonly resource: Resource | Application
  /** Coolify's tag by which it is started together with others. */
  readonly tag?: string
  /** Deployments that were there before. */
  readonly known: ReadonlySet<string>
  readonly step: Step
  /** What ran before. */
  readonly previous: string | undefined
  readonly wayBack: Step | { readonly none: string }
}

/** Decides how the wanted version comes to a resource, and how the one before comes back. Throws InvalidValue when it cannot. */
export function planFor(inputs: Inputs, facts: Facts): Plan {
  const { resource } = facts
  const known = new Set(facts.deployments.map(({ uuid }) => uuid))
  if (!isApplication(resource)) {
    return { resource, known, step: stepForOther(resource, inputs), previous: undefined, wayBack: { none: NO_HISTORY } }
  }
  if (inputs.pullRequest !== undefined) {
    return {
      resource,
      known,
      step: stepForPreview(resource, inputs, facts, inputs.pullRequest),
      previous: undefined,
      wayBack: { none: 'a preview is made anew by the next push' },
    }
  }
  const plan = runsImage(resource) ? planImage(resource, inputs, facts) : planCommit(resource, inputs, facts)
  const isRollback = inputs.wanted.kind === 'back'
  return { resource, known, ...plan, ...(isRollback ? { wayBack: { none: 'this was the way back' } } : {}) }
}

const NO_HISTORY = 'Coolify keeps no history of services and databases'

function stepForOther(resource: Resource, { wanted, pullRequest, pull }: Inputs): Step {
  if (wanted.kind !== 'current') {
    const input = { image: '`image-tag`', commit: '`commit`', back: '`rollback-to`' }[wanted.kind]
    throw new InvalidValue(
      `is a ${resource.kind}, for which ${input} cannot be set: its images stand in its own definition in Coolify`,
    )
  }
  if (pullRequest !== undefined) throw new InvalidValue(`is a ${resource.kind}, and has no previews of pull requests`)
  const start: Start =
    resource.kind === 'service' ? { kind: 'service', pull: pull === 'always' } : { kind: 'deploy', force: false }
  return { change: undefined, start, version: undefined }
}

function stepForPreview(app: Application, inputs: Inputs, { version }: Facts, pullRequest: number): Step {
  const { wanted } = inputs
  if (wanted.kind === 'back') throw new InvalidValue('has no way back for the preview of a pull request')
  if (wanted.kind !== 'image') {
    return { change: undefined, start: { kind: 'deploy', force: inputs.force, pullRequest }, version: undefined }
  }
  if (!runsImage(app)) throw new InvalidValue(fromGit(app, '`image-tag`'))
  demand(version, 'previews of image tags', 'set an image tag for a preview')
  if (wanted.name !== undefined && wanted.name !== app.image?.name) {
    throw new InvalidValue(
      `runs ${app.image?.name ?? 'no image'}; a preview takes another tag of it, and no other image`,
    )
  }
  const start: Start = { kind: 'deploy', force: true, pullRequest, imageTag: wanted.tag }
  return { change: undefined, start, version: wanted.tag }
}

type Core = Pick<Plan, 'step' | 'previous' | 'wayBack'>

/**
 * An application that runs an image: its tag is set, and it is deployed with `force`, which costs nothing as nothing is built, and
 * without which Coolify leaves a deployment out while another one runs. Its way back is the same, as Coolify's own ignores the tag:
 * https://github.com/coollabsio/coolify/issues/11467
 */
function planImage(app: Application, { wanted }: Inputs, facts: Facts): Core {
  if (wanted.kind === 'commit') {
    throw new InvalidValue(
      `runs an image (${app.image?.name ?? app.buildPack}); set \`image-tag\` in place of \`commit\``,
    )
  }
  const { image } = app
  if (image === undefined) throw new InvalidValue('has no image set in Coolify; set one there first')
  const to = ((): AppImage => {
    if (wanted.kind === 'current') return image
    if (wanted.kind === 'image') return { name: imageName(image.name, wanted.name), tag: wanted.tag }
    return { name: image.name, tag: wanted.to === 'previous' ? previousTag(image.tag, facts) : wanted.to.version }
  })()
  const step = imageStep(image, to)
  return {
    step,
    previous: image.tag,
    wayBack: step.change
      ? imageStep(to, image)
      : {
          none: `the tag ${image.tag} stays what it is; set \`image-tag\` to one that each build has for itself, and there is a way back`,
        },
  }
}

/** The name that Coolify has stays where the wanted one means the same image, as `nginx` and `docker.io/library/nginx` do. */
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
      demand(facts.version, 'deploying a given commit', 'deploy a given commit')
      return {
        change: { kind: 'commit', from: app.pinnedCommit, to: wanted.commit },
        start: { kind: 'deploy', force },
        version: wanted.commit,
      }
    }
    const commit = wanted.to === 'previous' ? previousCommit(commits) : resolveCommit(wanted.to.version, commits)
    return commitStep(app, commit, facts.version)
  })()
  return { step, previous, wayBack: wayBackTo(previous, step, app, facts.version) }
}

function wayBackTo(
  previous: string | undefined,
  step: Step,
  app: Application,
  version: CoolifyVersion,
): Plan['wayBack'] {
  if (previous === undefined) return { none: 'Coolify has no finished deployment of it' }
  if (previous === step.version) return { none: `the commit ${previous.slice(0, 7)} ran before too` }
  if (!hasFeature(version, 'deploying a given commit')) {
    return { none: `Coolify ${version.text} deploys no given commit; ${SINCE['deploying a given commit']} does` }
  }
  return commitStep(app, previous, version)
}

/**
 * By Coolify's own rollback, which takes the image where the server still has it. An application that is pinned is pinned to the
 * commit instead, or its next deployment would bring the other one again; so is every one of a Coolify that has no rollback.
 */
function commitStep(app: Application, commit: string, version: CoolifyVersion): Step {
  if (app.pinnedCommit === undefined && hasFeature(version, 'the rollback of git applications')) {
    return { change: undefined, start: { kind: 'rollback', commit }, version: commit }
  }
  demand(version, 'deploying a given commit', 'go back to a commit')
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
  return `is built by Coolify from git (${app.buildPack}), so ${input} cannot be set; set \`commit\`, or make it an application of the kind Docker Image`
}

function demand(version: CoolifyVersion, feature: Feature, toDo: string): void {
  if (hasFeature(version, feature)) return
  throw new InvalidValue(`is on Coolify ${version.text}, which cannot ${toDo}; ${SINCE[feature]} and later can`)
}
