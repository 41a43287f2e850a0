import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { Capture, Source } from '../check.ts'
import { parsePattern } from '../expect/pattern.ts'
import { THROUGH } from '../inputs.ts'
import { command } from './command.ts'
import { expect } from './expect.ts'
import { http } from './http.ts'
import { readPattern } from './matchers.ts'
import { PRESET_NAMES, PRESETS, type PresetName, presetSchema } from './preset-shapes.ts'
import { entryOf, type Key, key, type Reader, type Schema, type Shape } from './reader.ts'
import { retry } from './retry.ts'
import { flag, oneOf, oneOrMore, pairsOf, text, timeLimit } from './scalars.ts'
import { dns, tcp, tls } from './sockets.ts'

const SOURCE =
  'write a JSONPath ($.token), body, status, url, stdout, stderr, banner, records, `header NAME`, `cookie NAME` or `html SELECTOR`; for a part of it { from: body, matches: /token=(\\w+)/ }'
const PARTS = ['body', 'status', 'url', 'stdout', 'stderr', 'banner', 'records', 'exit-code'] as const

const SOURCE_SCHEMA: Schema = {
  type: 'string',
  pattern: `^(\\$.*|${PARTS.join('|')}|header [^ ]+|cookie [^ ]+|html .+)$`,
}
const PART_SCHEMA: Schema = {
  type: 'object',
  properties: { from: SOURCE_SCHEMA, matches: { type: 'string', minLength: 1 } },
  required: ['from', 'matches'],
  additionalProperties: false,
}

const captures = pairsOf<Capture>({
  names: /^[A-Za-z_][A-Za-z0-9_]*$/,
  wantedName: 'a name is made of letters, digits and _, and does not start with a digit',
  wanted: 'write names, and where their values are taken from',
  schema: { anyOf: [SOURCE_SCHEMA, PART_SCHEMA] },
  read: (tree, reading, name) => {
    const from = tree.kind === 'map' ? entryOf(tree, 'from')?.value : tree
    const matches = tree.kind === 'map' ? entryOf(tree, 'matches')?.value : undefined
    const isWhole = tree.kind !== 'map' || (matches?.kind === 'scalar' && tree.entries.length === 2)
    const source = from?.kind === 'scalar' && isWhole ? parseSource(from.text) : undefined
    if (source?.part === 'json' || source?.part === 'html') {
      reading.paths.push({ language: source.part, path: source.path, at: tree.at })
    }
    if (source === undefined) return reading.wrong(tree, SOURCE)
    if (matches?.kind !== 'scalar') return { name, source }
    const pattern = readPattern(matches, parsePattern(matches.text) ?? { source: matches.text, flags: '' }, reading)
    return pattern && { name, source, pattern }
  },
})

function parseSource(written: string): Source | undefined {
  if (written.startsWith('$')) return { part: 'json', path: written }
  const [, header] = /^header ([^ ]+)$/.exec(written) ?? []
  if (header !== undefined) return { part: 'header', name: header.toLowerCase() }
  const [, cookie] = /^cookie ([^ ]+)$/.exec(written) ?? []
  if (cookie !== undefined) return { part: 'cookie', name: cookie }
  const [, selector] = /^html (.+)$/s.exec(written) ?? []
  if (selector !== undefined) return { part: 'html', path: selector }
  const part = PARTS.find(word => word === written)
  return part && { part }
}

/** Read once its kind is known. */
const expectLater: Reader<Tree> = { schema: { $ref: '#/definitions/expect' }, read: tree => tree }

/** What was a preset is one no more when a check is read. */
function presetKey(name: PresetName): Key<unknown> {
  return key({ schema: presetSchema(name), read: () => undefined }, PRESETS[name].description)
}

export const KINDS = {
  http: key(http, 'asks a URL'),
  tcp: key(tcp, 'connects to a port'),
  tls: key(tls, 'connects to a port by TLS, and looks at the certificate'),
  dns: key(dns, 'looks up a name'),
  command: key(command, 'runs a command'),
} as const
export const KIND_NAMES = ['http', 'tcp', 'tls', 'dns', 'command'] as const

/** What a file may say for all its checks. */
export const COMMON = {
  group: key(text(), 'the group that it stands in, in reports'),
  timeout: key(timeLimit, 'the time limit of one attempt, its body too'),
  retry: key(retry, 'how often and how long it is repeated'),
  severity: key(oneOf(['error', 'warning']), '`warning`: is reported, and does not fail the step (default `error`)'),
  through: key(
    oneOf(THROUGH, `write one of ${THROUGH.join(', ')}; ssh is the server of the input \`host\``),
    'where it is made from: `runner`, `ssh` or `container`',
  ),
  service: key(text(), 'the Compose service whose container it is made in'),
} as const

export const CHECK = {
  name: key(text(), 'its name in reports, unique (default: what it asks)'),
  enabled: key(flag, '`false`: it is left out (default `true`)'),
  ...KINDS,
  ...Object.fromEntries(PRESET_NAMES.map(name => [name, presetKey(name)])),
  expect: key(expectLater, 'what must hold'),
  capture: key(captures, 'values for later checks, by name: `${NAME}` there'),
  needs: key(oneOrMore(text(), 'write names of checks'), 'names of the checks that must pass before'),
  ...COMMON,
} as const satisfies Shape

export const CHECK_HINTS = {
  url: 'write `http: URL`',
  status: 'write it under `expect`',
  json: 'write it under `expect`',
  body: 'write it under `expect`',
  headers: 'write it under `http`, or under `expect`',
  method: 'write it under `http`',
  attempts: 'write it under `retry`',
  retries: 'write `retry: { attempts: … }`, which counts the first attempt too',
  interval: 'write it under `retry`',
  deadline: 'write it under `retry`',
  'success-threshold': 'write it under `retry`',
  port: 'write `tcp: host:port`',
  host: 'write `tcp: host:port`',
  exec: 'write `command: { run: [program, argument] }`',
  run: 'write `command: { run: [program, argument] }`',
  shell: 'write `command: { shell: … }`',
  skip: 'write `enabled: false`',
  'depends-on': 'write `needs`',
  assert: 'write `expect`',
  captures: 'write `capture`',
} as const

/** Exactly one kind, or a preset, which stands for one. */
export function oneKindSchema(): Schema {
  return { oneOf: [...KIND_NAMES, ...PRESET_NAMES].map(name => ({ required: [name] })) }
}

export const expectSchema = expect.schema
