import { type EnvEntries, parseEnvLines } from '@deploy-actions/core/compose/dotenv'
import { parseProjectName, parseProjectPath } from '@deploy-actions/core/compose/project-inputs'
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
      },
      registries: readRegistries(read),
      images: read.lines('images'),
      pull: read.choice('pull', pullPolicies),
      pullTimeout: read.duration('pull-timeout'),
      health: {
        waitTimeout: read.duration('wait-timeout'),
        stableFor: read.duration('settle'),
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

/** Every secret of the inputs: what must not be seen in any output. */
export function secretsOf({ connection, options }: Inputs): Secret[] {
  const passwords = options.registries.map(login => login.password)
  return [...connection.secrets, ...passwords, ...secretValues(options.source.env)]
}

/** Names whose values are taken for secrets: a domain or a version may be shown, a password never. */
const SECRET_NAME = /pass|pwd|secret|token|key|dsn|cred|private|auth|salt|cert|_ur[il]$/i
const SHORTEST_SECRET = 4

function secretValues(env: EnvEntries): Secret[] {
  return env
    .filter(([name, value]) => value.length >= SHORTEST_SECRET && (SECRET_NAME.test(name) || value.includes('\n')))
    .map(([, value]) => new Secret(value))
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
  const lines = read.check('env', () => parseEnvLines(read.raw('env')))
  const names = read
    .text('env-names')
    .split(/[\s,]+/)
    .filter(Boolean)
  const missing = names.filter(name => env[name] === undefined)
  if (missing.length > 0) {
    read.problem('env-names', `names ${missing.join(', ')}, which the step's "env:" does not set`)
  }
  const taken = names.map((name): [string, string] => [name, env[name] ?? ''])
  return [...(lines ?? []), ...taken]
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
    attempts: read.integer('health-tries', { min: 1, max: 1_000 }),
    interval: read.duration('health-interval'),
  }
  const text = read.text('health-url')
  if (text === '') return undefined
  return read.check('health-url', () => {
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new InvalidValue(`is "${text}"; write a whole URL such as http://localhost:8080/health`)
    }
    return { url, name: printableUrl(url), ...health }
  })
}
