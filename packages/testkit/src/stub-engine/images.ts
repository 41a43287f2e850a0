import { familiar, fullReference, registryOf, repositoryOf, tagOf } from './references.ts'
import { nowOf, type RegistryImage, type StubContainer, type StubImage, type StubState } from './state.ts'
import { CallFailed } from './store.ts'

/** An image by ID, beginning of an ID, tag or digest. */
export function findImage(state: StubState, name: string): StubImage | undefined {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return state.images[`sha256:${name.replace('sha256:', '')}`]
  const images = Object.values(state.images)
  const full = /^sha256:/.test(name) ? undefined : fullReference(name)
  const named = images.find(image => full !== undefined && (image.tags.includes(full) || image.digests.includes(full)))
  if (named !== undefined || !isIdStart(name)) return named
  const found = images.filter(image => isStartOf(name, image.id))
  return found.length === 1 ? found[0] : undefined
}

export function neededImage(state: StubState, name: string): StubImage {
  const image = findImage(state, name)
  if (image === undefined) throw new CallFailed(`Error response from daemon: No such image: ${missingName(name)}`)
  return image
}

/** As the engine names it: with the tag that it looked for. */
export function missingName(name: string): string {
  return name.startsWith('sha256:') || isIdOnly(name) ? name : familiar(fullReference(name))
}

