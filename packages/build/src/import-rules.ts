import { asksTheTime, fileOf, importsOf, type ModuleImport, packageOf } from './module-imports.ts'

/**
 * The folders of core, and those that each may import besides itself; a file in place of a folder is that one alone. values import
 * nothing; nothing points back.
 */
const CORE: Readonly<Record<string, readonly string[]>> = {
  values: [],
  yaml: ['values'],
  flow: ['values'],
  report: ['values', 'flow'],
  runner: ['values', 'flow', 'report'],
  http: ['values', 'flow'],
  host: ['values', 'flow'],
  git: ['values', 'flow'],
  compose: ['values', 'flow', 'host'],
  probe: ['values', 'flow', 'host', 'http', 'compose'],
  release: ['values', 'flow', 'host', 'compose', 'probe'],
  deploy: ['values', 'flow', 'host', 'compose', 'probe', 'release', 'report'],
  github: ['values', 'flow', 'http', 'git'],
  coolify: ['values', 'flow', 'http', 'probe'],
  // The words and signs of a result are the same in a chat.
  discord: ['values', 'flow', 'http', 'deploy/result.ts'],
}

/** Node's modules that only compute. */
const PURE = new Set(
  [
    'assert',
    'buffer',
    'crypto',
    'events',
    'net',
    'path',
    'path/posix',
    'stream',
    'stream/promises',
    'string_decoder',
    'url',
  ]
    .concat(['util', 'vm', 'zlib'])
    .map(name => `node:${name}`),
)

/** What reaches the world, and the folders of core that may: nothing else of what ships imports these. */
const WORLD: Readonly<Record<string, readonly string[]>> = {
  '@actions/core': ['runner'],
  '@actions/exec': ['host'],
  'node-ssh': ['host'],
  ssh2: ['host'],
  undici: ['http'],
  'node:child_process': ['host', 'git'],
  'node:dns': ['host', 'http', 'probe'],
  'node:dns/promises': ['host', 'http', 'probe'],
  'node:fs': ['host', 'runner'],
  'node:fs/promises': ['host', 'runner'],
  'node:http': ['http'],
  'node:https': ['http'],
  'node:os': ['host', 'runner'],
  'node:timers/promises': ['host', 'http', 'runner'],
  'node:tls': ['host', 'http', 'probe'],
}

const CLOCKS = new Set(['host', 'http', 'runner'])

/** Where an action is put together, and what reaches the world for this one action: they hand it on as an argument. */
const COMPOSITION = /^actions\/[^/]+\/src\/((main|post|real-world)\.ts$|adapters\/)/

/** What only the composition takes of core's runner, and of node. */
const RUNNER_FOR_COMPOSITION = /^packages\/core\/src\/runner\/(clock|outputs|run-action)\.ts$/
const NODE_FOR_COMPOSITION = /^node:(fs|fs\/promises|os)$/

interface Place {
  /** `core` and its folder, or an action and its file. */
  readonly part: 'core' | 'action'
  readonly name: string
  readonly file: string
}

/** The ways in which a module that ships breaks the direction of imports. */
export function importProblems(file: string, source: string): string[] {
  const place = placeOf(file)
  if (place === undefined) return []
  const problems = importsOf(source, file).flatMap(entry => problemsOf(entry, file, place))
  const hasClock = place.part === 'core' ? CLOCKS.has(place.name) : COMPOSITION.test(file)
  if (asksTheTime(source) && !hasClock) problems.push('asks the time: take a Clock')
  return problems
}

function placeOf(file: string): Place | undefined {
  const [, core] = /^packages\/core\/src\/([^/]+)\//.exec(file) ?? []
  if (core !== undefined) return { part: 'core', name: core, file }
  const [, action] = /^actions\/([^/]+)\/src\//.exec(file) ?? []
  return action === undefined ? undefined : { part: 'action', name: action, file }
}

function problemsOf({ specifier, isTypeOnly }: ModuleImport, importer: string, place: Place): string[] {
  const target = fileOf(specifier, importer)
  if (target !== undefined) return directionProblems(target, isTypeOnly, place)
  if (packageOf(specifier) === undefined && PURE.has(specifier)) return []
  const allowed = WORLD[packageOf(specifier) ?? specifier]
  if (allowed === undefined)
    return packageOf(specifier) === undefined ? [`imports ${specifier}, for which there is no rule`] : []
  const mayReach =
    place.part === 'core'
      ? allowed.includes(place.name)
      : COMPOSITION.test(place.file) && NODE_FOR_COMPOSITION.test(specifier)
  return mayReach ? [] : [`imports ${specifier}; only core's ${allowed.join(' and ')} may`]
}

function directionProblems(target: string, isTypeOnly: boolean, place: Place): string[] {
  const to = placeOf(target)
  if (to === undefined) return [`imports ${target}, which does not ship`]
  if (place.part === 'action') {
    if (to.part === 'action')
      return to.name === place.name ? [] : [`imports of the action ${to.name}; what two need moves to core`]
    return RUNNER_FOR_COMPOSITION.test(target) && !COMPOSITION.test(place.file) && !isTypeOnly
      ? [`imports ${target}; main.ts does, and hands it on`]
      : []
  }
  const allowed = CORE[place.name]
  if (allowed === undefined) return [`is in the folder ${place.name}, for which there is no rule`]
  if (to.part === 'action') return [`imports of the action ${to.name}`]
  const module = target.replace('packages/core/src/', '')
  if (to.name === place.name || allowed.includes(to.name) || allowed.includes(module)) return []
  // An interface such as Log lives with its implementation.
  const isInterface = isTypeOnly && to.name === 'runner' && !['values', 'flow'].includes(place.name)
  return isInterface ? [] : [`imports core's ${to.name}; ${place.name} may import ${allowed.join(', ') || 'nothing'}`]
}
