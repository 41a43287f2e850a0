import { createContext, runInContext } from 'node:vm'
import { type Flaw, flaw } from './problem.ts'
import type { Rule } from './rules/rule.ts'
import type { Options } from './rules/vocabulary.ts'
import { entropy, isPasswordName, weakness } from './weak.ts'

/** The keys that every type has. Rules are quoted, values never. */
export function textFlaws(value: string, options: Options): Flaw[] {
  const flaws: Flaw[] = []
  const length = [...value].length
  const { 'min-length': min, 'max-length': max, 'starts-with': starts, 'ends-with': ends } = options
  if (min !== undefined && length < min) flaws.push(flaw('too-short', `has fewer than ${min} characters`))
  if (max !== undefined && length > max) flaws.push(flaw('too-long', `has more than ${max} characters`))
  const bytes = Buffer.byteLength(value)
  const { 'min-bytes': fewest, 'max-bytes': most } = options
  if (fewest !== undefined && bytes < fewest) flaws.push(flaw('too-short', `has fewer than ${fewest} bytes`))
  if (most !== undefined && bytes > most) flaws.push(flaw('too-long', `has more than ${most} bytes`))
  if (options.enum && !options.enum.includes(value)) flaws.push(enumFlaw(value, options.enum))
  if (starts && !starts.some(start => value.startsWith(start)))
    flaws.push(flaw('format', `does not start with ${orList(starts)}`))
  if (ends && !ends.some(end => value.endsWith(end))) flaws.push(flaw('format', `does not end with ${orList(ends)}`))
  if (options.pattern !== undefined) flaws.push(...patternFlaws(value, options.pattern))
  return flaws
}

function enumFlaw(value: string, choices: readonly string[]): Flaw {
  const near = choices.some(choice => choice.toLowerCase() === value.trim().toLowerCase())
  return flaw(
    'forbidden',
    `is none of ${choices.map(choice => `\`${choice}\``).join(', ')}`,
    near ? 'Mind capital letters and spaces.' : undefined,
  )
}

const PATTERN_TIMEOUT = 250

let sandbox: object | undefined

/** A pattern that backtracks for ever is stopped by the engine's own watchdog, which works only inside a script. */
function patternFlaws(value: string, pattern: string): Flaw[] {
  sandbox ??= createContext(Object.create(null))
  Object.assign(sandbox, { pattern, value })
  try {
    const fits: unknown = runInContext("new RegExp('^(?:' + pattern + ')$', 'u').test(value)", sandbox, {
      timeout: PATTERN_TIMEOUT,
    })
    return fits === true ? [] : [flaw('format', `does not match the pattern of the rule, which the whole value must`)]
  } catch {
    return [
      flaw(
        'config',
        'cannot be held against its pattern: that takes too long',
        'Write a pattern without nested repeats.',
      ),
    ]
  } finally {
    Object.assign(sandbox, { pattern: '', value: '' })
  }
}

function orList(texts: readonly string[]): string {
  return texts.map(text => `\`${text}\``).join(' or ')
}

/** Guessable values: for what somebody made up, so not for addresses and the like. */
export function weakFlaws(value: string, { name, type, options }: Rule, repository: string): Flaw[] {
  if (options['allow-weak']) return []
  const min = options['min-entropy']
  if (min !== undefined && entropy(value) < min) {
    return [
      flaw(
        'weak',
        `has less than ${min} bits of entropy for each character`,
        'Make a random one: `openssl rand -base64 32`.',
      ),
    ]
  }
  const madeUp = min !== undefined || (type === 'text' && isPasswordName(name))
  const isName = repository.split('/').some(part => part !== '' && part.toLowerCase() === value.toLowerCase())
  const why = madeUp ? (isName ? 'is the name of the repository or its owner' : weakness(value)) : undefined
  return why === undefined ? [] : [flaw('weak', why, 'Make a random one: `openssl rand -base64 32`.')]
}
