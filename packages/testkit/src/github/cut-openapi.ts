// `node packages/testkit/src/github/cut-openapi.ts FOLDER` writes `fixtures/openapi.json`: what GitHub's published description says of the
// calls that the fake answers. FOLDER is an unpacked npm package @octokit/openapi, which is too large to depend on (385 MiB).
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

type Node = Readonly<Record<string, unknown>>

/** One operation: the query that it takes, and the schema of its answer. */
export interface Operation {
  readonly query: readonly string[]
  readonly answer: unknown
}

export interface Subset {
  /** Package and version that it is cut from. */
  readonly source: string
  /** By `GET /repos/{owner}/{repo}/…`. */
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: { readonly schemas: Node }
}

const REPOSITORY = '/repos/{owner}/{repo}'
const PATHS = [
  `${REPOSITORY}/actions/runs`,
  `${REPOSITORY}/actions/runs/{run_id}`,
  `${REPOSITORY}/actions/runs/{run_id}/jobs`,
  `${REPOSITORY}/branches/{branch}`,
  `${REPOSITORY}/commits/{ref}/check-runs`,
  `${REPOSITORY}/commits/{ref}/check-suites`,
  `${REPOSITORY}/commits/{ref}/status`,
  `${REPOSITORY}/compare/{basehead}`,
  '/rate_limit',
]

/** What GitHub sends and its description leaves out. https://docs.github.com/graphql/reference/enums#checkconclusionstate */
const UNDESCRIBED_CONCLUSIONS = ['stale', 'startup_failure']

/** Keys for people: without them the file has a fifth of its size. */
const FOR_PEOPLE = new Set(['description', 'title', 'example', 'examples', 'externalDocs', 'deprecated'])

export function cutOpenApi(api: unknown, source: string): Subset {
  const schemas = new Map<string, unknown>()
  const operations = PATHS.map((place): [string, Operation] => {
    const operation = child(api, 'paths', place, 'get')
    const parameters = items(child(operation, 'parameters')).map(parameter => resolved(api, parameter))
    const query = parameters.filter(parameter => child(parameter, 'in') === 'query')
    const answer = child(operation, 'responses', '200', 'content', 'application/json', 'schema')
    if (answer === undefined) throw new Error(`The description has no answer of GET ${place}.`)
    return [
      `GET ${place}`,
      { query: query.map(parameter => String(child(parameter, 'name'))).toSorted(), answer: cut(answer, api, schemas) },
    ]
  })
  const sorted = [...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    source,
    operations: Object.fromEntries(operations),
    components: { schemas: patched(Object.fromEntries(sorted)) },
  }
}

/** A copy for machines; the schemas that it names are put among the others. */
function cut(node: unknown, api: unknown, schemas: Map<string, unknown>, isProperties = false): unknown {
  if (Array.isArray(node)) return node.map(one => cut(one, api, schemas))
  if (!isNode(node)) return node
  const reference = node['$ref']
  if (typeof reference === 'string') {
    const name = reference.replace('#/components/schemas/', '')
    if (!schemas.has(name)) {
      schemas.set(name, undefined)
      schemas.set(name, cut(child(api, 'components', 'schemas', name), api, schemas))
    }
    return node
  }
  const copy = Object.fromEntries(
    Object.entries(node)
      // A property can have such a name too.
      .filter(([key]) => isProperties || !FOR_PEOPLE.has(key))
      .map(([key, value]) => [key, cut(value, api, schemas, key === 'properties' && !isProperties)]),
  )
  return isProperties ? copy : withNull(copy)
}

/**
 * OpenAPI's `nullable` in words that a validator of JSON Schema takes: it refuses null for an enum that does not name it, and the keyword
 * itself beside anything but a type.
 */
function withNull({ nullable, ...node }: Node): Node {
  if (nullable !== true) return node
  if (!('type' in node)) return { anyOf: [node, { type: 'null' }] }
  const values = node['enum']
  const isListed = !Array.isArray(values) || values.includes(null)
  return isListed ? { ...node, nullable } : { ...node, nullable, enum: [...values, null] }
}

function patched(schemas: Node): Node {
  const check = schemas['check-run']
  const properties = child(check, 'properties')
  const conclusion = child(properties, 'conclusion')
  const values = items(child(conclusion, 'enum'))
  if (!isNode(check) || !isNode(properties) || !isNode(conclusion) || values.length === 0) {
    throw new Error('The description has no conclusions of a check run.')
  }
  const all = [...new Set([...values, ...UNDESCRIBED_CONCLUSIONS])]
  return {
    ...schemas,
    'check-run': { ...check, properties: { ...properties, conclusion: { ...conclusion, enum: all } } },
  }
}

function resolved(api: unknown, node: unknown): unknown {
  const reference = child(node, '$ref')
  return typeof reference === 'string' ? child(api, ...reference.replace('#/', '').split('/')) : node
}

function child(node: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isNode(found) ? found[key] : undefined), node)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

if (import.meta.main) {
  const folder = process.argv[2] ?? '.'
  const read = async (name: string) => JSON.parse(await readFile(path.join(folder, name), 'utf8'))
  const { name, version } = await read('package.json')
  const subset = cutOpenApi(await read('generated/api.github.com.json'), `${name} ${version}`)
  await writeFile(path.join(import.meta.dirname, 'fixtures/openapi.json'), `${JSON.stringify(subset, undefined, 1)}\n`)
}
