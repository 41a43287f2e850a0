import { nearestName } from '@deploy-actions/core/values/nearest'
import type { Entry, Tree } from '@deploy-actions/core/yaml/tree'
import { parsePattern } from '../expect/pattern.ts'
import { ENGINES, MIGRATION_COMMANDS } from './preset-commands.ts'
import { type CommandForm, PRESET_NAMES, PRESETS, type Preset, type PresetName } from './preset-shapes.ts'
import { entryOf, knownName, type Shape } from './reader.ts'
import type { Reading } from './reading.ts'
import { type Synthetic, treeOf } from './synthetic.ts'

export interface Expanded {
  /** The check as it would be written without the preset. */
  readonly item: Tree
  readonly preset: PresetName | undefined
  /** It asks the machine that it is made on, so that must be a container of the database. */
  readonly isAtHome: boolean
}

/** Writes a check with a preset as the ordinary check that it stands for; undefined when it cannot be read. */
export function expandPreset(item: Tree, reading: Reading): Expanded | undefined {
  const ordinary = { item, preset: undefined, isAtHome: false }
  if (item.kind !== 'map') return ordinary
  const [entry, more] = item.entries.filter(({ key }) => PRESET_NAMES.some(name => name === key))
  if (entry === undefined) return ordinary
  if (more) return reading.wrong(more.value, 'a check has one preset only; write a check for each')
  const preset = entry.key as PresetName
  const expansion = expand(preset, entry, reading)
  if (expansion === undefined) return undefined
  const own = entryOf(item, 'expect')
  const entries = [
    ...item.entries.filter(other => other !== entry && other !== own),
    { key: expansion.kind, at: entry.at, value: expansion.subject },
    { key: 'expect', at: own?.at ?? entry.at, value: merged(treeOf(expansion.expect, entry.at), own?.value) },
  ]
  const isAtHome = preset === 'database' && expansion.kind === 'command' && entryOf(entry.value, 'host') === undefined
  return { item: { ...item, entries }, preset, isAtHome }
}

interface Expansion {
  readonly kind: 'http' | 'command'
  readonly subject: Tree
  readonly expect: { readonly [key: string]: Synthetic }
}

