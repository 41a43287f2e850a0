import { flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

/** The grammar of references: https://github.com/distribution/reference/blob/main/reference.go */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/
const REGISTRY = /^(?:\[[0-9a-f:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/

interface Reference {
  readonly registry: string
  readonly path: readonly string[]
  readonly tag: string | undefined
  readonly digest: string | undefined
}

export const checkDockerImage: FormatCheck = (value, options) => {
  if (/^[a-z]+:\/\//i.test(value)) return [flaw('format', 'starts with a scheme', 'Write registry/name:tag.')]
  if (/\s/.test(value)) return [flaw('format', 'has white space in it')]
  if (value.includes('${')) return [flaw('placeholder', 'has a variable in it that nobody filled in')]
  if (/^[0-9a-f]{64}$/.test(value)) return [flaw('format', 'is an ID of 64 digits, not the name of an image')]
  const reference = split(value)
  if (!REGISTRY.test(reference.registry)) return [flaw('format', 'has a registry that cannot be')]
  const shape = shapeFlaw(reference)
  if (shape) return [shape]
  const { tag, digest } = reference
  if (options.registry && !options.registry.some(registry => sameRegistry(registry, reference.registry))) {
    return [flaw('forbidden', `is not in the registry ${options.registry.join(' or ')}`)]
  }
  if (options['require-digest'] && digest === undefined)
    return [flaw('format', 'has no digest', 'Write name@sha256:….')]
  if (options['require-tag'] && tag === undefined && digest === undefined)
    return [flaw('format', 'has no tag', 'Write name:tag.')]
  if (options['forbid-latest'] && digest === undefined && (tag ?? 'latest') === 'latest') {
    return [flaw('forbidden', 'is :latest, or has no tag, which is the same', 'Name a version.')]
  }
  return GOOD
}

/** The first part is a registry when it has a dot or a port, or is localhost. */
function split(value: string): Reference {
  const [name = '', digest] = value.split(/@(.*)/s)
  const slash = name.lastIndexOf('/')
  const colon = name.indexOf(':', slash + 1)
  const [bare, tag] = colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)]
  const parts = bare.split('/')
  const first = parts[0] ?? ''
  const hasRegistry = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost')
  return { registry: hasRegistry ? first : 'docker.io', path: hasRegistry ? parts.slice(1) : parts, tag, digest }
}

function shapeFlaw({ path, tag, digest }: Reference) {
  if (path.some(part => part === '')) return flaw('format', 'has an empty part: two slashes, or one at an end')
  if (path.some(part => /[A-Z]/.test(part)))
    return flaw(
      'format',
      'has capital letters, which no registry takes',
      'Lower them: owner and repository names may have capitals, images may not.',
    )
  if (!path.every(part => COMPONENT.test(part))) return flaw('format', 'has a name that no registry takes')
  if (tag?.includes('+')) return flaw('format', 'has a + in its tag', 'Write - or _ for it.')
  if (tag?.includes('/')) return flaw('format', 'has a / in its tag, as a branch name has', 'Write - for it.')
  if (tag !== undefined && !TAG.test(tag)) return flaw('format', 'has a tag that no registry takes')
  if (digest !== undefined && !DIGEST.test(digest))
    return flaw('format', 'has a digest that cannot be', 'Write sha256: and 64 digits.')
  if (digest?.startsWith('sha256:') && digest.length !== 71)
    return flaw('format', 'has a digest of the wrong length', 'sha256 has 64 digits.')
  return undefined
}

const DOCKER_HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io']

function sameRegistry(a: string, b: string): boolean {
  if (DOCKER_HUB.includes(a) && DOCKER_HUB.includes(b)) return true
  return a.toLowerCase() === b.toLowerCase()
}
