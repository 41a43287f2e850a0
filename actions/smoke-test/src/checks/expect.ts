import { isRecord } from '@deploy-actions/core/values/record'
import { plainOf, type Tree } from '@deploy-actions/core/yaml/tree'
import type { Kind, Source } from '../check.ts'
import type { Expectation } from '../expect/expectation.ts'
import type { Matcher } from '../expect/matcher.ts'
import { AS_NUMBER, AS_PART, AT_LEAST, IN_JSON, IN_NAMES, IN_TEXT, matcher, readMatcher } from './matchers.ts'
import { entryOf, key, mapOf, type Reader } from './reader.ts'
import type { Reading } from './reading.ts'
import { bytes, duration, flag, oneOrMore, pairsOf } from './scalars.ts'

interface Range {
  readonly from: number
  readonly to: number
}

const STATUS = 'write a status as 200, a class as 2xx, a range as 200-399, or a list of them'

const status: Reader<Range> = {
  schema: {
    anyOf: [
      { type: 'integer', minimum: 100, maximum: 599 },
      { type: 'string', pattern: '^([1-5]\\d\\d|[1-5][xX]{2}|[1-5]\\d\\d-[1-5]\\d\\d)$|\\$\\{' },
    ],
  },
  read: (tree, reading) => {
    const text = reading.text(tree) ?? ''
    const range = parseStatus(text)
    return range ?? reading.wrong(tree, STATUS)
  },
}

/** Reads `200`, `2xx`, `200-399`. */
export function parseStatus(text: string): Range | undefined {
  const [, from, to] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? []
  if (from !== undefined) {
    const range = { from: Number(from), to: Number(to ?? from) }
    return range.from <= range.to ? range : undefined
  }
  const [, first] = /^([1-5])xx$/i.exec(text) ?? []
  return first === undefined ? undefined : { from: Number(first) * 100, to: Number(first) * 100 + 99 }
}

const JSON_PATH = 'write a JSONPath, as $.status or $.services[*].status'

const headers = pairsOf<Matcher>({
  names: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  wantedName: 'this is no name of a header',
  wanted: 'write names of headers and what they should be',
  schema: matcher(IN_TEXT).schema,
  read: (tree, reading) => readMatcher(tree, reading, IN_TEXT),
})

const json = pairsOf<Matcher>({
  names: /^\$/,
  wantedName: JSON_PATH,
  wanted: `${JSON_PATH}, and what is there`,
  schema: matcher(IN_JSON).schema,
  read: (tree, reading, path, at) => {
    reading.paths.push({ language: 'json', path, at })
    return readMatcher(tree, reading, IN_JSON)
  },
})

const SELECTOR = 'write a CSS selector, as h1 or meta[name=commit]@content'

const html = pairsOf<Matcher>({
  names: /\S/,
  wantedName: SELECTOR,
  wanted: `${SELECTOR}, and what is there`,
  schema: matcher(IN_TEXT).schema,
  read: (tree, reading, path, at) => {
    reading.paths.push({ language: 'html', path, at })
    return readMatcher(tree, reading, IN_TEXT)
  },
})

/** A schema, or the path of its file. */
const jsonSchema: Reader<unknown> = {
  schema: { anyOf: [{ type: 'object' }, { type: 'string', minLength: 1 }] },
  read: (tree, reading) => {
    // As it is written: `${` in a pattern is no variable.
    if (tree.kind === 'map') return plainOf(tree)
    if (tree.kind !== 'scalar' || tree.text === '')
      return reading.wrong(tree, 'write a JSON Schema, or the path of its file')
    const content = reading.scope.files.get(tree.text)
    if (content === undefined) {
      return reading.wrong(
        tree,
        'there is no such file in the workspace; does a step before this one check the repository out?',
      )
    }
    try {
      const schema: unknown = JSON.parse(content)
      if (isRecord(schema)) return schema
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown
    }
    return reading.wrong(tree, 'this file holds no JSON Schema in JSON')
  },
}

const certificate = mapOf({
  'days-left': key(
    matcher(AT_LEAST),
    'days until it ends, or an intermediate one does: a number is the least, or a matcher',
  ),
  issuer: key(matcher(AS_PART), 'who issued it: a text is a part of that'),
  san: key(matcher(IN_NAMES), 'names that it is for: each of these must be among them'),
})

/** Every key of `expect`, and the kinds of checks that it is for. */
export const EXPECT = {
  status: key(oneOrMore(status, STATUS), 'the status: `200`, `[200, 204]`, `2xx`, `200-399` (default `2xx`)'),
  headers: key(headers, 'headers by name, each with a matcher'),
  body: key(matcher(IN_TEXT), 'the whole body as a matcher; a list holds what must be in it'),
  json: key(json, 'JSONPaths (RFC 9535) into the body or the output, each with a matcher'),
  html: key(html, 'CSS selectors into the page, each with a matcher; `selector@name` is an attribute'),
  'json-schema': key(jsonSchema, 'a JSON Schema for the body or the output, or the path of its file'),
  url: key(matcher(IN_TEXT), 'the URL that answered in the end, after redirects'),
  'max-time': key(duration, 'the longest that the whole attempt may take'),
  'max-size': key(bytes, 'the largest body, as 500kB; 1MB is read without it'),
  certificate: key(certificate, 'what the certificate must be like'),
  'tls-version': key(matcher(IN_TEXT), 'the version of TLS, as `1.3` or `{gte: 1.2}`'),
  banner: key(matcher(IN_TEXT), 'what the other side says first, or after `send`'),
  records: key(matcher(IN_NAMES), 'records that must be there'),
  unreachable: key(flag, '`true`: nothing may respond there'),
  'exit-code': key(matcher(AS_NUMBER), 'the exit status (default `0`)'),
  stdout: key(matcher(IN_TEXT), 'the output as a matcher; a list holds what must be in it'),
  stderr: key(matcher(IN_TEXT), 'the error output, in the same way'),
} as const
export type ExpectKey = keyof typeof EXPECT

