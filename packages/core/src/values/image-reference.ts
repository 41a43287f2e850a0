import { InvalidValue } from './invalid-value.ts'

/** An image as it is written, cut into its parts; nothing is added. */
export interface ImageReference {
  /** `ghcr.io`, `localhost:5000`; undefined means Docker Hub. */
  readonly registry?: string
  /** The path below the registry: `nginx`, `acme/shop/web`. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:…` */
  readonly digest?: string
}

// The grammar of https://github.com/distribution/reference/blob/main/reference.go
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const DOMAIN =
  /^(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(?:\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*(?::\d+)?$/
const IPV6_DOMAIN = /^\[[0-9a-fA-F:]+\](?::\d+)?$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const IMAGE_ID = /^(?:sha256:)?[0-9a-f]{64}$/
const LONGEST_NAME = 255

/** Reads `[registry/]repository[:tag][@digest]`. Throws InvalidValue. */
export function parseImageReference(text: string): ImageReference {
  if (text === '') throw new InvalidValue('is empty; write an image such as ghcr.io/acme/shop:1.2')
  if (/\s/.test(text)) throw new InvalidValue(`is "${text}", with white space in it`)
  if (/^[a-z]+:\/\//i.test(text)) throw new InvalidValue(`is "${text}"; write it without ${text.split('//')[0]}//`)
  if (IMAGE_ID.test(text)) throw new InvalidValue(`is "${text}", an image's ID; write its repository and tag`)
  const { name, tag, digest } = cut(text)
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw new InvalidValue(`is "${text}", whose digest "${digest}" is none; write @sha256: and 64 hexadecimal digits`)
  }
  if (tag !== undefined) checkTag(tag, text)
  if (name.length > LONGEST_NAME) throw new InvalidValue(`has a name of more than ${LONGEST_NAME} characters`)
  const { registry, repository } = splitRegistry(name)
  if (registry !== undefined && !DOMAIN.test(registry) && !IPV6_DOMAIN.test(registry)) {
    throw new InvalidValue(`is "${text}", whose registry "${registry}" is not a host name`)
  }
  checkRepository(repository, text)
  return {
    ...(registry === undefined ? {} : { registry }),
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${nameOf(reference)}${tag}${digest}`
}

/** Registry and repository, without tag and digest. */
export function nameOf({ registry, repository }: ImageReference): string {
  return registry === undefined ? repository : `${registry}/${repository}`
}

/** Whether a registry takes it for a tag: letters, digits, `_ . -`, 128 at most, the first no `.` or `-`. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * The full form that Docker means by a short one: `nginx` is docker.io/library/nginx:latest. Two references mean the same
 * image when their full forms are equal. https://docs.docker.com/reference/cli/docker/image/tag/
 */
export function normalizeImageReference(reference: ImageReference): ImageReference & { readonly registry: string } {
  const isHub = reference.registry === undefined || /^(index\.)?docker\.io$/.test(reference.registry)
  const repository =
    isHub && !reference.repository.includes('/') ? `library/${reference.repository}` : reference.repository
  return {
    ...reference,
    registry: isHub ? 'docker.io' : (reference.registry ?? ''),
    repository,
    ...(reference.tag === undefined && reference.digest === undefined ? { tag: 'latest' } : {}),
  }
}

function cut(text: string): { readonly name: string; readonly tag?: string; readonly digest?: string } {
  const at = text.indexOf('@')
  const digest = at < 0 ? {} : { digest: text.slice(at + 1) }
  const rest = at < 0 ? text : text.slice(0, at)
  // A colon before the last slash belongs to a port.
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1)
  return colon < 0 ? { name: rest, ...digest } : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), ...digest }
}

/** As Docker tells a registry from a first folder: by a dot, a port, `localhost`, or capitals. */
function splitRegistry(name: string): { readonly registry?: string; readonly repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, slash)
  if (slash < 0 || (!/[.:]/.test(first) && first !== 'localhost' && first === first.toLowerCase())) {
    return { repository: name }
  }
  return { registry: first, repository: name.slice(slash + 1) }
}

function checkTag(tag: string, text: string): void {
  if (isTag(tag)) return
  const why =
    tag === ''
      ? 'whose tag is empty: was a variable not set?'
      : tag.length > 128
        ? 'whose tag is longer than 128 characters'
        : `whose tag "${tag}" is none: letters, digits, "_", "." and "-" may be in it, and it starts with no "." or "-"`
  throw new InvalidValue(`is "${text}", ${why}`)
}

function checkRepository(repository: string, text: string): void {
  if (repository === '') throw new InvalidValue(`is "${text}", which names no repository`)
  const wrong = repository.split('/').find(component => !PATH_COMPONENT.test(component))
  if (wrong === undefined) return
  if (wrong === '') throw new InvalidValue(`is "${text}", with an empty part between slashes: was a variable not set?`)
  if (/[A-Z]/.test(wrong)) {
    throw new InvalidValue(`is "${text}"; a repository has no capitals: write "${repository.toLowerCase()}"`)
  }
  throw new InvalidValue(
    `is "${text}", whose part "${wrong}" is none: lower-case letters and digits, parted by ".", "_" or "-"`,
  )
}
