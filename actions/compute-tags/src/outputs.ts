import { bakeDefinitions } from './bake.ts'
import type { DeployTags } from './deploy-tags.ts'
import type { Target } from './environments.ts'
import { type ImageEntry, imageKeys } from './image-entry.ts'
import type { Inputs } from './inputs.ts'
import { labelObject, leveledAnnotations } from './labels.ts'
import type { TagSet } from './tag-set.ts'

/** All that was worked out. */
export interface Metadata {
  readonly set: TagSet
  readonly images: readonly ImageEntry[]
  /** `key=value` each. */
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  readonly deploy: DeployTags
  readonly target: Target
}

/** `ghcr.io/acme/app:1.2.3`; the tags alone where no image is named. */
export function references({ set, images }: Pick<Metadata, 'set' | 'images'>): string[] {
  if (images.length === 0) return [...set.names]
  return images.flatMap(({ name }) => set.names.map(tag => `${name}:${tag}`))
}

export interface StepOutputs {
  /** Those that docker/metadata-action has too, in its order: they are exported as variables as well. */
  readonly shared: Readonly<Record<string, string>>
  readonly own: Readonly<Record<string, string>>
  /** The text of each bake file by its output. */
  readonly bakeFiles: ReadonlyMap<string, string>
}

export function stepOutputs(
  metadata: Metadata,
  inputs: Pick<Inputs, 'separators' | 'annotationLevels' | 'bakeTarget'>,
): StepOutputs {
  const { set, images, labels, deploy, target } = metadata
  const { separators } = inputs
  const tags = references(metadata)
  const annotations = leveledAnnotations(metadata.annotations, inputs.annotationLevels)
  return {
    shared: {
      version: set.version,
      tags: tags.join(separators.tags),
      'tag-names': set.names.join(separators.tags),
      labels: labels.join(separators.labels),
      annotations: annotations.join(separators.annotations),
      json: JSON.stringify({ tags, 'tag-names': set.names, labels: labelObject(labels), annotations }),
    },
    own: {
      result: set.names.length > 0 ? 'tagged' : 'empty',
      tag: deploy.tag,
      image: deployedImage(images[0], deploy.tag),
      images: JSON.stringify(imagesByKey(metadata, separators.tags)),
      'image-names': images.map(({ name }) => name).join(separators.tags),
      'sha-tag': deploy.shaTag,
      'version-tag': deploy.versionTag,
      'branch-tag': deploy.branchTag,
      'is-version': String(deploy.isVersion),
      'is-prerelease': String(deploy.isPrerelease),
      channel: deploy.channel,
      environment: target.environment,
      deploy: String(target.deploy),
      report: JSON.stringify(report(metadata)),
    },
    bakeFiles: bakeDefinitions({
      target: inputs.bakeTarget,
      tags,
      imageNames: images.map(({ name }) => name),
      version: set.version,
      labels,
      annotations,
    }),
  }
}

function deployedImage(image: ImageEntry | undefined, tag: string): string {
  return image === undefined || tag === '' ? '' : `${image.name}:${tag}`
}

/** For `fromJSON(steps.meta.outputs.images).backend.tags`. */
function imagesByKey({ set, images, deploy }: Metadata, separator: string): Record<string, unknown> {
  return Object.fromEntries(
    [...imageKeys(images)].map(([key, image]) => [
      key,
      {
        name: image.name,
        image: deployedImage(image, deploy.tag),
        tags: set.names.map(tag => `${image.name}:${tag}`).join(separator),
      },
    ]),
  )
}

/** What each line of `tags` came to, and which tags are of which type. */
function report({ set, target }: Metadata): Record<string, unknown> {
  const byType = Object.groupBy(
    set.results.filter(({ tag }) => tag !== ''),
    ({ entry }) => entry.type,
  )
  return {
    entries: set.results.map(({ entry, tag, why }) => ({
      line: entry.line,
      entry: entry.text,
      type: entry.type,
      tag,
      why,
    })),
    'by-type': Object.fromEntries(
      Object.entries(byType).map(([type, results]) => [type, results.map(({ tag }) => tag)]),
    ),
    latest: set.hasLatest,
    environment: target,
  }
}
