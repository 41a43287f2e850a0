// `node packages/testkit/src/discord/compare-openapi.ts FILE` says where Discord's description (specs/openapi.json of
// github.com/discord/discord-api-spec) and the facts that the fake goes by differ.
import { readFileSync } from 'node:fs'
import * as facts from './facts.ts'

type Node = Readonly<Record<string, unknown>>

const WEBHOOK = '/webhooks/{webhook_id}/{webhook_token}'
const MESSAGE = `${WEBHOOK}/messages/{message_id}`

/** One line a difference; none when they agree. */
export function compareWithOpenApi(api: unknown): string[] {
  const differences: string[] = []
  const get = (...path: string[]) => path.reduce<unknown>((node, key) => child(api, node, key), api)
  const body = (path: string, method: string) =>
    get('paths', path, method, 'requestBody', 'content', 'application/json', 'schema')
  const compare = (call: string, schema: unknown, known: facts.Facts) => {
    for (const [place, fact] of Object.entries(known)) {
      const described = describedFact(api, schema, place)
      const [ours, theirs] = [JSON.stringify(sorted(fact)), described && JSON.stringify(sorted(described))]
      if (ours !== theirs) differences.push(`${call}: ${place}: here ${ours}, described as ${theirs ?? 'nothing'}`)
    }
  }
  compare('POST', body(WEBHOOK, 'post'), facts.EXECUTE)
  compare('PATCH', body(MESSAGE, 'patch'), facts.UPDATE)

  const list = (what: string, ours: readonly string[], theirs: readonly string[]) => {
    for (const name of ours) if (!theirs.includes(name)) differences.push(`${what}: ${name} is not described`)
    for (const name of theirs)
      if (!ours.includes(name)) differences.push(`${what}: ${name} is described and missing here`)
  }
  const query = (path: string, method: string) =>
    items(get('paths', path, method, 'parameters')).flatMap(parameter => String(child(api, parameter, 'name')))
  list('POST query', facts.EXECUTE_QUERY, query(WEBHOOK, 'post'))
  list('PATCH query', facts.UPDATE_QUERY, query(MESSAGE, 'patch'))
  const required = (schema: string) => items(get('components', 'schemas', schema, 'required')).map(String)
  list('message', facts.MESSAGE_KEYS, required('MessageResponse'))
  list('webhook', facts.WEBHOOK_KEYS, required('GuildIncomingWebhookResponse'))
  list('attachment', facts.ATTACHMENT_KEYS, required('MessageAttachmentResponse'))
  const headers = Object.keys((get('components', 'headers') ?? {}) as Node).map(name => name.toLowerCase())
  list('rate headers', facts.RATE_HEADERS, headers)
  return differences
}

/** What the description says of one place: `embeds[].title` is the title of each element of embeds. */
function describedFact(api: unknown, schema: unknown, place: string): facts.Fact | undefined {
  let node = schema
  let required = false
  for (const step of place.split(/\.|(?=\[\])/)) {
    if (step === '[]') {
      node = branch(api, node, candidate => child(api, candidate, 'items'))
    } else {
      const owner = node
      node = branch(api, owner, candidate => child(api, child(api, candidate, 'properties'), step))
      const holder = branch(api, owner, candidate =>
        child(api, child(api, candidate, 'properties'), step) === undefined ? undefined : candidate,
      )
      required = items(child(api, holder, 'required')).includes(step)
    }
    if (node === undefined) return undefined
  }
  const type = branch(api, node, candidate => typeOf(child(api, candidate, 'type')))
  const pick = (key: string) => branch(api, node, candidate => child(api, candidate, key))
  const format = pick('format')
  const min = pick('minLength') ?? pick('minItems') ?? pick('minimum')
  const max = pick('maxLength') ?? pick('maxItems') ?? pick('maximum')
  return {
    type: type as facts.Fact['type'],
    ...(typeof min === 'number' ? { min } : {}),
    ...(typeof max === 'number' ? { max } : {}),
    ...(format === 'uri' || format === 'date-time' || format === 'snowflake' ? { format } : {}),
    ...(required ? { required } : {}),
  }
}

function typeOf(type: unknown): string | undefined {
  const types = Array.isArray(type) ? type : [type]
  return types.find(name => typeof name === 'string' && name !== 'null')
}

/** The first of a schema and its alternatives for which `find` finds something. */
function branch(api: unknown, schema: unknown, find: (candidate: unknown) => unknown): unknown {
  const own = find(schema)
  if (own !== undefined) return own
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    for (const alternative of items(child(api, schema, key))) {
      const found = branch(api, resolved(api, alternative), find)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function child(api: unknown, node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined
  return resolved(api, (node as Node)[key])
}

function resolved(api: unknown, node: unknown): unknown {
  if (typeof node !== 'object' || node === null || !('$ref' in node)) return node
  const path = String(node.$ref).replace('#/', '').split('/')
  return path.reduce<unknown>((found, key) => child(api, found, key), api)
}

function items(node: unknown): unknown[] {
  return Array.isArray(node) ? node : []
}

function sorted(fact: facts.Fact): [string, unknown][] {
  return Object.entries(fact).sort(([a], [b]) => a.localeCompare(b))
}

if (import.meta.main) {
  const differences = compareWithOpenApi(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')))
  console.log(differences.length === 0 ? 'no difference' : differences.join('\n'))
  process.exitCode = differences.length === 0 ? 0 : 1
}
