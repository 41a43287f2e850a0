import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { withinTime } from './within-time.ts'

/** Milliseconds. Its patterns are somebody's expressions, run against a text of somebody else. */
const LIMIT = 2_000

/** Where a document breaks a JSON Schema, and how, in words that read on after its name; empty when it does not. */
export function schemaMismatches(schema: unknown, document: unknown): string[] {
  try {
    const result = withinTime(LIMIT, () => new Validator(schema as Schema, draftOf(schema), false).validate(document))
    if (result.isLate) return ['took too long to compare with its schema; make the expressions in its patterns simpler']
    const { valid, errors } = result.value
    return valid ? [] : innermost(errors).map(wordsOf)
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown
    // A reference to a schema elsewhere, which is not fetched, or a pattern that is none.
    return [`cannot be compared with its schema: ${messageOf(thrown).split('\n')[0]}`]
  }
}

function wordsOf({ keyword, instanceLocation, error }: OutputUnit): string {
  const place = instanceLocation === '#' ? '' : ` at ${instanceLocation.slice(1)}`
  return `breaks its schema${place}: ${keyword === 'false' ? 'this is not allowed there' : error.replace(/\.$/, '')}`
}

/** An error of an outer schema only says that an inner one failed. */
function innermost(errors: readonly OutputUnit[]): OutputUnit[] {
  const inner = errors.filter(({ keyword }) => !OUTER.has(keyword))
  return inner.length > 0 ? inner : [...errors]
}

const OUTER = new Set([
  'properties',
  'items',
  'additionalProperties',
  'prefixItems',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
])

function draftOf(schema: unknown) {
  const named = typeof schema === 'object' && schema !== null && '$schema' in schema ? String(schema.$schema) : ''
  if (/draft-0?4/.test(named)) return '4'
  if (/draft-0?[67]/.test(named)) return '7'
  return /2019-09/.test(named) ? '2019-09' : '2020-12'
}