function expand(preset: PresetName, { value, at }: Entry, reading: Reading): Expansion | undefined {
  const { command }: Preset = PRESETS[preset]
  const words = command?.words ?? []
  const wanted = `write a URL${words.length > 0 ? `, or one of ${words.join(', ')}` : ''}`
  if (value.kind === 'scalar') {
    if (command && words.includes(value.text))
      return expandCommand(preset, command, treeOf({ [command.choice]: value }, at), reading)
    if (/^https?:|\$\{/i.test(value.text)) return expandUrl(preset, treeOf({ url: value }, value.at), reading)
    const near = nearestName(value.text, words)
    return reading.wrong(value, near === undefined ? wanted : `did you mean \`${near}\`?`)
  }
  if (value.kind !== 'map') return reading.wrong(value, wanted)
  return command && entryOf(value, command.choice)
    ? expandCommand(preset, command, value, reading)
    : expandUrl(preset, value, reading)
}

/** Where a health answer says it, and the words for "all is well". */
const ANSWERS = {
  /**
   * `pass`, and what may stand for it (`ok` as terminus has it, `up` as Spring has it), by the draft of health answers:
   * https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-3.1. Docker and ASP.NET say `healthy`.
   */
  healthy: { path: '$.status', words: '/^(pass|ok|up|healthy)$/i' },
  database: { path: '$.database', words: '/^(pass|ok|up|healthy|connected|reachable|true)$/i' },
  migrations: { path: '$.migrations', words: '/^(pass|ok|up[-_ ]to[-_ ]date|current|applied|complete|true)$/i' },
} as const

function expandUrl(preset: PresetName, map: Tree, reading: Reading): Expansion | undefined {
  const { options, rest } = split(map, PRESETS[preset].shape, ['is', 'path', 'header'], reading)
  const [is, path, header] = [options.get('is'), options.get('path'), options.get('header')]
  if (path && !(path.kind === 'scalar' && path.text.startsWith('$')))
    return reading.wrong(path, 'write a JSONPath, as $.status')
  const at = path?.kind === 'scalar' ? path.text : undefined
  if (preset === 'version') {
    if (header && path) return reading.wrong(header, 'write `path` or `header`, not both')
    if (header && header.kind !== 'scalar') return reading.wrong(header, 'write the name of a header')
    return { kind: 'http', subject: rest, expect: versionExpected(is, at, header?.text) }
  }
  const answer = ANSWERS[preset]
  const json = { [at ?? answer.path]: is ?? answer.words }
  return { kind: 'http', subject: rest, expect: preset === 'healthy' ? { status: 200, json } : { json } }
}

function versionExpected(
  is: Tree | undefined,
  path: string | undefined,
  header: string | undefined,
): Expansion['expect'] {
  const isMatcher = is?.kind === 'map' || (is?.kind === 'scalar' && parsePattern(is.text) !== undefined)
  const wanted: Synthetic = isMatcher ? is : { version: is ?? '${GITHUB_SHA}' }
  if (header !== undefined) return { headers: { [header]: wanted } }
  return path === undefined ? { body: wanted } : { json: { [path]: wanted } }
}

function expandCommand(
  preset: PresetName,
  { shape, choice, words }: CommandForm,
  map: Tree,
  reading: Reading,
): Expansion | undefined {
  const { options, rest } = split(map, shape, [choice, 'host', 'port', 'user', 'name'], reading)
  const chosen = options.get(choice)
  const word = chosen?.kind === 'scalar' ? chosen.text : ''
  const subjectOf = (run: Synthetic) =>
    rest.kind === 'map'
      ? { ...rest, entries: [{ key: 'run', at: map.at, value: treeOf(run, map.at) }, ...rest.entries] }
      : rest
  if (preset === 'database' && isIn(ENGINES, word)) {
    const { argv, stdout, takes } = ENGINES[word]
    for (const name of ['port', 'user', 'name'] as const) {
      const given = options.get(name)
      if (given && !takes.includes(name)) reading.wrong(given, `\`${name}\` is not for ${word}`)
    }
    const expect = { 'exit-code': 0, ...(stdout === undefined ? {} : { stdout }) }
    return { kind: 'command', subject: subjectOf(argv(Object.fromEntries(options))), expect }
  }
  if (preset === 'migrations' && isIn(MIGRATION_COMMANDS, word)) {
    return { kind: 'command', subject: subjectOf(MIGRATION_COMMANDS[word]), expect: { 'exit-code': 0 } }
  }
  return reading.wrong(chosen ?? map, `write one of ${words.join(', ')}`)
}

function isIn<T extends object>(table: T, word: string): word is keyof T & string {
  return Object.hasOwn(table, word)
}

/** Takes the options of a preset out of a map; keys that are not the shape's are mistakes. */
function split(map: Tree, shape: Shape, names: readonly string[], reading: Reading) {
  const known = Object.keys(shape)
  const options = new Map<string, Tree>()
  const rest: Entry[] = []
  for (const entry of map.kind === 'map' ? map.entries : []) {
    const name = knownName(entry.key, known)
    if (name === undefined) reading.mistakes.unknown(entry.at, 'key', entry.key, known)
    else if (names.includes(name)) options.set(name, entry.value)
    else rest.push(entry)
  }
  return { options, rest: { kind: 'map', at: map.at, entries: rest } satisfies Tree as Tree }
}

/**
 * What a preset expects, with the user's own: of two for one thing theirs counts, and paths and headers are added. The whole
 * body is not one thing: what else must be in it does not make the version right.
 */
function merged(base: Tree, own: Tree | undefined): Tree {
  if (own === undefined) return base
  if (base.kind !== 'map' || own.kind !== 'map') return own
  const entries = base.entries.flatMap(entry => {
    const mine = entryOf(own, entry.key)
    if (mine === undefined) return [entry]
    if (entry.key === 'body') return [{ ...mine, value: treeOf({ and: [entry.value, mine.value] }, mine.at) }]
    return entry.key === 'json' || entry.key === 'headers' ? [{ ...mine, value: merged(entry.value, mine.value) }] : []
  })
  const added = own.entries.filter(({ key }) => !entries.some(entry => entry.key === key))
  return { ...own, entries: [...entries, ...added] }
}
