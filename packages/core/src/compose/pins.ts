import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import { formatImageReference, type ImageReference, parseImageReference } from '../values/image-reference.ts'
import { InvalidValue } from '../values/invalid-value.ts'

export interface Pin {
  /** The service's name. */
  readonly name: string
  /** The reference that it has to run, which must be on the server. */
  readonly image: string
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/**
 * A further compose file that fixes the image of each service: Compose neither pulls nor builds it, so no moved tag and no
 * registry can change what runs.
 */
export function writePins(services: readonly Pin[]): string {
  const pinned = services.map(({ name, image, labels }) => [
    name,
    {
      image: doubleDollars(image),
      pull_policy: 'never',
      ...(labels === undefined ? {} : { labels: doubleDollarsIn(labels) }),
    },
  ])
  return stringify({ services: Object.fromEntries(pinned) }, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' })
}

function doubleDollarsIn(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, doubleDollars(value)]))
}

/** Compose would expand a dollar sign. */
function doubleDollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}

const ID_DIGITS = 12
/** A tag has 128 characters at most. */
const LONGEST_PROJECT = 80

/**
 * Our own tag for an image, in its own repository: `acme/shop:deploy-shop-1a2b3c4d5e6f`. A tag keeps the image from
 * `docker image prune`. It follows from project and image alone, so that a service whose image stays keeps its definition to the
 * letter, and Compose does not recreate it. It carries the project, so that no other project on the server removes it.
 */
export function pinTag(reference: string, imageId: string, project: string): string {
  const digits = imageId.replace(/^sha256:/, '').slice(0, ID_DIGITS)
  const { registry, repository } = repositoryOf(reference)
  const tag = `deploy-${projectInTag(project)}-${digits}`
  return formatImageReference({ ...(registry === undefined ? {} : { registry }), repository, tag })
}

function projectInTag(project: string): string {
  if (project.length <= LONGEST_PROJECT) return project
  return createHash('sha256').update(project).digest('hex').slice(0, 16)
}

/** A container may have been made from a bare image ID: then the repository is one of ours. */
function repositoryOf(reference: string): ImageReference {
  try {
    return parseImageReference(reference)
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return { repository: 'deploy-actions/image' }
    throw thrown
  }
}
