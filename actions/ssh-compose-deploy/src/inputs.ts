import { type EnvEntries, parseEnvLines } from '@deploy-actions/core/compose/dotenv'
import { secretValues } from '@deploy-actions/core/compose/env-secrets'
import { parseProfiles, parseProjectName, parseProjectPath } from '@deploy-actions/core/compose/project-inputs'
import { type DeployOptions, failurePolicies, pullPolicies } from '@deploy-actions/core/deploy/options'
import { readHealthUrl, readRegistries, secretsInUrl } from '@deploy-actions/core/deploy/switch-inputs'
import { readServerInputs, type ServerInputs } from '@deploy-actions/core/host/server-inputs'
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
