import { readDotenv } from './formats/dotenv.ts'
import type { Verdict } from './judge.ts'
import { isCommonWord } from './not-secret.ts'
import type { TypeName } from './rules/vocabulary.ts'
import { isPublicKey, isSecretKey } from './secret-key.ts'

const SHORTEST_MASK = 8

/**
 * What is secret in a value and not the value itself: the runner masks values whole, line by line and in some encodings, but
 * not what is inside them. https://github.com/actions/runner/blob/main/docs/adrs/0297-base64-masking-trailing-characters.md
 */
export function derivedSecrets(verdicts: readonly Verdict[], valueFor: (name: string) => string): string[] {
  const found = verdicts.flatMap(({ rule }) =>
    rule.store === 'secret' ? insideOf(valueFor(rule.name), rule.type, rule.options['decoded-type']) : [],
  )
  const passphrases = verdicts.map(({ rule }) => rule.options['passphrase-from']).filter(name => name !== undefined)
  return worthMasking([...found, ...passphrases.map(valueFor)])
}

/** A mask for a short or common text would blacken half of the log, and say by that what it is. */
export function worthMasking(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter(text => text.trim().length >= SHORTEST_MASK && !isCommonWord(text))
}

function insideOf(value: string, type: TypeName, decodedType?: TypeName): string[] {
  if (value === '') return []
  if (type === 'json') return leavesOf(value)
  if (type === 'dotenv') return secretLeaves(Object.fromEntries(readDotenv(value).entries), false)
  if (type === 'base64')
    return decodedText(value).flatMap(text => [text, ...(decodedType ? insideOf(text, decodedType) : [])])
  return urlPasswords(value)
}

function urlPasswords(text: string): string[] {
  const password = /:\/\/[^/?#\s]*?:([^@\s]+)@/.exec(text)?.[1]
  return password === undefined ? [] : [password, decodeOrSame(password)]
}

/** The secret texts of a JSON document. A mask for a host or a bucket would hide it in every log, and drop job outputs with it. */
function leavesOf(value: string): string[] {
  try {
    return secretLeaves(JSON.parse(value), false)
  } catch {
    return []
  }
}

function secretLeaves(node: unknown, isSecret: boolean): string[] {
  if (typeof node === 'string') return isSecret || isKeyBlock(node) || isRandomText(node) ? [node] : urlPasswords(node)
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap(item => secretLeaves(item, isSecret))
  return Object.entries(node).flatMap(([key, child]) =>
    secretLeaves(child, isSecretKey(key) || (isSecret && !isPublicKey(key))),
  )
}

function isKeyBlock(text: string): boolean {
  return text.includes('-----BEGIN ')
}

/** A stretch whose letters and digits change places as they never do in a name, a host or a path. */
function isRandomText(text: string): boolean {
  if (UUID.test(text) || /\s/.test(text)) return false
  return text
    .split(/[^A-Za-z0-9]+/)
    .some(
      part =>
        part.length >= 12 && (part.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])/g) ?? []).length >= 3,
    )
}

/** Tenants, clients and subscriptions have one, and nobody hides it. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

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
