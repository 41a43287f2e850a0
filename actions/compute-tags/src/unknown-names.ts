import { nearestName } from '@deploy-actions/core/values/nearest'
import { dateExpressions } from './expressions.ts'
import type { TagEntry } from './tag-entry.ts'
import type { TagWorld } from './tag-world.ts'

/** What the pattern of a version can name. */
const VERSION_NAMES = {
  semver: ['raw', 'version', 'major', 'minor', 'patch', 'prerelease', 'build', 'loose', 'channel'],
  pep440: ['raw', 'version', 'major', 'minor', 'patch', 'channel'],
} as const

/** What is wrong with the names in a rule's templates: an unknown one would be empty, and the tag another one. */
export function unknownInEntry(entry: TagEntry, world: TagWorld): string[] {
  const { enable, prefix = '', suffix = '' } = entry
  const value = 'value' in entry ? entry.value : ''
  return [
    ...[enable, prefix, suffix, value].flatMap(text => unknownNames(text, world)),
    ...(entry.type === 'semver' || entry.type === 'pep440'
      ? unknownIn(entry.pattern, VERSION_NAMES[entry.type], world)
      : entry.type === 'schedule'
        ? unknownIn(entry.pattern, Object.keys(dateExpressions(world.moments)), world)
        : []),
  ]
}

/** What is wrong with the names in a text that is filled in with the global expressions. */
export function unknownNames(text: string, world: TagWorld): string[] {
  return unknownIn(text, Object.keys(world.expressions), world)
}

function unknownIn(text: string, known: readonly string[], { engine }: TagWorld): string[] {
  // A broken template is reported where it is filled in.
  if (engine.problem(text) !== undefined) return []
  return engine
    .names(text)
    .filter(name => !known.includes(name))
    .map(name => `names the unknown {{${name}}}; ${hint(name, known)}`)
}

function hint(name: string, known: readonly string[]): string {
  if (/^(github|env|steps|needs|inputs|vars)\./.test(name)) return `write \`\${{ ${name} }}\``
  const near = nearestName(name, known)
  return near ? `did you mean {{${near}}}?` : `there are ${known.join(', ')}`
}
