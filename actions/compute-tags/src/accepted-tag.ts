import { createHash } from 'node:crypto'

const LONGEST_TAG = 128
const HASH_LENGTH = 8

/** A text made into a tag that every registry takes; '' when nothing of it is left. */
export interface AcceptedTag {
  readonly tag: string
  /** What was done beyond putting a dash for what a tag cannot have, reading on after the tag. */
  readonly changes: readonly string[]
}

/** The rule: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export function acceptedTag(text: string): AcceptedTag {
  const changes: string[] = []
  const dashed = text.replace(/[^a-zA-Z0-9._-]+/g, '-')
  const trimmed = dashed.replace(/^[.-]+/, '')
  if (trimmed !== dashed)
    changes.push(`lost its leading ${dashed.slice(0, dashed.length - trimmed.length)}, which no registry takes`)
  if (trimmed.length <= LONGEST_TAG) return { tag: trimmed, changes }
  changes.push(`was ${trimmed.length} characters long and was cut to ${LONGEST_TAG}, a hash at its end`)
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  return { tag: `${trimmed.slice(0, LONGEST_TAG - HASH_LENGTH - 1)}-${hash}`, changes }
}
