import { type Flaw, flaw } from '../problem.ts'

const COPY = 'Paste the file as it is, from -----BEGIN to -----END.'

/** What happened to a PEM text on its way into a secret, as far as the text alone tells; undefined when it looks whole. */
export function mangledPem(value: string): Flaw | undefined {
  const text = value.trim()
  if (!text.includes('-----BEGIN')) {
    if (isBase64Of(text, '-----BEGIN')) return flaw('format', 'is base64 of a PEM text', 'Paste the PEM text itself.')
    if (/^MI[A-Za-z0-9+/\s]{40,}={0,2}$/.test(text))
      return flaw('format', 'lost its -----BEGIN and -----END lines', COPY)
    return flaw('format', 'is no PEM text: it has no -----BEGIN line', COPY)
  }
  if (/^["'`]/.test(text)) return flaw('format', 'has quotes around it', 'Paste it without them.')
  if (!/^-----BEGIN/.test(text) && !/^[\w\s:=/.,'()*+-]*\n-----BEGIN/.test(text)) {
    return flaw('format', 'has something before its -----BEGIN line', COPY)
  }
  if (!/-----END [A-Z0-9 ]+-----/.test(text)) return flaw('format', 'was cut: its -----END line is missing', COPY)
  if (/\\r?\\?n/.test(text) && !text.includes('\n'))
    return flaw('format', 'has the letters \\n where line breaks belong', 'Paste it with real line breaks.')
  if (!text.includes('\n')) return flaw('format', 'lost its line breaks: all of it is one line', COPY)
  if (/^[ \t]+\S/m.test(text)) return flaw('format', 'is indented', 'Remove the white space at the start of its lines.')
  return undefined
}

export function pemLabels(value: string): string[] {
  return [...value.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label]) => label ?? '')
}

function isBase64Of(text: string, start: string): boolean {
  return /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) && Buffer.from(text, 'base64').toString('latin1').startsWith(start)
}
