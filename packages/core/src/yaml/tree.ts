import type { Event, ScalarEvent } from 'js-yaml'
import type { Mistakes } from './mistakes.ts'
import type { Position } from './position.ts'

/** YAML as a plain tree in which each node knows its place. */
export type Tree =
  | { readonly kind: 'null'; readonly at: Position }
  | { readonly kind: 'scalar'; readonly at: Position; readonly value: string | number | boolean; readonly text: string }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly at: Position; readonly entries: readonly Entry[] }

export interface Entry {
  readonly key: string
  readonly at: Position
  readonly value: Tree
}

export interface YamlSource {
  readonly name: string
  readonly isFile: boolean
  readonly text: string
}

/** Maps and lists within each other. */
const DEEPEST = 12
/** Aliases of aliases make a small file a huge tree. */
const MOST_ALIASES = 100

/** The parser's own messages may quote the text that they are about, so they only choose among ours. */
const SYNTAX: readonly (readonly [RegExp, string])[] = [
  [/tab/, 'a tab cannot indent YAML; use spaces'],
  [/flow|comma/, 'a bracket, a comma or a colon is missing'],
  [/unexpected end of the \w+ within/, 'a closing quote is missing'],
  [/indentation/, 'the indentation does not fit the lines above, or a text with a colon lacks quotes'],
  [/multiline key|implicit|can not read/, 'a colon is missing, or the indentation does not fit the lines above'],
  [/document/, 'one document only'],
  [/nesting|depth/, 'this is nested too deeply'],
]

/**
 * Undefined when the text is no YAML; what is wrong is then among the mistakes. js-yaml's events are read, not its values:
 * they know their places, and reading a hundred rules takes a quarter of the time that a parser with a syntax tree needs.
 */
export async function parseYaml(
  source: YamlSource,
  mistakes: Mistakes,
  limits: { readonly maxDepth?: number } = {},
): Promise<Tree | undefined> {
  const yaml = await import('js-yaml')
  const place = placeIn(source)
  let events: readonly Event[]
  try {
    events = yaml.parseEvents(source.text, { maxDepth: limits.maxDepth ?? DEEPEST })
  } catch (thrown) {
    const isKnown = thrown instanceof yaml.YAMLException
    const text = isKnown ? SYNTAX.find(([pattern]) => pattern.test(thrown.reason))?.[1] : undefined
    mistakes.add(place(isKnown ? (thrown.mark?.position ?? 0) : 0), text ?? 'this is not valid YAML')
    return undefined
  }
  return new TreeBuilder(source.text, place, mistakes, event => yaml.getScalarValue(source.text, event)).build(events)
}

/** The values alone. */
export function plainOf(tree: Tree): unknown {
  switch (tree.kind) {
    case 'null':
      return null
    case 'scalar':
      return tree.value
    case 'list':
      return tree.items.map(plainOf)
    case 'map':
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plainOf(value)]))
    default: {
      const never: never = tree
      return never
    }
  }
}

type Place = (offset: number) => Position

/** Turns the flat events of a parser into a tree. */
class TreeBuilder {
  readonly #text: string
  readonly #place: Place
  readonly #mistakes: Mistakes
  readonly #textOf: (event: ScalarEvent) => string
  readonly #anchors = new Map<string, Tree>()
  #events: readonly Event[] = []
  #next = 0
  #aliases = 0

  constructor(text: string, place: Place, mistakes: Mistakes, textOf: (event: ScalarEvent) => string) {
    this.#text = text
    this.#place = place
    this.#mistakes = mistakes
    this.#textOf = textOf
  }

  build(events: readonly Event[]): Tree {
    this.#events = events
    const [first, second] = events.flatMap((event, index) => (event.type === DOCUMENT ? [index] : []))
    if (second !== undefined) this.#mistakes.add(this.#place(this.#text.length), 'one document only')
    this.#next = (first ?? -1) + 1
    return this.#node(this.#place(0)) ?? { kind: 'null', at: this.#place(0) }
  }

  /** Undefined at the end of a list, a map or the document. */
  #node(parent: Position): Tree | undefined {
    const event = this.#events[this.#next++]
    if (event === undefined || event.type === POP || event.type === DOCUMENT) return undefined
    if (event.type === ALIAS) return this.#alias(event.anchorStart, event.anchorEnd, parent)
    const tree = this.#plain(event, parent)
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), tree)
    return tree
  }

  #plain(event: Exclude<Event, { type: typeof POP | typeof DOCUMENT | typeof ALIAS }>, parent: Position): Tree {
    if (event.type === SCALAR) return this.#scalar(event, parent)
    const at = this.#place(event.start)
    if (event.type === SEQUENCE) return { kind: 'list', at, items: this.#all(at) }
    const parts = this.#all(at)
    const entries = parts.flatMap((key, index): Entry[] => {
      const value = parts[index + 1]
      if (index % 2 === 1 || value === undefined) return []
      return [{ key: key.kind === 'scalar' ? key.text : '', at: key.at, value: ownPlace(value, key.at) }]
    })
    this.#refuseRepeated(entries)
    return { kind: 'map', at, entries }
  }

  #all(at: Position): Tree[] {
    const trees: Tree[] = []
    for (let tree = this.#node(at); tree !== undefined; tree = this.#node(at)) trees.push(tree)
    return trees
  }

  #scalar(event: ScalarEvent, parent: Position): Tree {
    const isEmpty = event.valueStart < 0 || (event.style === PLAIN && event.valueStart === event.valueEnd)
    if (isEmpty) return { kind: 'null', at: parent }
    const at = this.#place(event.valueStart - (event.style === PLAIN ? 0 : 1))
    const text = this.#textOf(event)
    if (event.style !== PLAIN) return { kind: 'scalar', at, value: text, text }
    const value = plainValue(text)
    return value === null ? { kind: 'null', at } : { kind: 'scalar', at, value, text }
  }

  #alias(start: number, end: number, parent: Position): Tree {
    this.#aliases += 1
    const at = this.#place(start)
    const target = this.#anchors.get(this.#text.slice(start, end))
    if (target !== undefined && this.#aliases <= MOST_ALIASES) return target
    this.#mistakes.add(at, target === undefined ? 'no anchor of this name stands above' : 'there are too many aliases')
    return { kind: 'null', at: parent }
  }

  #refuseRepeated(entries: readonly Entry[]): void {
    const seen = new Set<string>()
    for (const { key, at } of entries) {
      if (seen.has(key)) this.#mistakes.add(at, 'the key stands twice in one map')
      seen.add(key)
    }
  }
}

/** js-yaml's numbers of its events (`EVENT_ID`): the library itself is loaded only where there is YAML. */
const [DOCUMENT, SEQUENCE, SCALAR, ALIAS, POP] = [1, 2, 4, 5, 6] as const
const PLAIN = 1

/** What is not there has the place of its key. */
function ownPlace(value: Tree, at: Position): Tree {
  return value.kind === 'null' ? { ...value, at } : value
}

/** As YAML 1.2's core schema has it: https://yaml.org/spec/1.2.2/#1032-tag-resolution */
function plainValue(text: string): string | number | boolean | null {
  if (/^(null|Null|NULL|~)$/.test(text)) return null
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text)) return Number(text)
  return text
}

function placeIn(source: YamlSource): Place {
  const starts = [0]
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) starts.push(at + 1)
  return offset => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { source: source.name, isFile: source.isFile, line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}
