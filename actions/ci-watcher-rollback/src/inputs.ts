import { parseProjectName, parseProjectPath } from '@deploy-actions/core/compose/project-inputs'
import type { RollbackOptions } from '@deploy-actions/core/deploy/options'
import { readHealthUrl, readRegistries, secretsInUrl } from '@deploy-actions/core/deploy/switch-inputs'
import { type NamePattern, parseNamePattern } from '@deploy-actions/core/github/judge/pattern'
import type { CiPolicy } from '@deploy-actions/core/github/judge/policy'
import type { Pace } from '@deploy-actions/core/github/watch/pace'
import { readServerInputs, type ServerInputs } from '@deploy-actions/core/host/server-inputs'
import type { Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'
import type { Policies } from './consequence.ts'

/** What the event that started the run says. */
export interface EventFacts {
  readonly eventName: string
  /** The commit that the event is about. */
  readonly sha: string
}

/** The server of a rollback. */
export interface Server {
  readonly connection: ServerInputs
  readonly rollback: RollbackOptions
}

export interface Inputs {
  readonly mode: 'event' | 'poll'
  readonly sha: string
  readonly token: Secret
  readonly policy: CiPolicy
  readonly pace: Pace
  readonly policies: Policies
  readonly stateFile: string | undefined
  /** Undefined when no policy can lead to a rollback. */
  readonly server: Server | undefined
}

const GROWTH_OF_PAUSE = 6
const actionsWithoutVerdict = ['hold', 'rollback', 'accept'] as const

export function readInputs(read: InputReader, env: Environment, event: EventFacts): Inputs {
  const mode = readMode(read, event)
  const sha = read.parse('sha', text => parseSha(text || event.sha))
  const policies: Policies = {
    onFailure: read.choice('on-failure', ['rollback', 'report']),
    onTimeout: read.choice('on-timeout', actionsWithoutVerdict),
    onNoChecks: read.choice('on-no-checks', actionsWithoutVerdict),
  }
  const token = read.secret('github-token')
  if (token === undefined) read.problem('github-token', 'is missing; leave it out for the token of the job')
  const shortest = read.duration('poll-interval')
  const inputs: Inputs = {
    mode,
    sha,
    token: token ?? new Secret(''),
    policy: readPolicy(read, mode),
    pace: { shortest, longest: shortest * GROWTH_OF_PAUSE },
    policies,
    stateFile: read.text('state-file') || undefined,
    server: Object.values(policies).includes('rollback') ? readServer(read, env, sha) : undefined,
  }
  read.finish()
  return inputs
}

/** The secrets that can be read before anything else is: a message about a wrong input must not show them either. */
export function secretsIn(read: InputReader): Secret[] {
  const names = ['github-token', 'key', 'key-passphrase', 'passphrase', 'password', 'jump-key', 'jump-key-passphrase']
  return [...names, 'registry-password'].map(name => read.secret(name)).filter(secret => secret !== undefined)
}

export function secretsOf({ token, server }: Inputs): Secret[] {
  if (server === undefined) return [token]
  const { connection, rollback } = server
  const passwords = rollback.registries.map(({ password }) => password)
  const inUrl = secretsInUrl(rollback.health.url?.url).map(text => new Secret(text))
  return [token, ...connection.secrets, ...passwords, ...inUrl]
}

function readMode(read: InputReader, { eventName }: EventFacts): Inputs['mode'] {
  const isEvent = eventName === 'workflow_run'
  const mode = read.choice('mode', ['auto', 'event', 'poll'])
  if (mode === 'event' && !isEvent) {
    read.problem('mode', `is event, and this is a run for ${eventName}; use \`on: workflow_run\`, or \`mode: poll\``)
  }
  return mode === 'auto' ? (isEvent ? 'event' : 'poll') : mode
}

/** A short one names several commits, and a server's releases are compared with it. */
function parseSha(text: string): string {
  const sha = text.toLowerCase()
  if (!isCommitSha(sha)) throw new InvalidValue(`is "${text}"; write the full SHA of a commit, 40 or 64 digits`)
  return sha
}

/** One look waits for nothing: there is another event when CI goes on. */
function readPolicy(read: InputReader, mode: Inputs['mode']): CiPolicy {
  const windows = {
    grace: read.duration('grace'),
    confirmFailure: read.duration('failure-for'),
    stableFor: read.duration('stable-for'),
  }
  return {
    events: readWords(read, 'events'),
    include: readPatterns(read, 'include'),
    exclude: readPatterns(read, 'exclude'),
    required: readPatterns(read, 'required'),
    allowFail: readPatterns(read, 'allow-fail'),
    passing: new Set(readWords(read, 'conclusions')),
    onWaiting: read.choice('on-waiting', ['pending', 'ignore']),
    ...(mode === 'event' ? { grace: 0, confirmFailure: 0, stableFor: 0 } : windows),
    timeout: read.duration('watch-timeout'),
  }
}

function readWords(read: InputReader, name: string): string[] {
  return read
    .text(name)
    .split(/[\s,]+/)
    .filter(Boolean)
}

function readPatterns(read: InputReader, name: string): NamePattern[] {
  return read.check(name, () => read.lines(name).map(parseNamePattern)) ?? []
}

function readServer(read: InputReader, env: Environment, sha: string): Server | undefined {
  if (read.text('host') === '') {
    read.problem('host', 'is missing; a rollback needs the server. Set `on-failure: report` to report only')
    return undefined
  }
  return {
    connection: readServerInputs(read, env),
    rollback: {
      path: read.parse('path', parseProjectPath),
      projectName: read.parse('project-name', parseProjectName),
      lockTimeout: read.duration('lock-timeout'),
      registries: readRegistries(read),
      pullTimeout: read.duration('pull-timeout'),
      health: {
        waitTimeout: read.duration('wait-timeout'),
        stableFor: undefined,
        url: readHealthUrl(read),
      },
      onFailure: 'rollback',
      to: '',
      from: sha,
    },
  }
}