function isIdOnly(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

function isIdStart(name: string): boolean {
  return /^(sha256:)?[0-9a-f]{1,64}$/.test(name)
}

function isStartOf(name: string, id: string): boolean {
  return id.replace('sha256:', '').startsWith(name.replace('sha256:', ''))
}

/** Moves a tag to an image; the one that had it keeps its digests. */
export function setTag(state: StubState, id: string, full: string): void {
  for (const image of Object.values(state.images)) {
    if (image.id !== id && image.tags.includes(full)) replace(state, { ...image, tags: without(image.tags, full) })
  }
  const image = state.images[id]
  if (image === undefined || image.tags.includes(full)) return
  replace(state, { ...image, tags: [...image.tags, full].sort() })
}

function replace(state: StubState, image: StubImage): void {
  state.images[image.id] = image
}

function without(list: readonly string[], item: string): string[] {
  return list.filter(other => other !== item)
}

/** Returns what `docker pull` prints. */
export function pullImage(state: StubState, name: string, login: string | undefined): string[] {
  const full = fullReference(name)
  checkLogin(state, full, login)
  const served = servedImage(state, full)
  if (served === undefined) throw new CallFailed(notServed(full))
  const { digest, ...image } = served
  const before = state.images[image.id]
  const isNew = before === undefined
  const repository = repositoryOf(full)
  const canonical = `${repository}@${digest}`
  const known = before ?? { ...image, tags: [], digests: [], created: nowOf(state) }
  const isUpToDate = !isNew && (full.includes('@') ? known.digests : known.tags).includes(full)
  replace(state, { ...known, digests: [...new Set([...known.digests, canonical])].sort() })
  if (!full.includes('@')) setTag(state, image.id, full)
  const status = isUpToDate ? 'Image is up to date for' : 'Downloaded newer image for'
  return [
    `${full.includes('@') ? full : tagOf(full)}: Pulling from ${familiarPath(repository)}`,
    `Digest: ${digest}`,
    `Status: ${status} ${familiar(full)}`,
    full,
  ]
}

/** A repository's path in its registry; Docker Hub's official ones keep `library/`. */
function familiarPath(repository: string): string {
  return repository.slice(repository.indexOf('/') + 1)
}

function servedImage(state: StubState, full: string): RegistryImage | undefined {
  const error = state.registryErrors[full]
  if (error !== undefined) throw new CallFailed(error)
  return state.registry[full]
}

function checkLogin(state: StubState, full: string, login: string | undefined): void {
  const wanted = state.logins[registryOf(full)]
  if (wanted === undefined || login === `${wanted.user}:${wanted.password}`) return
  const repository = repositoryOf(full)
  const url = `https://${registryOf(full)}/v2/${familiarPath(repository)}/manifests/${full.split('@')[1] ?? tagOf(full)}`
  throw new CallFailed(`Error response from daemon: Head "${url}": no basic auth credentials`)
}

function notServed(full: string): string {
  if (full.startsWith('docker.io/')) {
    const name = familiar(repositoryOf(full))
    return `Error response from daemon: pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`
  }
  return `Error response from daemon: manifest for ${full} not found: manifest unknown: manifest unknown`
}

/** Takes a name or a whole image away, as `docker rmi` does. Returns what it prints. */
export function removeImage(state: StubState, name: string, force: boolean): string[] {
  const image = neededImage(state, name)
  if (isIdStart(name) && isStartOf(name, image.id)) {
    const references = [...image.tags, ...image.digests]
    return [...references.map(untagged), ...deleteImage(state, image, force)]
  }
  const full = fullReference(name)
  const user = containersOf(state, image)[0]
  if (isSingle(image) && !force && user !== undefined) {
    throw conflict(
      `unable to remove repository reference "${name}" (must force) - container ${user.id.slice(0, 12)} is using its referenced image ${short(image.id)}`,
    )
  }
  let tags = without(image.tags, full)
  let digests = without(image.digests, full)
  const removed = [full]
  const repository = repositoryOf(full)
  // Digests of a repository go with its last tag.
  if (!full.includes('@') && !tags.some(tag => repositoryOf(tag) === repository)) {
    const gone = digests.filter(digest => repositoryOf(digest) === repository)
    removed.push(...gone)
    digests = digests.filter(digest => !gone.includes(digest))
  }
  if (full.includes('@')) tags = [...image.tags]
  const rest = { ...image, tags, digests }
  replace(state, rest)
  const printed = removed.map(untagged)
  if (tags.length + digests.length > 0 || containersOf(state, image).length > 0) return printed
  return [...printed, ...deleteImage(state, rest, force)]
}

function untagged(full: string): string {
  return `Untagged: ${familiar(full)}`
}

function deleteImage(state: StubState, image: StubImage, force: boolean): string[] {
  refuseInUse(state, image, force)
  delete state.images[image.id]
  return [`Deleted: ${image.id}`]
}

function refuseInUse(state: StubState, image: StubImage, force: boolean): void {
  const users = containersOf(state, image)
  const alive = users.find(isAlive)
  const cannot = `unable to delete ${short(image.id)}`
  if (alive !== undefined) {
    throw conflict(`${cannot} (cannot be forced) - image is being used by running container ${alive.id.slice(0, 12)}`)
  }
  if (!force && !isSingle(image)) {
    throw conflict(`${cannot} (must be forced) - image is referenced in multiple repositories`)
  }
  const user = users[0]
  if (user === undefined || force) return
  throw conflict(`${cannot} (must be forced) - image is being used by stopped container ${user.id.slice(0, 12)}`)
}

function isAlive(container: StubContainer): boolean {
  return container.status === 'running' || container.status === 'restarting'
}

function conflict(text: string): CallFailed {
  return new CallFailed(`Error response from daemon: conflict: ${text}`)
}

function short(id: string): string {
  return id.replace('sha256:', '').slice(0, 12)
}

function containersOf(state: StubState, image: StubImage): StubContainer[] {
  return Object.values(state.containers).filter(container => container.imageId === image.id)
}

/** At most one tag, and all references in one repository. */
function isSingle({ tags, digests }: StubImage): boolean {
  const repositories = new Set([...tags, ...digests].map(repositoryOf))
  return tags.length + digests.length <= 1 || (tags.length <= 1 && repositories.size === 1)
}

/**
 * `docker image prune`: without `all` only images without a tag. The engine removes name by name, so an image in use keeps
 * its last tag only.
 */
export function pruneImages(state: StubState, all: boolean): string[] {
  const removed: string[] = []
  for (const image of Object.values(state.images)) {
    if (!all && image.tags.length > 0) continue
    const names = [...image.tags, ...image.digests]
    for (const name of names.length > 0 ? names : [image.id]) removed.push(...removeIfUnused(state, name))
  }
  const lower = removed.map(line => line.replace(/^./, letter => letter.toLowerCase()))
  return lower.length === 0 ? [] : ['Deleted Images:', ...lower, '']
}

function removeIfUnused(state: StubState, name: string): string[] {
  try {
    return findImage(state, name) === undefined ? [] : removeImage(state, name, false)
  } catch (error) {
    if (error instanceof CallFailed) return []
    throw error
  }
}
