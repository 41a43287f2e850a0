import { isIP } from 'node:net'
import { isSecretName } from '@deploy-actions/core/values/secret-name'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { HttpSubject } from '../check.ts'
import { jsonOf } from '../expect/show.ts'
import { readJson } from './matchers.ts'
import { entryOf, key, mapOf, type Reader, type Values } from './reader.ts'
import type { Reading } from './reading.ts'
import { count, flag, oneOf, oneOrMore, pairsOf, text } from './scalars.ts'
import { TLS, tlsFiles } from './tls.ts'
import { url } from './url.ts'

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Headers whose values say nothing secret. */
const OPEN_HEADERS = /^(accept(-.*)?|cache-control|content-type|host|origin|referer|user-agent)$/i

const headers = pairsOf<string>({
  names: TOKEN,
  wantedName: 'this is no name of a header',
  wanted: 'write names of headers and their values',
  schema: text().schema,
  read: (tree, reading, name) => {
    const isOpen = OPEN_HEADERS.test(name)
    const value = reading.text(tree, isOpen ? 'shown' : 'hidden')
    if (value === undefined) return reading.wrong(tree, 'write a text')
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      return reading.wrong(tree, 'a header has no line breaks in it, and no characters beyond Latin-1')
    }
    if (isSecretName(name) || /^(authorization|proxy-authorization|cookie|x-api-key)$/i.test(name))
      hideCredentials(value, reading)
    return value
  },
})

/** `Bearer abc`: both the whole and the part that is secret. */
function hideCredentials(value: string, reading: Reading): void {
  reading.concealed.add(value)
  for (const part of value.split(/\s+/).slice(1)) reading.concealed.add(part)
}

const pairs = pairsOf<string>({
  names: /./,
  wantedName: 'a field needs a name',
  wanted: 'write names of fields and their values',
  schema: text().schema,
  read: (tree, reading, name) => {
    const value = tree.kind === 'null' ? '' : reading.text(tree, 'hidden')
    if (value === undefined) return reading.wrong(tree, 'write a text')
    reading.concealed.addNamed(name, value)
    return value
  },
})

const json: Reader<string> = {
  schema: {},
  read: (tree, reading) => {
    const value = readJson(tree, reading, 'hidden')
    hideFields('', value, reading)
    return value === undefined ? undefined : jsonOf(value)
  },
}

function hideFields(name: string, value: unknown, reading: Reading): void {
  if (typeof value === 'string') reading.concealed.addNamed(name, value)
  else if (Array.isArray(value)) for (const item of value) hideFields(name, item, reading)
  else if (typeof value === 'object' && value !== null)
    for (const [field, inner] of Object.entries(value)) hideFields(field, inner, reading)
}

function secretText(wanted: string, canBeEmpty = false): Reader<string> {
  return {
    schema: text().schema,
    read: (tree, reading) => {
      const value = reading.text(tree, 'hidden')
      if (value === undefined || (value === '' && !canBeEmpty)) return reading.wrong(tree, wanted)
      reading.concealed.add(value)
      return value
    },
  }
}

const basicAuth = mapOf(
  {
    username: key(text('write the `username`', 'hidden'), 'the user'),
    password: key(secretText('write the `password`', true), 'the password, which may be empty'),
  },
  { required: ['username', 'password'] },
)

/** `host:port:address`, as curl takes it. */
const resolve: Reader<readonly [string, string]> = {
  schema: { type: 'string', pattern: '^[^:]+:\\d+:.+$|\\$\\{' },
  read: (tree, reading) => {
    const [, host, port, address] = /^([^:]+|\[[^\]]+\]):(\d{1,5}):(.+)$/.exec(reading.text(tree) ?? '') ?? []
    const bare = address?.replace(/^\[(.+)\]$/, '$1') ?? ''
    return host !== undefined && isIP(bare) !== 0
      ? [`${host.toLowerCase()}:${Number(port)}`, bare]
      : reading.wrong(tree, 'write host:port:address, as shop.example.org:443:203.0.113.5')
  },
}

