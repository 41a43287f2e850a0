import { isAddress } from './formats/host.ts'
import type { TypeName } from './rules/vocabulary.ts'
import { isSecretKey } from './secret-key.ts'
import { isPasswordName } from './weak.ts'

/** A text inside a value, or the value itself. */
export interface ValuePart {
  readonly text: string
  /** `in its password`; '' for the whole value. Never a part of the value. */
  readonly where: string
  /**
   * `credential`: a password, token or key. `text`: anything else that somebody wrote. `label`: a host, a user or an image,
   * where ordinary words are ordinary. `segment`: a part of a path.
   */
  readonly kind: 'credential' | 'text' | 'label' | 'segment'
}

const KEYS_AND_CERTIFICATES: readonly TypeName[] = [
  'certificate',
  'private-key',
  'ssh-private-key',
  'ssh-public-key',
  'known-hosts',
]

/** The texts in a value that a template could have left there, by the grammar that the value has. */
export function valueParts(value: string, name: string, type: TypeName): ValuePart[] {
  const text = value.trim()
  const lines = text.split(/\r?\n/)
  if (lines.length > 1 || type === 'dotenv')
    return KEYS_AND_CERTIFICATES.includes(type) ? [] : (jsonParts(text) ?? linesParts(lines))
  if (type === 'host' || type === 'ssh-host' || type === 'docker-image') return [{ text, where: '', kind: 'label' }]
  if (type === 'email') return text.split('@').map(part => ({ text: part, where: '', kind: 'label' }))
  const whole: ValuePart = { text, where: '', kind: isPasswordName(name) ? 'credential' : 'text' }
  return urlParts(text) ?? jsonParts(text) ?? [whole]
}

/** `scheme://user:password@host/path?key=value`, with `jdbc:` in front or not. */
function urlParts(text: string): ValuePart[] | undefined {
  const [, authority, rest = ''] = /^(?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/([^/?#;]*)(.*)$/is.exec(text) ?? []
  if (authority === undefined) return undefined
  const at = authority.lastIndexOf('@')
  const [user = '', ...password] = authority.slice(0, Math.max(at, 0)).split(':')
  const fields = [...rest.matchAll(/[?&;]([\w.-]+)=([^&;#]*)/g)].map(([, key = '', field = '']): ValuePart => {
    const kind = isSecretKey(key) ? 'credential' : 'segment'
    return { text: decoded(field), where: 'in its parameters', kind }
  })
  const segments = rest.split(/[?#;]/)[0]?.split('/') ?? []
  const parts: ValuePart[] = [
    { text: decoded(user), where: 'as its user', kind: 'label' },
    { text: decoded(password.join(':')), where: 'as its password', kind: 'credential' },
    ...authority
      .slice(at + 1)
      .split(',')
      .map((host): ValuePart => ({ text: withoutPort(host), where: 'as its host', kind: 'label' })),
    ...segments.map((segment): ValuePart => ({ text: decoded(segment), where: 'in its path', kind: 'segment' })),
    ...fields,
  ]
  return parts.filter(part => part.text !== '')
}

function withoutPort(host: string): string {
  return isAddress(host) ? '' : host.replace(/:\d*$/, '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const JSON_PLACE = 'in one of its texts'

function jsonParts(text: string): ValuePart[] | undefined {
  if (!/^[{[]/.test(text)) return undefined
  try {
    return leaves(JSON.parse(text), false)
  } catch {
    return undefined
  }
}

function leaves(node: unknown, isSecret: boolean): ValuePart[] {
  if (typeof node === 'string') return partsWithin(node, JSON_PLACE, isSecret)
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap(item => leaves(item, isSecret))
  return Object.entries(node).flatMap(([key, child]) => leaves(child, isSecretKey(key)))
}

/** Of a text in several lines, such as a whole `.env`: what is assigned, and lines of their own. Comments say what they like, and in prose only a whole line counts. */
function linesParts(lines: readonly string[]): ValuePart[] {
  let isInBlock = false
  return lines.flatMap((line, index) => {
    if (line.includes('-----BEGIN ')) isInBlock = true
    const skipped = isInBlock || /^\s*(#|\/\/|;)|^\W*$/.test(line)
    if (line.includes('-----END ')) isInBlock = false
    if (skipped) return []
    const where = `in line ${index + 1}`
    const [, key, assigned = ''] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:=|:\s)\s*(.*)$/.exec(line) ?? []
    if (key !== undefined) return partsWithin(unquoted(assigned), where, isSecretKey(key))
    return /\s/.test(line.trim()) ? [{ text: line.trim(), where, kind: 'segment' }] : partsWithin(line, where, false)
  })
}

function unquoted(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2')
}

function partsWithin(text: string, where: string, isSecret: boolean): ValuePart[] {
  const trimmed = text.trim()
  const parts = urlParts(trimmed)?.map(part => ({ ...part, where }))
  if (parts) return parts
  return trimmed === '' || /[\r\n]/.test(trimmed)
    ? []
    : [{ text: trimmed, where, kind: isSecret ? 'credential' : 'text' }]
}