export const EXPECT_OF: Readonly<Record<Kind, readonly ExpectKey[]>> = {
  http: [
    'status',
    'headers',
    'body',
    'json',
    'json-schema',
    'html',
    'url',
    'max-time',
    'max-size',
    'certificate',
    'tls-version',
    'unreachable',
  ],
  tcp: ['banner', 'max-time', 'unreachable'],
  tls: ['banner', 'certificate', 'tls-version', 'max-time', 'unreachable'],
  dns: ['records', 'max-time'],
  command: ['exit-code', 'stdout', 'stderr', 'json', 'json-schema', 'html', 'max-time'],
}

const HINTS = {
  code: 'write `status`',
  'status-code': 'write `status`, or `exit-code` for a command',
  'exit-status': 'write `exit-code`',
  text: 'write `body`',
  contains: 'write `body: { contains: … }`',
  'body-contains': 'write `body: { contains: … }`',
  matches: 'write `body: /…/`',
  jsonpath: 'write `json: { $.path: … }`',
  'json-path': 'write `json: { $.path: … }`',
  schema: 'write `json-schema`',
  css: 'write `html: { selector: … }`',
  selector: 'write `html: { selector: … }`',
  selectors: 'write `html: { selector: … }`',
  xml: 'XML is looked at as a text: write `body: /…/`',
  xpath: 'XML is looked at as a text: write `body: /…/`; a page has `html: { selector: … }`',
  'response-time': 'write `max-time`',
  timeout: 'write `max-time`, or `timeout` beside `expect`',
  output: 'write `stdout`',
  addrs: 'write `records`',
} as const

export const expect = mapOf(EXPECT, { hints: HINTS })

/** Reads `expect` for a kind of check, and adds what holds when nothing is said. */
export function readExpect(tree: Tree | undefined, kind: Kind, reading: Reading): readonly Expectation[] {
  const values = tree === undefined ? {} : (expect.read(tree, reading) ?? {})
  for (const name of Object.keys(EXPECT) as ExpectKey[]) {
    const entry = tree && entryOf(tree, name)
    if (entry !== undefined && !EXPECT_OF[kind].includes(name)) {
      reading.mistakes.add(
        entry.at,
        `\`${name}\` is not for a check of the kind ${kind}; that has ${EXPECT_OF[kind].join(', ')}`,
      )
    }
  }
  if (values.unreachable && tree) {
    if (tree.kind === 'map' && tree.entries.length > 1) {
      reading.mistakes.add(
        tree.at,
        '`unreachable: true` stands alone: what does not respond has nothing else to compare',
      )
    }
    return [{ kind: 'unreachable' }]
  }
  const value = (source: Source, found: Matcher | undefined): Expectation[] =>
    found === undefined ? [] : [{ kind: 'value', source, matcher: found }]
  const { certificate: shown } = values
  return [
    ...(values.status ? [{ kind: 'status', ranges: values.status } as const] : []),
    ...(kind === 'http' && !(tree && entryOf(tree, 'status')) ? [SUCCESS] : []),
    ...value({ part: 'exit-code' }, values['exit-code'] ?? (kind === 'command' ? { op: 'eq', value: 0 } : undefined)),
    ...[...(values.headers ?? [])].flatMap(([name, found]) =>
      value({ part: 'header', name: name.toLowerCase() }, found),
    ),
    ...(['url', 'body', 'banner', 'records', 'stdout', 'stderr'] as const).flatMap(part =>
      value({ part }, values[part]),
    ),
    ...[...(values.json ?? [])].flatMap(([path, found]) => value({ part: 'json', path }, found)),
    ...[...(values.html ?? [])].flatMap(([path, found]) => value({ part: 'html', path }, found)),
    ...('json-schema' in values ? [{ kind: 'json-schema', schema: values['json-schema'] } as const] : []),
    ...(values['max-time'] === undefined ? [] : [{ kind: 'max-time', ms: values['max-time'] } as const]),
    ...(values['max-size'] === undefined ? [] : [{ kind: 'max-size', bytes: values['max-size'] } as const]),
    ...certificateExpectation('days-left', shown?.['days-left']),
    ...certificateExpectation('issuer', shown?.issuer),
    ...certificateExpectation('names', shown?.san),
    ...(values['tls-version'] ? [{ kind: 'tls-version', matcher: values['tls-version'] } as const] : []),
  ]
}

const SUCCESS: Expectation = { kind: 'status', ranges: [{ from: 200, to: 299 }] }

function certificateExpectation(part: 'days-left' | 'issuer' | 'names', found: Matcher | undefined): Expectation[] {
  return found === undefined ? [] : [{ kind: 'certificate', part, matcher: found }]
}
