import { parseImageReference } from '@deploy-actions/core/values/image-reference'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { cutFields } from './list-input.ts'
import { describeEntry, type Entry } from './problems.ts'

export interface ImageEntry extends Entry {
  /** In small letters, as registries want it. */
  readonly name: string
  readonly enabled: boolean
  /** What `images` outputs name it by; undefined when it was not said. */
  readonly id: string | undefined
  /** The name as it was written had capitals. */
  readonly lowered: boolean
}

/** Reads an entry of `images`. An entry of names only, `acme/app,ghcr.io/acme/app`, is the old form and stands for all of them when it is alone. */
export function parseImageEntry(entry: Entry, isAlone: boolean): ImageEntry[] {
  const fields = cutFields(entry.text)
  if (isAlone && fields.every(field => !field.includes('='))) {
    return fields.map(field => image(entry, { name: field.trim() }))
  }
  const given: { name?: string; enable?: string; id?: string } = {}
  for (const field of fields) {
    const [key = '', value] = field.split('=').map(part => part.trim())
    const name = key.toLowerCase()
    if (value === undefined) given.name = key
    else if (name === 'name' || name === 'enable' || name === 'id') given[name] = value
    else throw new InvalidValue(`has the unknown attribute "${key}"; there are name, enable and id`)
  }
  return [image(entry, given)]
}

function image(entry: Entry, given: { name?: string; enable?: string; id?: string }): ImageEntry {
  const { name = '', enable = 'true', id } = given
  if (name === '') throw new InvalidValue('names no image')
  if (enable !== 'true' && enable !== 'false') throw new InvalidValue(`has enable=${enable}; write true or false`)
  const enabled = enable === 'true'
  const lower = name.toLowerCase()
  if (enabled) checkName(lower)
  return { ...entry, name: lower, enabled, id, lowered: lower !== name }
}

function checkName(name: string): void {
  const { tag, digest } = parseImageReference(name)
  if (tag !== undefined || digest !== undefined) {
    throw new InvalidValue(`is "${name}", which has a tag or digest already; an image's name ends before it`)
  }
}

export interface ImageSet {
  /** The enabled ones, each once. */
  readonly images: readonly ImageEntry[]
  readonly notices: readonly string[]
  readonly warnings: readonly string[]
}

/** Leaves out what is switched off and what is there already. Throws InvalidValue when two images have the same id. */
export function chooseImages(entries: readonly ImageEntry[]): ImageSet {
  const images: ImageEntry[] = []
  const warnings: string[] = []
  for (const entry of entries.filter(({ enabled }) => enabled)) {
    const equal = images.find(({ name }) => name === entry.name)
    if (equal)
      warnings.push(
        `\`images\` ${describeEntry(entry)} names ${entry.name}, as line ${equal.line} does; it counts once.`,
      )
    else images.push(entry)
    const twin = entry.id !== undefined && images.find(other => other !== entry && other.id === entry.id)
    if (twin)
      throw new InvalidValue(
        `${describeEntry(entry)} has the id "${entry.id}", as line ${twin.line} does; give each its own`,
      )
  }
  const lowered = images.filter(each => each.lowered).map(({ name }) => name)
  return {
    images,
    warnings,
    notices:
      lowered.length === 0 ? [] : [`Registries take small letters only, so the names are: ${lowered.join(', ')}.`],
  }
}

/** Each image with a short name: its id, else its last part, or the whole name where that is not unique. */
export function imageKeys(images: readonly ImageEntry[]): ReadonlyMap<string, ImageEntry> {
  const last = (image: ImageEntry) => image.name.slice(image.name.lastIndexOf('/') + 1)
  const isTaken = (image: ImageEntry) =>
    images.some(
      other => other !== image && (other.id === last(image) || (other.id === undefined && last(other) === last(image))),
    )
  return new Map(images.map(image => [image.id ?? (isTaken(image) ? image.name : last(image)), image]))
}
