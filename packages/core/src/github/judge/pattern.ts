import { InvalidValue } from '../../values/invalid-value.ts'

/** Names of checks that a user writes: `CI`, `codecov/*`, `/^test \(.*\)$/`. */
export interface NamePattern {
  /** As it was written. */
  readonly text: string
  readonly matches: (name: string) => boolean
}

/** One name per text: as it is, with `*` for any characters, or as a regular expression between slashes. */
export function parseNamePattern(text: string): NamePattern {
  const [, expression] = /^\/(.+)\/$/s.exec(text) ?? []
  const source = expression ?? `^${text.split('*').map(escaped).join('.*')}$`
  try {
    const compiled = new RegExp(source, 'su')
    return { text, matches: name => compiled.test(name) }
  } catch (thrown) {
    throw new InvalidValue(`has "${text}", which is not a valid regular expression (${detailOf(thrown)})`)
  }
}

export function matchesAny(patterns: readonly NamePattern[], names: readonly string[]): boolean {
  return patterns.some(pattern => names.some(name => pattern.matches(name)))
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** Without the expression, which the message has already. */
function detailOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.message.split(': ').at(-1) ?? thrown.message) : String(thrown)
}
