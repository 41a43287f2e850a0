import { nearestName } from '@deploy-actions/core/values/nearest'
import type { Entry, Tree } from '@deploy-actions/core/yaml/tree'
import type { Reading } from './reading.ts'

export type Schema = Readonly<Record<string, unknown>>

/** What a value in a document must be like: how it is read, and the JSON Schema that says the same to editors. */
export interface Reader<T> {
  readonly schema: Schema
  /** Undefined when it cannot be read; why is then among the mistakes. */
  read(tree: Tree, reading: Reading): T | undefined
}

/** A key of a map. */
export interface Key<T> {
  readonly reader: Reader<T>
  readonly description: string
}

export type Shape = Readonly<Record<string, Key<unknown>>>
/** What a map of a shape reads to; what is not written, or wrong, is not there. */
export type Values<S extends Shape> = { readonly [Name in keyof S]?: S[Name] extends Key<infer T> ? T : never }

export function key<T>(reader: Reader<T>, description: string): Key<T> {
  return { reader, description }
}

export interface MapRules<S extends Shape> {
  readonly required?: readonly (keyof S & string)[]
  /** What to write in place of a key that other tools have. */
  readonly hints?: Readonly<Record<string, string>>
}

/** A map with the keys of a shape. Keys may be written in kebab-case, snake_case or camelCase. */
export function mapOf<S extends Shape>(shape: S, rules: MapRules<S> = {}): Reader<Values<S>> {
  const { required = [] } = rules
  return {
    schema: {
      ...schemaOfShape(shape),
      ...(required.length > 0 ? { required } : {}),
    },
    read(tree, reading) {
      if (tree.kind !== 'map') return reading.wrong(tree, `write a map with ${Object.keys(shape).join(', ')}`)
      const values: Record<string, unknown> = {}
      const seen = new Set<string>()
      for (const entry of tree.entries) {
        const name = nameIn(shape, entry, reading, rules.hints)
        if (name === undefined) continue
        if (seen.has(name)) reading.mistakes.add(entry.at, `\`${name}\` stands twice, in two spellings`)
        seen.add(name)
        const value = shape[name]?.reader.read(entry.value, reading)
        if (value !== undefined) values[name] = value
      }
      for (const name of required)
        if (!seen.has(name)) reading.wrong(tree, `\`${name}\` is missing here: ${shape[name]?.description}`)
      return values as Values<S>
    },
  }
}

/** The entry of a key, in whatever spelling it is written. */
export function entryOf(tree: Tree, name: string): Entry | undefined {
  return tree.kind === 'map' ? tree.entries.find(entry => spellings(name).includes(entry.key)) : undefined
}

export function knownName(written: string, names: readonly string[]): string | undefined {
  return names.find(name => spellings(name).includes(written))
}

function nameIn(
  shape: Shape,
  entry: Entry,
  reading: Reading,
  hints: Readonly<Record<string, string>> = {},
): string | undefined {
  const names = Object.keys(shape)
  const name = knownName(entry.key, names)
  if (name !== undefined) return name
  const hint = knownName(entry.key, Object.keys(hints))
  if (hint !== undefined) reading.mistakes.add(entry.at, `there is no \`${entry.key}\` here; ${hints[hint]}`)
  else reading.mistakes.unknown(entry.at, 'key', entry.key, names, nearestName(entry.key, names))
  return undefined
}

export function schemaOfShape(shape: Shape): Schema {
  const entries = Object.entries(shape)
  const otherwise = entries.flatMap(([name, { reader }]) => {
    const others = spellings(name).slice(1)
    return others.length === 0 ? [] : [[`^(${others.join('|')})$`, reader.schema]]
  })
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      entries.map(([name, { reader, description }]) => [name, { ...reader.schema, description }]),
    ),
    // Taken, and not offered by editors.
    ...(otherwise.length > 0 ? { patternProperties: Object.fromEntries(otherwise) } : {}),
  }
}

const spelled = new Map<string, readonly string[]>()

/** `max-time`, `max_time`, `maxTime`. */
export function spellings(name: string): readonly string[] {
  const known = spelled.get(name)
  if (known !== undefined) return known
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const all = name.includes('-') ? [name, name.replaceAll('-', '_'), camel] : [name]
  spelled.set(name, all)
  return all
}
