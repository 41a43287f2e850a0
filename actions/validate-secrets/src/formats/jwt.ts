import { flaw } from '../problem.ts'
import { type FormatCheck, GOOD } from './format.ts'

const DAY = 86_400_000

/** Shape and dates, as in RFC 7519. The signature needs a key, so it is not looked at: https://www.rfc-editor.org/rfc/rfc7519 */
export const checkJwt: FormatCheck = (value, options, { now }) => {
  if (/^bearer\s/i.test(value)) return [flaw('format', 'starts with Bearer', 'Write the token alone.')]
  const parts = value.split('.')
  if (parts.length === 5) return [flaw('format', 'is an encrypted token (JWE), and must be a signed one')]
  if (parts.length !== 3)
    return [flaw('format', 'is no JWT: it must have three parts with dots between', 'Copy it again to its very end.')]
  if (parts.some(part => part.includes('='))) return [flaw('format', 'has padding (=), which a JWT does not have')]
  if (parts.some(part => !/^[A-Za-z0-9_-]*$/.test(part))) return [flaw('format', 'is no JWT: a part is not base64url')]
  const [header, claims] = [decode(parts[0]), decode(parts[1])]
  if (header === undefined || claims === undefined) return [flaw('format', 'is no JWT: a part is not JSON')]
  const algorithm = header['alg']
  if (typeof algorithm !== 'string') return [flaw('format', 'is no JWT: its header names no algorithm')]
  if (algorithm.toLowerCase() === 'none' || parts[2] === '')
    return [flaw('weak', 'has no signature: anyone can make it')]
  if (options.algorithms && !options.algorithms.includes(algorithm))
    return [flaw('forbidden', `is not signed with ${options.algorithms.join(' or ')}`)]
  if (options.issuer !== undefined && claims['iss'] !== options.issuer)
    return [flaw('mismatch', 'has another issuer than the rule says')]
  return checkDates(claims, options['min-days-left'] ?? 0, now)
}

function checkDates(claims: Readonly<Record<string, unknown>>, minDays: number, now: number) {
  const { exp, nbf } = claims
  if (exp !== undefined && typeof exp !== 'number') return [flaw('format', 'has an expiry (exp) that is not a number')]
  if (typeof nbf === 'number' && nbf * 1_000 > now) return [flaw('expired', 'is not valid yet (nbf)')]
  if (exp === undefined) return GOOD
  if (exp * 1_000 <= now) return [flaw('expired', 'has expired', 'Make a new one.')]
  if (exp * 1_000 < now + minDays * DAY)
    return [flaw('expired', `expires in less than ${minDays} days`, 'Make a new one.')]
  return GOOD
}

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
