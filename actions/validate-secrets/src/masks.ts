import type { Verdict } from './judge.ts'
import { isCommonWord } from './not-secret.ts'
import type { TypeName } from './rules/vocabulary.ts'

const SHORTEST_MASK = 8

/**
 * What is secret in a value and not the value itself: the runner masks values whole, line by line and in some encodings, but
 * not what is inside them. https://github.com/actions/runner/blob/main/docs/adrs/0297-base64-masking-trailing-characters.md
 */
export function derivedSecrets(verdicts: readonly Verdict[], valueFor: (name: string) => string): string[] {
  const found = verdicts.flatMap(({ rule }) =>
    rule.store === 'secret' ? insideOf(valueFor(rule.name), rule.type) : [],
  )
  const passphrases = verdicts.map(({ rule }) => rule.options['passphrase-from']).filter(name => name !== undefined)
  return worthMasking([...found, ...passphrases.map(valueFor)])
}

/** A mask for a short or common text would blacken half of the log, and say by that what it is. */
export function worthMasking(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter(text => text.trim().length >= SHORTEST_MASK && !isCommonWord(text))
}

function insideOf(value: string, type: TypeName): string[] {
  if (value === '') return []
  if (type === 'json') return leavesOf(value)
  if (type === 'base64') return decodedText(value)
  const password = /:\/\/[^/?#\s]*?:([^@\s]+)@/.exec(value)?.[1]
  return password === undefined ? [] : [password, decodeOrSame(password)]
}

function leavesOf(value: string): string[] {
  try {
    const leaves: string[] = []
    JSON.parse(value, (_, leaf: unknown) => {
      if (typeof leaf === 'string' && !/^https?:\/\/[^@]*$|^[\w.+-]+@[\w.-]+$/.test(leaf)) leaves.push(leaf)
      return leaf
    })
    return leaves
  } catch {
    return []
  }
}

/** Bytes that are no text are never printed as text. */
function decodedText(value: string): string[] {
  const text = Buffer.from(value, 'base64').toString('utf8')
  return /^[\x20-\x7e\s]+$/.test(text) ? [text] : []
}

function decodeOrSame(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
