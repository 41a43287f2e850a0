import { type EnvEntries, parseEnvJson, parseEnvLines } from '@deploy-actions/core/compose/dotenv'
import { secretValues } from '@deploy-actions/core/compose/env-secrets'
import { parseProfiles, parseProjectName, parseProjectPath } from '@deploy-actions/core/compose/project-inputs'
import {
  type DeployOptions,
  failurePolicies,
  type HealthUrl,
  pullPolicies,
  type RegistryLogin,
} from '@deploy-actions/core/deploy/options'
import { readServerInputs, type ServerInputs } from '@deploy-actions/core/host/server-inputs'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import type { Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'

export const modes = ['deploy', 'rollback', 'status'] as const

/** The inputs of a step, read and checked. */
export interface Inputs {
  readonly mode: (typeof modes)[number]
  readonly dryRun: boolean
  readonly connection: ServerInputs
  /** The commit that the files come from; undefined takes them from the workspace. */
  readonly commit: string | undefined
  /** For `mode: rollback`. */
  readonly to: string
  readonly options: DeployOptions
}

export function readInputs(read: InputReader, env: Environment): Inputs {
  const mode = read.choice('mode', modes)
  const sha = read.parse('sha', parseSha)
  const root = read.text('working-directory') || '.'
  const inputs: Inputs = {
    mode,
    dryRun: read.boolean('dry-run'),
    connection: readServerInputs(read, env),
    commit: readCommit(read, mode, sha),
    to: read.text('to'),
    options: {
      path: read.parse('path', parseProjectPath),
      projectName: read.parse('project-name', parseProjectName),
      lockTimeout: read.duration('lock-timeout'),
      source: {
        root,
        place: `"${root}" of the workspace`,
        envRoot: root,
        composeFiles: read.lines('compose-files').map(withoutDot),
        files: read.lines('files').map(withoutDot),
        env: readEnv(read, env),
        envFile: read.text('env-file') || undefined,
        profiles: read.parse('profiles', parseProfiles),
      },
      registries: readRegistries(read),
      images: read.lines('images'),
      pull: read.choice('pull', pullPolicies),
      pullTimeout: read.duration('pull-timeout'),
      health: {
        waitTimeout: read.duration('wait-timeout'),
        stableFor: read.text('stable-for') === '' ? undefined : read.duration('stable-for'),
        url: readHealthUrl(read),
      },
      onFailure: read.choice('on-failure', failurePolicies),
      sha,
      version: read.text('version') || undefined,
      keepReleases: read.integer('keep-releases', { min: 1, max: 100 }),
    },
  }
  if (inputs.to !== '' && inputs.mode !== 'rollback') read.problem('to', 'is only for `mode: rollback`')
  read.finish()
  return inputs
}

/** The secrets that can be read before anything else is: a message about a wrong input must not show them either. */
export function secretsIn(read: InputReader): Secret[] {
  const names = [
    'key',
    'key-passphrase',
    'passphrase',
    'password',
    'jump-key',
    'jump-key-passphrase',
    'registry-password',
  ]
  return names.map(name => read.secret(name)).filter(secret => secret !== undefined)
}

/** Every secret of the inputs: what must not be seen in any output. The text of an `env-file` is known when the workspace is read. */
export function secretsOf(inputs: Inputs): Secret[] {
  const { connection, options } = inputs
  const { registries, source, health } = options
  const texts = [...secretValues(source.env, value => isPublic(value, inputs)), ...secretsInUrl(health.url?.url)]
  return [...connection.secrets, ...registries.map(login => login.password), ...texts.map(text => new Secret(text))]
}

/** Whether a value stands in an input that the run shows anyway. Hidden, it would be lost in all of its outputs. */
export function isPublic(value: string, { connection, to, options }: Inputs): boolean {
  const { server } = connection
  const { sha, version, path, projectName, images, source } = options
  const shown = [
    ...(server === 'local' ? [] : [server.host, server.user]),
    ...[to, path, ...images, (source.profiles ?? []).join(','), source.root, ...source.composeFiles, ...source.files],
    ...[sha, version, projectName].filter(text => text !== undefined),
  ]
  return shown.some(text => text.includes(value))
}

/** A login and what the query says, such as a token; in the form of the URL and in that of its text. */
function secretsInUrl(url: URL | undefined): string[] {
  if (url === undefined) return []
  const pairs = url.search.slice(1).split('&')
  const entries: [string, string][] = [
    ['password', url.password],
    ['user', url.username],
    ...pairs.map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
  ]
  const forms = entries.flatMap(([name, text]): [string, string][] => [
    [name, text],
    [name, decoded(text)],
  ])
  return secretValues(forms, () => false)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function parseSha(text: string): string | undefined {
  if (text === '') return undefined
  const sha = text.toLowerCase()
  if (isCommitSha(sha) || /^[0-9a-f]{7,39}$/.test(sha)) return sha
  throw new InvalidValue(`is "${text}"; write a commit's hexadecimal SHA: 40 digits, or 64 in a SHA-256 repository`)
}

function readCommit(read: InputReader, mode: Inputs['mode'], sha: string | undefined): string | undefined {
  if (read.choice('source', ['workspace', 'git']) === 'workspace' || mode !== 'deploy') return undefined
  if (sha === undefined) read.problem('sha', 'is missing; `source: git` needs the whole SHA of a commit')
  else if (!isCommitSha(sha)) read.problem('sha', `is "${sha}"; \`source: git\` needs the whole SHA of a commit`)
  return sha
}

function withoutDot(path: string): string {
  return path.replace(/^(\.\/)+/, '')
}

function readEnv(read: InputReader, env: Environment): EnvEntries {
  const lines = read.check('env', () => parseEnvLines(read.raw('env'))) ?? []
  const json = read.check('env-json', () => parseEnvJson(read.raw('env-json'))) ?? []
  const names = read
    .text('env-names')
    .split(/[\s,]+/)
    .filter(Boolean)
  const missing = names.filter(name => env[name] === undefined)
  if (missing.length > 0) {
    read.problem('env-names', `names ${missing.join(', ')}, which the step's "env:" does not set`)
  }
  const taken = names.map((name): [string, string] => [name, env[name] ?? ''])
  refuseTwice(read, 'env-json', json, [['env', lines]])
  refuseTwice(read, 'env-names', taken, [
    ['env', lines],
    ['env-json', json],
  ])
  return [...lines, ...json, ...taken]
}

function refuseTwice(
  read: InputReader,
  input: string,
  entries: EnvEntries,
  others: readonly (readonly [input: string, entries: EnvEntries])[],
): void {
  for (const [other, known] of others) {
    const twice = entries.map(([name]) => name).filter(name => known.some(([taken]) => taken === name))
    if (twice.length > 0) read.problem(input, `sets ${twice.join(', ')}, which \`${other}\` sets too`)
  }
}

function readRegistries(read: InputReader): RegistryLogin[] {
  const logins = read.lines('registries').flatMap((line, index) => {
    const [registry, username, password, ...rest] = line.split(/\s+/)
    if (registry === undefined || username === undefined || password === undefined || rest.length > 0) {
      read.problem('registries', `has in line ${index + 1} not the three words: registry username password`)
      return []
    }
    return [{ registry, username, password: new Secret(password) }]
  })
  const username = read.text('registry-username')
  const password = read.secret('registry-password')
  const registry = read
    .text('registry')
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
  if (username !== '' && password !== undefined) return [...logins, { registry, username, password }]
  if (username !== '') read.problem('registry-password', 'is missing, while `registry-username` is set')
  else if (password !== undefined) read.problem('registry-username', 'is missing, while `registry-password` is set')
  else if (registry !== '')
    read.problem('registry-username', 'and `registry-password` are missing, while `registry` is set')
  return logins
}

function readHealthUrl(read: InputReader): HealthUrl | undefined {
  const health = {
    from: read.choice('health-from', ['server', 'runner'] as const),
    attempts: read.integer('health-attempts', { min: 1, max: 1_000 }),
    interval: read.duration('health-interval'),
  }
  const text = read.text('health-url')
  if (text === '') return undefined
  return read.check('health-url', () => {
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      // What has a login or a query is not quoted.
      const quoted = /[@?#]/.test(text) ? 'is not a URL' : `is "${text}"`
      throw new InvalidValue(`${quoted}; write a whole URL such as http://localhost:8080/health`)
    }
    return { url, name: printableUrl(url), ...health }
  })
}