export const HTTP = {
  url: key(url, 'the whole URL; `user:password@` in it is basic authentication'),
  method: key(
    oneOf(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']),
    'the method (default `GET`; `POST` when there is a body)',
  ),
  headers: key(headers, 'headers to send, by name'),
  body: key(text('write the text to send', 'hidden'), 'a text to send'),
  json: key(json, 'a value to send as JSON'),
  form: key(pairs, 'fields to send as a form'),
  'basic-auth': key(basicAuth, '`username` and `password`'),
  bearer: key(secretText('write the token of `bearer`'), 'a token for `Authorization: Bearer`'),
  'follow-redirects': key(flag, '`false`: a redirect is the answer (default `true`)'),
  'max-redirects': key(count({ min: 0, max: 50 }), 'redirects to follow at most (default 10)'),
  tls: key(TLS, 'how far the certificate is checked'),
  resolve: key(
    oneOrMore(resolve, 'write host:port:address'),
    'addresses in place of those of DNS, each as `host:port:address`',
  ),
  'ip-version': key(oneOf(['4', '6']), '`4` or `6` (default: both, whichever answers)'),
  'http-version': key(oneOf(['1.1', '2']), '`1.1` (the default) or `2`'),
} as const

const map = mapOf(HTTP, {
  required: ['url'],
  hints: {
    uri: 'write `url`',
    href: 'write `url`',
    host: 'write `url`',
    auth: 'write `basic-auth` or `bearer`',
    token: 'write `bearer`',
    username: 'write `basic-auth: { username, password }`',
    password: 'write `basic-auth: { username, password }`',
    data: 'write `body`, `json` or `form`',
    insecure: 'write `tls: { insecure-skip-verify: true }`',
    'allow-insecure': 'write `tls: { insecure-skip-verify: true }`',
    'no-follow-redirects': 'write `follow-redirects: false`',
    status: 'what is expected stands under `expect`, beside `http`',
    expect: '`expect` stands beside `http`, not in it',
    timeout: '`timeout` stands beside `http`, not in it',
    retry: '`retry` stands beside `http`, not in it',
  },
})

/** Bytes of a body that are read when no `max-size` says more. */
export const DEFAULT_BYTES = 1_000_000

export const http: Reader<HttpSubject> = {
  schema: { anyOf: [url.schema, map.schema] },
  read: (tree, reading) => {
    if (tree.kind === 'scalar') {
      const target = url.read(tree, reading)
      return target && subjectOf({ url: target })
    }
    const values = map.read(tree, reading)
    if (values === undefined) return undefined
    const { url: target } = values
    checkTogether(tree, reading)
    checkFamily(tree, target?.hostname, reading)
    return target && subjectOf({ ...values, url: target })
  },
}

const ALONE = [
  ['body', 'json', 'form'],
  ['bearer', 'basic-auth'],
] as const

function checkTogether(tree: Tree, reading: Reading): void {
  for (const names of ALONE) {
    const written = names.map(name => entryOf(tree, name)).filter(entry => entry !== undefined)
    const [, second] = written
    if (second) reading.mistakes.add(second.at, `write one of ${names.join(', ')}, not ${written.length}`)
  }
  const method = entryOf(tree, 'method')
  const isReading = method?.value.kind === 'scalar' && /^(GET|HEAD|OPTIONS)$/.test(method.value.text)
  const body = ALONE[0].map(name => entryOf(tree, name)).find(entry => entry !== undefined)
  if (isReading && body)
    reading.mistakes.add(body.at, `a ${method.value.kind === 'scalar' ? method.value.text : ''} request has no body`)
}

/** An address is of one kind already. */
export function checkFamily(tree: Tree, host: string | undefined, reading: Reading): void {
  const entry = entryOf(tree, 'ip-version')
  const actual = isIP((host ?? '').replace(/^\[(.+)\]$/, '$1'))
  if (entry?.value.kind !== 'scalar' || actual === 0 || entry.value.text === String(actual)) return
  reading.mistakes.add(entry.at, `${host} is an address of IPv${actual}; leave out \`ip-version\`, or write a name`)
}

type HttpValues = Values<typeof HTTP> & { readonly url: URL }

function subjectOf(values: HttpValues): HttpSubject {
  const { body, type } = bodyOf(values)
  const authorization = authorizationOf(values)
  const sent = new Map([...(values.headers ?? [])].map(([name, value]) => [name.toLowerCase(), value]))
  if (type !== undefined && !sent.has('content-type')) sent.set('content-type', type)
  if (authorization !== undefined) sent.set('authorization', authorization)
  const bare = new URL(values.url)
  bare.username = ''
  bare.password = ''
  const ip = values['ip-version']
  return {
    kind: 'http',
    url: bare,
    method: values.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: Object.fromEntries(sent),
    body,
    maxRedirects: values['follow-redirects'] === false ? 0 : (values['max-redirects'] ?? 10),
    tls: tlsFiles(values.tls),
    resolve: new Map(values.resolve),
    family: ip === undefined ? undefined : ip === '4' ? 4 : 6,
    version: values['http-version'] ?? '1.1',
    maxBytes: DEFAULT_BYTES,
  }
}

function bodyOf({ body, json: document, form }: HttpValues): { body: string | undefined; type: string | undefined } {
  if (document !== undefined) return { body: document, type: 'application/json' }
  if (form !== undefined)
    return { body: new URLSearchParams([...form]).toString(), type: 'application/x-www-form-urlencoded' }
  return { body, type: body === undefined ? undefined : 'text/plain; charset=utf-8' }
}

/** Credentials of the URL are those of basic authentication, as curl has it. */
function authorizationOf({ url: target, bearer, 'basic-auth': basic }: HttpValues): string | undefined {
  if (bearer !== undefined) return `Bearer ${bearer}`
  const username = basic?.username ?? decodeURIComponent(target.username)
  const password = basic?.password ?? decodeURIComponent(target.password)
  return username === '' && password === ''
    ? undefined
    : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
