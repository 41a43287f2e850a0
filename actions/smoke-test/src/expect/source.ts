import { formatBytes } from '@deploy-actions/core/values/bytes'
import type { Source } from '../check.ts'
import type { Observation } from '../observation.ts'
import { notJson, parseJson } from './json.ts'
import { withinTime } from './within-time.ts'

/**
 * A part of what was seen. `several`: all values that a path led to, of which there may be any number; `texts` are compared
 * as texts are, and not by their types.
 */
export type Part =
  | { readonly ok: true; readonly value: unknown; readonly several: false }
  | { readonly ok: true; readonly value: readonly unknown[]; readonly several: 'values' | 'texts' }
  /** Reads on after the name of the document: `is HTML, not JSON`. */
  | { readonly ok: false; readonly problem: string }

/** Why nothing can walk a document: what answers may nest its lists and elements without end, or list a hundred thousand. */
export const TOO_DEEP = 'is nested too deeply, or holds too much, to look into'

type Find = (path: string) => Part
type Opened = { readonly ok: true; readonly find: Find } | { readonly ok: false; readonly problem: string }

/** Milliseconds for one path: a page and a path can be such that all of one is compared with all of the other. */
const LIMIT = 2_000

/** What was seen, with each language of its body read once at most. */
export class Seen {
  readonly #observation: Observation
  #json: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } | undefined
  #html: Opened | undefined

  constructor(observation: Observation) {
    this.#observation = observation
  }

  /** How messages name what JSON and HTML are read from. */
  get documentName(): string {
    return this.#observation.kind === 'command' ? 'the output' : 'the body'
  }

  /** Says of a text of which only the beginning was read what follows from that; undefined when all of it was. */
  cutProblem(part: Source['part']): ((so: string) => string) | undefined {
    const seen = this.#observation
    if (seen.kind === 'http' && part === 'body' && seen.facts.isCut) {
      return so =>
        `is larger than ${formatBytes(seen.facts.size)}, so ${so}; \`max-size\` under \`expect\` allows for more`
    }
    if (seen.kind !== 'command' || (part !== 'stdout' && part !== 'stderr')) return undefined
    if (!seen.facts.cut?.includes(part)) return undefined
    return so => `is larger than ${formatBytes(Buffer.byteLength(seen.facts[part]))}, so ${so}`
  }

  async part(source: Source): Promise<Part> {
    if (source.part !== 'json' && source.part !== 'html')
      return { ok: true, value: this.#plain(source), several: false }
    const { part, path } = source
    const opened = await this.open(part)
    if (!opened.ok) return opened
    const found = withinTime(LIMIT, () => opened.find(path))
    return found.isLate ? { ok: false, problem: `takes too long to search for ${path}` } : found.value
  }

  /** Reads the body in a language. The library for that is loaded only then. */
  async open(language: 'json' | 'html'): Promise<Opened> {
    if (language === 'html') {
      this.#html ??= await this.#openHtml()
      return this.#html
    }
    const json = this.json()
    if (!json.ok) return json
    const { findByPath } = await import('./json-path.ts')
    const find: Find = path => {
      const { values, isSingular } = findByPath(path, json.value)
      return isSingular
        ? { ok: true, value: values[0], several: false }
        : { ok: true, value: values, several: 'values' }
    }
    return { ok: true, find }
  }

  async #openHtml(): Promise<Opened> {
    const cut = this.#cutProblem('HTML')
    if (cut !== undefined) return { ok: false, problem: cut }
    const { readHtml } = await import('./html.ts')
    const find = readHtml(this.#text())
    if (typeof find === 'string') return { ok: false, problem: find }
    return { ok: true, find: path => ({ ok: true, value: find(path), several: 'texts' }) }
  }

  json() {
    this.#json ??= this.#readJson()
    return this.#json
  }

  #readJson(): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } {
    const cut = this.#cutProblem('JSON')
    if (cut !== undefined) return { ok: false, problem: cut }
    const text = this.#text()
    try {
      return { ok: true, value: parseJson(text) }
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError || thrown instanceof RangeError)) throw thrown
      return { ok: false, problem: notJson(text) }
    }
  }

  #cutProblem(language: string): string | undefined {
    return this.cutProblem(this.#observation.kind === 'command' ? 'stdout' : 'body')?.(`its ${language} is not read`)
  }

  #text(): string {
    const seen = this.#observation
    if (seen.kind === 'http') return seen.facts.text
    return seen.kind === 'command' ? seen.facts.stdout : ''
  }

  /** The headers of one name, which only cookies cannot be joined into one; undefined for anything else. */
  repeated(source: Source): readonly string[] | undefined {
    const seen = this.#observation
    if (seen.kind !== 'http' || source.part !== 'header' || source.name !== 'set-cookie') return undefined
    const lines = seen.facts.headers.get('set-cookie')?.split('\n') ?? []
    return lines.length > 1 ? lines : undefined
  }

  /** White space around a text does not count: outputs end with a line break. */
  #plain(source: Exclude<Source, { part: 'json' | 'html' }>): unknown {
    const seen = this.#observation
    switch (seen.kind) {
      case 'http':
        if (source.part === 'status') return seen.facts.status
        if (source.part === 'header') return seen.facts.headers.get(source.name)?.trim()
        if (source.part === 'cookie') return cookieIn(seen.facts.headers.get('set-cookie'), source.name)
        if (source.part === 'url') return seen.facts.url.href
        return source.part === 'body' ? seen.facts.text.trim() : undefined
      case 'tcp':
      case 'tls':
        return source.part === 'banner' ? seen.facts.text.trim() : undefined
      case 'dns':
        return source.part === 'records' ? seen.records : undefined
      case 'command':
        if (source.part === 'exit-code') return seen.facts.exitCode
        if (source.part === 'stdout') return seen.facts.stdout.trim()
        return source.part === 'stderr' ? seen.facts.stderr.trim() : undefined
      default: {
        const never: never = seen
        return never
      }
    }
  }
}

/** The value of a cookie that is set. https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1 */
function cookieIn(headers: string | undefined, name: string): string | undefined {
  const pairs = (headers ?? '').split('\n').map(line => /^\s*([^=;\s]+)\s*=\s*"?([^";]*)/.exec(line))
  return pairs.findLast(pair => pair?.[1] === name)?.[2]?.trim()
}

/** How messages name a part. */
export function nameOf(source: Source): string {
  return source.part === 'header' || source.part === 'cookie'
    ? `the ${source.part} ${source.name}`
    : source.part === 'json' || source.part === 'html'
      ? source.path
      : NAMES[source.part]
}

const NAMES: Readonly<Record<Exclude<Source['part'], 'header' | 'cookie' | 'json' | 'html'>, string>> = {
  status: 'status',
  body: 'the body',
  'exit-code': 'the exit status',
  stdout: 'the output',
  stderr: 'the error output',
  banner: 'what it said',
  records: 'the list of records',
  url: 'the URL in the end',
}
