import { createHash } from 'node:crypto'

const LONGEST_TAG = 128
const HASH_LENGTH = 8

/** A text made into a tag that every registry accepts; '' when it cannot be made into one without changing its meaning. */
export interface AcceptedTag {
  readonly tag: string
  /** What was done beyond a dash for characters that a tag cannot have; reads on after the text. */
  readonly changes: readonly string[]
}

/**
 * The rule: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 *
 * A text never just loses its first characters: what is left could be `latest`, a released version or the tag of another rule.
 */
export function acceptedTag(text: string): AcceptedTag {
  const [separator] = /^[-./:+ ]/.exec(text) ?? []
  if (separator !== undefined) {
    return {
      tag: '',
      changes: [
        `starts with "${separator}", which no registry accepts, so this rule yields no tag; when an expression in front is empty in this run, add \`enable=…\` or a text before it`,
      ],
    }
  }
  const changes: string[] = []
  const dashed = text.replace(/[^a-zA-Z0-9._-]+/g, '-')
  const kept = dashed.replace(/^[.-]+/, '')
  const tag = kept === dashed ? kept : ['b', hashOf(text), kept].filter(part => part !== '').join('-')
  if (tag !== dashed) changes.push(`starts with characters that a tag cannot have; a hash replaces them: ${tag}`)
  if (tag.length <= LONGEST_TAG) return { tag, changes }
  changes.push(`was ${tag.length} characters long and was cut to ${LONGEST_TAG}, a hash at its end`)
  return { tag: `${tag.slice(0, LONGEST_TAG - HASH_LENGTH - 1)}-${hashOf(text)}`, changes }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}
