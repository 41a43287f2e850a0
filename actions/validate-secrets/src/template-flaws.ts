import { labelKind, markKind, segmentKind, templateKind, wordKind } from './placeholder.ts'
import { type Flaw, flaw } from './problem.ts'
import type { Rule } from './rules/rule.ts'
import { type ValuePart, valueParts } from './value-parts.ts'
import { weakness } from './weak.ts'

const RANDOM = 'Replace it with a random one: `openssl rand -base64 32`.'
const MEANT = 'If it is meant, list it (or a part of it) in `allow-placeholder`.'

/** What of a value is still the text of a template, as far as the rule does not allow it. */
export function templateFlaws(value: string, { name, type, options }: Rule): Flaw[] {
  if (isListed(value.trim(), options)) return []
  const allowed = options['allow-placeholder'] ?? []
  return firstOfEach(
    valueParts(value, name, type).flatMap(part => {
      const found = partFlaw(part)
      return found && (allowed.length === 0 || partFlaw({ ...part, text: without(part.text, allowed) })) ? [found] : []
    }),
  )
}

/** What of a value is easy to guess: the passwords inside it. Its own is looked at by the rules for texts. */
export function weakParts(value: string, { name, type, options }: Rule): Flaw[] {
  if (options['allow-weak']) return []
  return firstOfEach(
    valueParts(value, name, type).flatMap(({ text, where, kind }) => {
      const why = kind === 'credential' && where !== '' && [...text].length > 2 ? weakness(text) : undefined
      return why === undefined ? [] : [flaw('weak', `has a guessable text ${where}: it ${why}`, RANDOM)]
    }),
  )
}

function partFlaw({ text, where, kind }: ValuePart): Flaw | undefined {
  if (text === '') return undefined
  const told = (found: string) =>
    flaw(
      'placeholder',
      where === '' ? `is ${found}, not a value` : `has ${found} ${where}, not a value`,
      `Replace it with the real value. ${MEANT}`,
    )
  if (kind === 'label') return map(labelKind(text), told)
  if (kind === 'segment') return text.length > 3 ? map(segmentKind(text), told) : undefined
  const sure = templateKind(text) ?? (kind === 'credential' ? wordKind(text) : undefined) ?? markKind(text)
  if (sure !== undefined) return told(sure)
  // Where no password, token or key is expected, an ordinary word can be meant: `apikey` is the user name of a mail service.
  if (where !== '' || wordKind(text) === undefined) return undefined
  const doubt = flaw('placeholder', 'is a word that templates use, so it may not be the real value', MEANT)
  return { ...doubt, severity: 'warning' }
}

function map<T, R>(value: T | undefined, change: (value: T) => R): R | undefined {
  return value === undefined ? undefined : change(value)
}

/** A value that the rule itself lists is meant. */
function isListed(text: string, { enum: choices = [], pattern = '' }: Rule['options']): boolean {
  const alternatives = pattern.replace(/\(\?:|[()^$]/g, '|').split('|')
  return text !== '' && [...choices, ...alternatives].includes(text)
}

function without(text: string, allowed: readonly string[]): string {
  return allowed.reduce((rest, part) => (part === '' ? rest : rest.replaceAll(part, '')), text)
}

function firstOfEach(flaws: readonly Flaw[]): Flaw[] {
  return [...new Map(flaws.map(found => [found.text, found])).values()]
}
