// `node packages/testkit/src/coolify/compare-openapi.ts FILE-OR-URL` says where Coolify's description (openapi.json of
// github.com/coollabsio/coolify) and the facts that the fake is checked by differ.
import { readFile } from 'node:fs/promises'
import { CALLS, PATCH_FIELDS, SCHEMAS } from './facts.ts'

type Node = Readonly<Record<string, unknown>>

/** One line a difference; none when they agree. */
export function compareWithOpenApi(api: unknown): string[] {
  const differences: string[] = []
  const list = (what: string, ours: readonly string[], theirs: readonly string[]) => {
    for (const name of ours) if (!theirs.includes(name)) differences.push(`${what}: ${name} is not described`)
    for (const name of theirs)
      if (!ours.includes(name)) differences.push(`${what}: ${name} is described and missing here`)
  }
  for (const [call, fact] of Object.entries(CALLS)) {
    const [method = '', path = ''] = call.split(' ')
    const operation = child(api, 'paths', path, method.toLowerCase())
    if (operation === undefined) {
      differences.push(`${call} is not described`)
      continue
    }
    const parameters = items(child(operation, 'parameters')).filter(parameter => child(parameter, 'in') === 'query')
    list(
      `${call}: query`,
      fact.query ?? [],
      parameters.map(parameter => String(child(parameter, 'name'))),
    )
    const statuses = Object.keys((child(operation, 'responses') ?? {}) as Node)
    const success = statuses.find(status => status.startsWith('2')) ?? '200'
    // Two calls leave out the 400 that the middleware gives all.
    const ours = [success, '401', ...(fact.statuses ?? []).map(String)]
    list(
      `${call}: status`,
      ours,
      statuses.filter(status => status !== '400'),
    )
    list(`${call}: answer`, answerOf(fact.answer), describedAnswer(child(operation, 'responses', success, 'content')))
  }
  for (const [name, keys] of Object.entries(SCHEMAS)) {
    list(name, keys, keysOf(child(api, 'components', 'schemas', name, 'properties')))
  }
  const patch = child(api, 'paths', '/applications/{uuid}', 'patch', 'requestBody', 'content', 'application/json')
  list('PATCH /applications/{uuid}: body', PATCH_FIELDS, keysOf(child(patch, 'schema', 'properties')))
  return differences
}

function answerOf(answer: (typeof CALLS)[string]['answer']): readonly string[] {
  return answer === undefined ? ['text'] : typeof answer === 'string' ? [answer] : answer
}

function describedAnswer(content: unknown): readonly string[] {
  const schema = child(content, 'application/json', 'schema')
  const reference = (node: unknown) =>
    String(child(node, '$ref') ?? '')
      .split('/')
      .at(-1) ?? ''
  if (reference(schema)) return [reference(schema)]
  if (child(schema, 'type') === 'array') return [`${reference(child(schema, 'items'))}[]`]
  const keys = keysOf(child(schema, 'properties'))
  return keys.length > 0 ? keys : ['text']
}

function child(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? (found as Node)[key] : undefined),
    node,
  )
}

function keysOf(node: unknown): string[] {
  return Object.keys((node ?? {}) as Node)
}

function items(node: unknown): unknown[] {
  return Array.isArray(node) ? node : []
}

async function readText(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return readFile(place, 'utf8')
  const response = await fetch(place)
  if (!response.ok) throw new Error(`${place} answered ${response.status}`)
  return response.text()
}

if (import.meta.main) {
  const differences = compareWithOpenApi(JSON.parse(await readText(process.argv[2] ?? '')))
  console.log(differences.length === 0 ? 'no difference' : differences.join('\n'))
  process.exitCode = differences.length === 0 ? 0 : 1
}
