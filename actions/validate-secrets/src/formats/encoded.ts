import { type Flaw, flaw } from '../problem.ts'
import type { Options, Size } from '../rules/vocabulary.ts'
import { type FormatCheck, GOOD } from './format.ts'

/** RFC 4648, section 4: https://www.rfc-editor.org/rfc/rfc4648#section-4 */
export const checkBase64: FormatCheck = (value, options) => {
  const [written, problem] = withoutPrefix(value, options)
  if (problem) return [problem]
  const isUnpadded = options['allow-unpadded'] && /^[A-Za-z0-9+/]+$/.test(written) && written.length % 4 > 1
  const body = isUnpadded ? written.padEnd(Math.ceil(written.length / 4) * 4, '=') : written
  if (/^[A-Za-z0-9+/=\s]+$/.test(body) && /\s/.test(body)) {
    return [flaw('format', 'is base64 broken into lines or words', 'Encode it without wrapping: `base64 -w0`.')]
  }
  if (/[-_]/.test(body) && /^[A-Za-z0-9_-]+={0,2}$/.test(body)) {
    return [flaw('format', 'is base64 in the URL alphabet (- and _)', 'Use `type: base64url`, or encode with + and /.')]
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return [flaw('format', 'has characters that base64 does not have')]
  if (body.length % 4 !== 0) {
    return [
      flaw(
        'format',
        'is cut, or lost its padding: the length of base64 is a multiple of 4',
        'Copy it again to its very end, with the = signs.',
      ),
    ]
  }
  if (isHex(body) && options['decoded-bytes'] && outside(body.length / 2, options['decoded-bytes']) === undefined) {
    return [
      flaw('format', 'is hexadecimal, not base64', 'Use `type: hex`, or encode the bytes: `openssl rand -base64 32`.'),
    ]
  }
  const bytes = Buffer.from(body, 'base64')
  return bytes.toString('base64') === body ? checkBytes(bytes, options) : [unusedBits()]
}

export const checkBase64Url: FormatCheck = (value, options) => {
  const [body, problem] = withoutPrefix(value, options)
  if (problem) return [problem]
  if (/[+/]/.test(body))
    return [
      flaw(
        'format',
        'is base64 with + or /, not in the URL alphabet',
        'Use `type: base64`, or write - for + and _ for /.',
      ),
    ]
  const letters = body.replace(/={1,2}$/, '')
  if (!/^[A-Za-z0-9_-]+$/.test(letters)) return [flaw('format', 'has characters that base64url does not have')]
  if (letters.length % 4 === 1 || (letters !== body && body.length % 4 !== 0))
    return [flaw('format', 'is cut', 'Copy it again to its very end.')]
  const bytes = Buffer.from(letters, 'base64url')
  return bytes.toString('base64url') === letters ? checkBytes(bytes, options) : [unusedBits()]
}

/** RFC 4648, section 3.5; Node.js ignores those bits. */
function unusedBits(): Flaw {
  return flaw(
    'format',
    'has a last character whose unused bits are not zero, which strict decoders (Go, Rust) refuse',
    'Encode the bytes again: `base64 -w0 FILE`.',
  )
}

export const checkHex: FormatCheck = (value, options) => {
  const [body, problem] = withoutPrefix(value, options)
  if (problem) return [problem]
  if (/^0x/i.test(body))
    return [flaw('format', 'starts with 0x', 'Write the digits alone, or allow it with `prefix: "0x"`.')]
  if (/^([0-9a-f]{2}[:\s-])+[0-9a-f]{2}$/i.test(body))
    return [flaw('format', 'has separators between its bytes', 'Write the digits alone.')]
  if (!/^[0-9a-f]+$/i.test(body)) return [flaw('format', 'has characters that are no hexadecimal digits')]
  if (body.length % 2 === 1)
    return [flaw('format', 'has an odd number of digits: one was lost', 'Copy it again to its very end.')]
  return checkBytes(Buffer.from(body, 'hex'), options)
}

function withoutPrefix(value: string, { prefix }: Options): readonly [string, Flaw | undefined] {
  if (prefix === undefined) return [value, undefined]
  if (value.startsWith(prefix)) return [value.slice(prefix.length), undefined]
  return ['', flaw('format', `does not start with \`${prefix}\``)]
}

function checkBytes(bytes: Buffer, { 'decoded-bytes': size }: Options): readonly Flaw[] {
  const side = size && outside(bytes.length, size)
  if (side === 'below')
    return [flaw('too-short', `has fewer bytes than the ${describeSize(size)} of the rule when decoded`)]
  if (side === 'above')
    return [flaw('too-long', `has more bytes than the ${describeSize(size)} of the rule when decoded`)]
  if (bytes.length >= 8 && bytes.every(byte => byte === bytes[0]))
    return [flaw('weak', 'is one byte repeated', 'Make it from random bytes: `openssl rand`.')]
  return GOOD
}

function outside(count: number, { min, max }: Size): 'below' | 'above' | undefined {
  if (count < min) return 'below'
  return count > max ? 'above' : undefined
}

function describeSize({ min, max }: Size | { min: number; max: number } = { min: 0, max: 0 }): string {
  if (min === max) return String(min)
  return max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`
}

function isHex(text: string): boolean {
  return /^[0-9a-f]+$/i.test(text)
}
