import { isBase64, PUBLIC_KEY_START } from './ssh-public-key.ts'

/** What a secret that should hold a private key can hold instead. */
export type KeyTextProblem =
  | 'empty'
  | 'escaped-newlines'
  | 'quoted'
  | 'public-key'
  | 'certificate'
  | 'known-hosts'
  | 'fingerprint'
  | 'file-path'
  | 'putty'
  | 'base64'
  | 'not-a-key'
  | 'text-before'
  | 'bad-dashes'
  | 'pgp'
  | 'other-program'
  | 'no-begin-line'
  | 'joined-lines'
  | 'indented'
  | 'cut'
  | 'damaged'
  | 'several-keys'
  | 'unsupported'

export interface KeyBlock {
  /** `OPENSSH PRIVATE KEY`, `RSA PRIVATE KEY`, … */
  readonly label: string
  /** `Proc-Type` and `DEK-Info` of an encrypted key in the old PEM form. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

export type KeyTextReading =
  | { readonly ok: true; readonly block: KeyBlock }
  | { readonly ok: false; readonly problem: KeyTextProblem; readonly detail?: string }

const BEGIN = /^-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----$/
const LABELS = ['OPENSSH PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY']

/**
 * Takes a pasted key apart, or says how it was mangled. Repaired in silence is what leaves no doubt: a byte order mark,
 * CRLF, blank lines around it, spaces at the end of lines, no newline at the end (which every secret store cuts off).
 */
export function readKeyText(text: string): KeyTextReading {
  const clean = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const trimmed = clean.trim()
  const other = notAKeyFile(trimmed)
  if (other) return other

  const lines = clean.split('\n').map(line => line.trimEnd())
  const begin = lines.findIndex(line => BEGIN.test(line))
  if (begin === -1) return problem(mangledBegin(trimmed))
  const label = BEGIN.exec(lines[begin] ?? '')?.[1] ?? ''
  if (!LABELS.includes(label)) return problem('unsupported', label)
  const length = lines.slice(begin).indexOf(`-----END ${label}-----`)
  const inner = lines.slice(begin + 1, length === -1 ? undefined : begin + length)
  const body = inner.filter(line => line !== '' && !/^[A-Za-z-]+: /.test(line))
  const defect = defectOf(body, length !== -1, lines.slice(begin + Math.max(length, 0) + 1))
  if (defect) return problem(defect)
  const headers = inner.filter(line => /^[A-Za-z-]+: /.test(line))
  return { ok: true, block: { label, headers, body: Buffer.from(body.join(''), 'base64') } }
}

function problem(name: KeyTextProblem, detail?: string): KeyTextReading {
  return detail === undefined ? { ok: false, problem: name } : { ok: false, problem: name, detail }
}

function notAKeyFile(text: string): KeyTextReading | undefined {
  if (text === '') return problem('empty')
  if (/^["'`“”‘’]|["'`“”‘’]$/.test(text)) return problem('quoted')
  if (/-----BEGIN[\s\S]*\\+[nr]/.test(text)) return problem('escaped-newlines')
  if (/^PuTTY-User-Key-File-\d/.test(text)) return problem('putty')
  if (PUBLIC_KEY_START.test(text)) return problem(/-cert-v01@openssh\.com\s/.test(text) ? 'certificate' : 'public-key')
  if (/PRIVATE KEY/.test(text)) return undefined
  if (/-----BEGIN (?:RSA |SSH2 )?PUBLIC KEY-----|^---- BEGIN SSH2 PUBLIC KEY/.test(text)) return problem('public-key')
  if (/-----BEGIN [A-Z0-9 ]*CERTIFICATE/.test(text)) return problem('certificate')
  if (/(?:^|\s)(?:SHA256:[A-Za-z0-9+/]{20}|(?:MD5:)?(?:[0-9a-f]{2}:){15}[0-9a-f]{2})/.test(text))
    return problem('fingerprint')
  if (/^\S+ (?:ssh-|ecdsa-)\S+ AAAA/m.test(text)) return problem('known-hosts')
  if (/^(?:~|\.{0,2}|\$\{?HOME\}?|[A-Za-z]:)[\\/]\S*$|(?:^|[\\/])id_[a-z0-9_]+(?:\.pem)?$/.test(text))
    return problem('file-path')
  return base64Of(text)
}

function base64Of(text: string): KeyTextReading {
  const joined = text.replace(/\s+/g, '')
  if (!isBase64(joined.padEnd(Math.ceil(joined.length / 4) * 4, '='))) return problem('not-a-key')
  const decoded = Buffer.from(joined, 'base64')
  if (/^\s*(?:-----BEGIN|PuTTY-User-Key)/.test(decoded.toString('latin1'))) return problem('base64')
  // The body of a key: OpenSSH's magic, or the DER sequence that every PEM key is.
  const isBody = decoded.subarray(0, 15).toString('latin1') === 'openssh-key-v1\0' || /^MI[A-J]/.test(joined)
  return problem(isBody ? 'no-begin-line' : 'not-a-key')
}

function mangledBegin(text: string): KeyTextProblem {
  const line = text.split('\n').find(candidate => candidate.includes('PRIVATE KEY')) ?? ''
  if (/^-----BEGIN PGP PRIVATE KEY BLOCK-----/.test(line.trim())) return 'pgp'
  if (/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY [A-Z0-9 ]+-----/.test(line.trim())) return 'other-program'
  const marker = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.exec(line)
  if (!marker) return /-----END/.test(line) ? 'no-begin-line' : 'bad-dashes'
  if (line.trim() === marker[0]) return 'indented'
  return line.trim().startsWith(marker[0]) ? 'joined-lines' : 'text-before'
}

function defectOf(body: readonly string[], hasEnd: boolean, after: readonly string[]): KeyTextProblem | undefined {
  if (body.some(line => /^\s/.test(line))) return 'indented'
  if (body.some(line => /-----BEGIN/.test(line)) || after.some(line => BEGIN.test(line))) return 'several-keys'
  if (body.some(line => /\S\s+\S/.test(line))) return 'joined-lines'
  if (!hasEnd) return body.some(line => /-----END .*-----$/.test(line)) ? 'joined-lines' : 'cut'
  const joined = body.join('')
  if (/[^A-Za-z0-9+/=]/.test(joined) || /=[^=]/.test(joined)) return 'damaged'
  return isBase64(joined) ? undefined : 'cut'
}
