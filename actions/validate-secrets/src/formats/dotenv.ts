import { type Flaw, flaw } from '../problem.ts'
import type { FormatCheck } from './format.ts'

export interface DotenvReading {
  /** Of two with the same name the last one counts, as everywhere. */
  readonly entries: ReadonlyMap<string, string>
  readonly flaws: readonly Flaw[]
}

/** An assignment as Compose reads it: a quoted value can have several lines, and a # starts a comment only behind white space. */
const ENTRY =
  /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\r\n]*?))(?:[ \t]+#[^\r\n]*)?[ \t]*(?=\r?\n|$)/sy
const BLANK_OR_COMMENT = /[ \t]*(?:#[^\r\n]*)?(?=\r?\n|$)/y
const REST_OF_LINE = /[^\n]*\n?/y

/** Reads a `.env`. https://github.com/compose-spec/compose-spec/blob/main/spec.md#env_file-format */
export function readDotenv(text: string): DotenvReading {
  const entries = new Map<string, string>()
  const flaws: Flaw[] = []
  for (let at = 0; at < text.length; ) {
    const line = text.slice(0, at).split('\n').length
    const entry = matchAt(ENTRY, text, at)
    const [, name = '', double, single, bare = ''] = entry ?? []
    if (entry === null) {
      if (matchAt(BLANK_OR_COMMENT, text, at) === null)
        flaws.push(flaw('format', `is wrong in line ${line}`, 'Write NAME=value, one per line.'))
    } else if (double === undefined && single === undefined && /^["']/.test(bare)) {
      flaws.push(flaw('format', `has a quote without its end in line ${line}`, 'Close it, or leave both quotes out.'))
    } else if (entries.has(name)) {
      flaws.push(flaw('format', `sets a name again in line ${line}`, 'Keep one of the two lines.'))
    }
    if (entry !== null) entries.set(name, double === undefined ? (single ?? bare) : unescaped(double))
    const end = at + (entry?.[0].length ?? 0)
    at = end + Math.max(1, matchAt(REST_OF_LINE, text, end)?.[0].length ?? 1)
  }
  return { entries, flaws }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => (letter === 'n' ? '\n' : letter))
}

export const checkDotenv: FormatCheck = value => {
  const { entries, flaws } = readDotenv(value.replace(/^\uFEFF/, ''))
  if (flaws.length > 0) return flaws
  return entries.size === 0 ? [flaw('format', 'sets no name', 'Write NAME=value, one per line.')] : []
}
