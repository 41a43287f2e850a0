import { formatBytes } from '@deploy-actions/core/values/bytes'
import type { Source } from '../check.ts'
import type { Observation } from '../observation.ts'
import { notJson, parseJson } from './json.ts'

/** A part of what was seen. `several`: all values that a path led to, of which there may be any number. */
export type Part =
  | { readonly ok: true; readonly value: unknown; readonly several: boolean }
  /** Reads on after the name of the document: `is HTML, not JSON`. */
  | { readonly ok: false; readonly problem: string }

/** What was seen, with its JSON read once at most. */
export class Seen {
  readonly #observation: Observation
  #json: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } | undefined

  constructor(observation: Observation) {
    this.#observation = observation
  }

  /** How messages name what JSON is read from. */
  get documentName(): string {
    return this.#observation.kind === 'command' ? 'the output' : 'the body'
  }

  async part(source: Source): Promise<Part> {
    if (source.part !== 'json') return { ok: true, value: this.#plain(source), several: false }
    const json = this.json()
    if (!json.ok) return json
    const { findByPath } = await import('./json-path.ts')
    const { values, isSingular } = findByPath(source.path, json.value)
    return { ok: true, value: isSingular ? values[0] : values, several: !isSingular }
  }

  json() {
    this.#json ??= this.#readJson()
    return this.#json
  }

  #readJson(): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string } {
    const seen = this.#observation
    if (seen.kind === 'http' && seen.facts.isCut) {
      return {
        ok: false,
        problem: `is larger than ${formatBytes(seen.facts.size)}, so its JSON is not read; \`max-size\` under \`expect\` allows for more`,
      }
    }
    const text = this.#text()
    try {
      return { ok: true, value: parseJson(text) }
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError || thrown instanceof RangeError)) throw thrown
      return { ok: false, problem: notJson(text) }
    }
  }

  #text(): string {
    const seen = this.#observation
    if (seen.kind === 'http') return seen.facts.text
    return seen.kind === 'command' ? seen.facts.stdout : ''
  }

  /** White space around a text does not count: outputs end with a line break. */
  #plain(source: Exclude<Source, { part: 'json' }>): unknown {
    const seen = this.#observation
    switch (seen.kind) {
      case 'http':
        if (source.part === 'status') return seen.facts.status
        if (source.part === 'header') return seen.facts.headers.get(source.name)
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

/** How messages name a part. */
export function nameOf(source: Source): string {
  return source.part === 'header'
    ? `the header ${source.name}`
    : source.part === 'json'
      ? source.path
      : NAMES[source.part]
}

const NAMES: Readonly<Record<Exclude<Source['part'], 'header' | 'json'>, string>> = {
  status: 'status',
  body: 'the body',
  'exit-code': 'the exit status',
  stdout: 'the output',
  stderr: 'the error output',
  banner: 'what it said',
  records: 'the list of records',
  url: 'the URL in the end',
}
