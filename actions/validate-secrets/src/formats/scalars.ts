import { flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

export const checkUuid: FormatCheck = value => {
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)) {
    const isNil = /^[0-]+$/.test(value)
    return isNil ? [flaw('placeholder', 'is the UUID of zeros')] : GOOD
  }
  if (/^[0-9a-f]{32}$/i.test(value))
    return [flaw('format', 'is a UUID without its hyphens', 'Write it as 8-4-4-4-12 digits.')]
  if (/^(\{.*\}|urn:uuid:.*)$/i.test(value))
    return [flaw('format', 'is a UUID with something around it', 'Write the 36 characters alone.')]
  return [flaw('format', 'is no UUID (8-4-4-4-12 hexadecimal digits)')]
}

/** The text decides, not Number(): that takes 1e3, 0x16 and 22.0 too. */
export const checkInteger: FormatCheck = (value, { min, max }) => {
  if (!/^[+-]?\d+$/.test(value)) return [flaw('format', notInteger(value))]
  if (/^[+-]?0\d/.test(value)) return [flaw('format', 'has zeros in front, which some readers take for octal')]
  // Identifiers of chats and users are larger than a number of JavaScript can be.
  const number = BigInt(value.replace('+', ''))
  if (min !== undefined && number < min) return [flaw('forbidden', `is below ${min}`)]
  if (max !== undefined && number > max) return [flaw('forbidden', `is above ${max}`)]
  return GOOD
}

function notInteger(value: string): string {
  if (/^[+-]?\d+[.,]\d+$/.test(value)) return 'has a fraction, and must be a whole number'
  if (/^[+-]?\d{1,3}([,_'. ]\d{3})+$/.test(value)) return 'has separators between its digits'
  if (/^[+-]?(0x|\d+e)/i.test(value)) return 'is not in decimal digits'
  return 'is no whole number'
}

export const checkPort: FormatCheck = (value, options) => {
  if (/^:\d+$/.test(value)) return [flaw('format', 'starts with a colon', 'Write the number alone.')]
  if (/^[^:]+:\d+$/.test(value)) return [flaw('format', 'has a host in front', 'Write the number alone.')]
  if (/^\d+\/(tcp|udp)$/i.test(value)) return [flaw('format', 'names a protocol', 'Write the number alone.')]
  if (!/^\d+$/.test(value)) return [flaw('format', 'is no port number')]
  if (/^0\d/.test(value)) return [flaw('format', 'has zeros in front')]
  const port = Number(value)
  if (port < Math.max(1, options.min ?? 1) || port > Math.min(65_535, options.max ?? 65_535)) {
    return [flaw('forbidden', `is outside ${options.min ?? 1} to ${options.max ?? 65_535}`)]
  }
  return GOOD
}

export const checkBoolean: FormatCheck = value => {
  if (/^(true|false|yes|no|on|off|1|0)$/i.test(value)) return GOOD
  return [flaw('format', 'is neither true nor false (nor yes/no, on/off, 1/0)')]
}

/** https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string */
const NUMBER = '(?:0|[1-9]\\d*)'
const IDENTIFIER = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)

export const checkSemver: FormatCheck = (value, { prefix = '' }) => {
  if (prefix !== '' && !value.startsWith(prefix)) return [flaw('format', `does not start with \`${prefix}\``)]
  const version = value.slice(prefix.length)
  if (SEMVER.test(version)) return GOOD
  if (/^v\d/i.test(version)) return [flaw('format', 'starts with v', 'Write 1.2.3, or allow it with `prefix: v`.')]
  if (/^\d+(\.\d+)?$/.test(version)) return [flaw('format', 'has fewer than three numbers', 'Write 1.2.3.')]
  if (/^[\^~<>=*]|x$/i.test(version)) return [flaw('format', 'is a range, and must be one version')]
  if (/(^|\.)0\d/.test(version)) return [flaw('format', 'has a number with zeros in front')]
  return [flaw('format', 'is no semantic version (1.2.3, 1.2.3-rc.1)')]
}
