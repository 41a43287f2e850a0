import { isPlain, parseCoolifyUrl, parseDeployWebhook } from '@deploy-actions/core/coolify/addresses'
import type { InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { isTag, nameOf, parseImageReference } from '@deploy-actions/core/values/image-reference'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'
import { branchName, type Chosen, chooseLines, parseBranchLine } from './branch-map.ts'

/** One resource in Coolify, or all resources with a tag. */
export type Target = { readonly uuid: string } | { readonly tag: string }

/** The version to deploy. */
export type Wanted =
  /** The version that is set in Coolify. */
  | { readonly kind: 'current' }
  | { readonly kind: 'image'; readonly name: string | undefined; readonly tag: string }
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'rollback'; readonly to: 'previous' | { readonly version: string } }

/** The validated inputs of a step. Times are in milliseconds. */
export interface Inputs {
  /** Address of Coolify, without a trailing slash. */
  readonly base: string
  readonly token: Secret
  /** Key of the lines that apply. */
  readonly branch: string
  readonly targets: readonly Target[]
  readonly wanted: Wanted
  readonly pullRequest: number | undefined
  readonly force: boolean
  readonly pull: 'always' | 'missing'
  readonly onFailure: 'rollback' | 'keep'
  readonly confirm: 'none' | 'job'
  readonly wait: boolean
  readonly waitTimeout: number
  readonly onTimeout: 'cancel' | 'keep'
  readonly pollInterval: number
  readonly logs: 'auto' | 'follow' | 'none'
  readonly health: Health
  readonly dryRun: boolean
}

export interface Health {
  /** The source that decides: Coolify's status, the URLs, or both. */
  readonly by: 'coolify' | 'url' | 'both'
  readonly timeout: number
  readonly stableFor: number
  /** Complete URLs, and paths that are resolved against the application's domain. */
  readonly urls: readonly string[]
  readonly attempts: number
  readonly interval: number
}

/** The branch is not deployed, which is not an error. */
export interface Skip {
  /** A sentence without its full stop. */
  readonly skip: string
}

export function readInputs(read: InputReader): Inputs | Skip {
  const branch = branchName(read.text('branch'))
  const choose = (name: string) => chosenLines(read, name, branch)
  const places = ['webhook', 'coolify-url', 'uuid', 'coolify-tag'].map((name): [string, Chosen] => [name, choose(name)])
  const wanted = readWanted(read)
  const rest = {
    wanted,
    branch,
    confirm: read.choice('confirm', ['none', 'job']),
    pull: read.choice('pull', ['always', 'missing']),
    onFailure: read.choice('on-failure', ['rollback', 'keep']),
    wait: read.boolean('wait'),
    waitTimeout: read.duration('wait-timeout'),
    onTimeout: read.choice('on-timeout', ['cancel', 'keep']),
    pollInterval: read.duration('poll-interval'),
    logs: read.choice('logs', ['auto', 'follow', 'none']),
    dryRun: read.boolean('dry-run'),
  }
  if (rest.confirm === 'job' && !rest.wait) {
    read.problem('confirm', 'is "job", which needs a verified deploy; remove `wait: false`')
  }
  if (rest.confirm === 'job' && rest.onFailure === 'keep') {
    read.problem('confirm', 'is "job", which rolls back when the job fails; remove `on-failure: keep`')
  }
  const force = read.boolean('force')
  const pullRequest = readPullRequest(read, wanted)
  const times = readTimes(read)
  const elsewhere = places.find(([, chosen]) => chosen.kind === 'elsewhere')
  if (elsewhere) {
    read.finish()
    return { skip: skipReason(elsewhere, branch) }
  }
  const place = readPlace(read, Object.fromEntries(places))
  const token = readToken(read, choose('token'), branch)
  const urls = readHealthUrls(read, choose('health-url'))
  if (times.by === 'url' && urls.length === 0) {
    read.problem('health', 'is "url", and `health-url` is empty; set the URL to check')
  }
  if ((pullRequest ?? place.pullRequest) !== undefined && place.targets.some(target => 'tag' in target)) {
    read.problem('pull-request', 'cannot be combined with a tag of Coolify; set `uuid` instead')
  }
  read.finish()
  return {
    ...rest,
    ...place,
    token,
    force: force || place.force,
    pullRequest: pullRequest ?? place.pullRequest,
    health: { ...times, urls: times.by === 'coolify' ? [] : urls },
  }
}

function skipReason([name, chosen]: [string, Chosen], branch: string): string {
  const known = chosen.kind === 'elsewhere' ? chosen.branches.join(', ') : ''
  const who = branch === '' ? '`branch` is empty' : `"${branch}" is not among them`
  return `\`${name}\` has lines for ${known}, and ${who}`
}

/** All targets of a run are in one Coolify, because its token must not be sent to another one. */
function readPlace(read: InputReader, chosen: Readonly<Record<string, Chosen>>) {
  const values = (name: string) => {
    const found = chosen[name]
    if (found?.kind === 'empty') read.problem(name, `has a line for ${found.branch} without a value; ${NOT_SET}`)
    return found?.kind === 'values' ? found.values : []
  }
  const webhooks = values('webhook').flatMap(text => read.check('webhook', () => parseDeployWebhook(text)) ?? [])
  const urls = values('coolify-url').flatMap(text => read.check('coolify-url', () => parseCoolifyUrl(text)) ?? [])
  const list = (name: string) => values(name).flatMap(line => line.split(',').flatMap(entry => entry.trim() || []))
  const [uuids, tags] = [list('uuid'), list('coolify-tag')]
  for (const uuid of uuids.filter(text => !/^[\w-]+$/.test(text))) {
    read.problem('uuid', `contains "${uuid}"; the UUID is the last part of the address of the resource's page`)
  }
  const given = (name: string) => chosen[name]?.kind !== 'none'
  if (given('webhook')) {
    for (const name of ['coolify-url', 'uuid', 'coolify-tag'].filter(given)) {
      read.problem(name, 'is set, and `webhook` too; use only one of them')
    }
  } else if (!given('coolify-url')) {
    read.problem('webhook', `is empty, and \`coolify-url\` too; ${NOT_SET}`)
  } else if (!given('uuid') && !given('coolify-tag')) {
    read.problem('uuid', 'and `coolify-tag` are empty; `coolify-url` needs one of them')
  }
  if (given('uuid') && given('coolify-tag')) read.problem('coolify-tag', 'is set, and `uuid` too; use only one of them')
  const bases = [...new Set([...webhooks.map(({ base }) => base), ...urls])]
  if (bases.length > 1) {
    read.problem(
      given('webhook') ? 'webhook' : 'coolify-url',
      `names several Coolify instances (${bases.join(', ')}), but a token belongs to one; use one step per instance`,
    )
  }
  if (new Set(webhooks.map(({ pullRequest }) => pullRequest)).size > 1) {
    read.problem('webhook', 'names several pull requests; use one step per pull request')
  }
  const targets = [
    ...webhooks.flatMap(webhook => webhook.uuids.map(uuid => ({ uuid }))),
    ...webhooks.flatMap(webhook => webhook.tags.map(tag => ({ tag }))),
    ...uuids.map(uuid => ({ uuid })),
    ...tags.map(tag => ({ tag })),
  ]
  return {
    base: bases[0] ?? '',
    targets: unique(targets),
    force: webhooks.some(webhook => webhook.force),
    pullRequest: webhooks[0]?.pullRequest,
  }
}

const NOT_SET =
  'check that the secret is set. Runs from forks get no secrets, and secrets of an environment need `environment:` on the job'

function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map(target => [JSON.stringify(target), target])).values()]
}

function readToken(read: InputReader, chosen: Chosen, branch: string): Secret {
  const values = chosen.kind === 'values' ? chosen.values : []
  const token = bareToken(values[0] ?? '')
  if (chosen.kind === 'elsewhere') read.problem('token', `has no line for "${branch}", which is deployed`)
  else if (values.length === 0) read.problem('token', `is empty; ${NOT_SET}`)
  else if (values.length > 1) read.problem('token', 'has several values for one branch; set only one')
  else if (/^["'`].*["'`]$/.test(token)) {
    read.problem('token', 'has quotes around it, as in an `.env` file; store the secret without them')
  } else if (/[^\x21-\x7e]/.test(token)) {
    read.problem('token', 'contains white space or other characters that are not part of a token; copy it again')
  }
  return new Secret(token)
}

/** Removes `Bearer`, which is copied from examples of requests. */
function bareToken(text: string): string {
  return text.replace(/^Bearer\s+/i, '')
}

function chosenLines(read: InputReader, name: string, branch: string): Chosen {
  return chooseLines(read.lines(name).map(parseBranchLine), branch)
}

/** The lines of an input that apply to a branch. */
export function linesForBranch(read: InputReader, name: string, branch: string): readonly string[] {
  const chosen = chosenLines(read, name, branch)
  return chosen.kind === 'values' ? chosen.values : []
}

export function tokenForBranch(read: InputReader, branch: string): Secret {
  return readToken(read, chosenLines(read, 'token', branch), branch)
}

/** The tokens of all branches, so that all of them are masked. */
export function tokensIn(read: InputReader): Secret[] {
  return read
    .lines('token')
    .map(line => bareToken(parseBranchLine(line).value))
    .filter(value => value !== '')
    .map(value => new Secret(value))
}

function readWanted(read: InputReader): Wanted {
  const mode = read.choice('mode', ['deploy', 'rollback'])
  const [tag, image, commit, to] = ['image-tag', 'image', 'commit', 'to'].map(name => read.text(name))
  const set = ['image-tag', 'image', 'commit'].filter(name => read.text(name) !== '')
  if (mode === 'rollback') {
    if (set[0] !== undefined) read.problem(set[0], 'is set, and `mode` is "rollback"; set the version in `to`')
    return { kind: 'rollback', to: read.parse('to', parseVersion) }
  }
  if (to) read.problem('to', 'is set, and `mode` is "deploy"; it belongs to `mode: rollback`')
  if (set.length > 1) {
    read.problem(set[1] ?? '', `is set, and \`${set[0]}\` too; use only one of them`)
  }
  if (tag) return { kind: 'image', name: undefined, tag: read.parse('image-tag', parseTag) }
  if (image) return read.parse('image', parseImage)
  if (commit) return { kind: 'commit', commit: read.parse('commit', parseCommit) }
  return { kind: 'current' }
}

function parseTag(text: string): string {
  if (isTag(text)) return text
  if (/[/:@]/.test(text))
    throw new InvalidValue(`is "${text}", which is more than a tag; write only the tag, or set \`image\``)
  throw new InvalidValue(
    `is "${text}"; a tag has at most 128 letters, digits, "_", "." and "-", and does not start with "." or "-"`,
  )
}

/** Coolify stores a digest as a tag with its own format. */
function parseImage(text: string): Wanted {
  const reference = parseImageReference(text)
  const { tag, digest } = reference
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1]
  if (digest !== undefined && sha256 === undefined) {
    throw new InvalidValue(`is "${text}"; Coolify supports only sha256 digests`)
  }
  if (sha256 === undefined && tag === undefined) {
    throw new InvalidValue(`is "${text}", without a tag or digest; add the version to deploy`)
  }
  return { kind: 'image', name: nameOf(reference), tag: sha256 === undefined ? (tag ?? '') : `sha256-${sha256}` }
}

function parseCommit(text: string): string {
  if (isCommitSha(text.toLowerCase())) return text.toLowerCase()
  throw new InvalidValue(
    `is "${text}"; write the full SHA of a commit (\`\${{ github.sha }}\`), because Coolify fetches only that commit`,
  )
}

function parseVersion(text: string): 'previous' | { version: string } {
  if (text === 'previous') return text
  if (text === '') throw new InvalidValue('is empty; `mode: rollback` needs an image tag, a commit, or `previous`')
  const digest = /^(?:.*@)?sha256:([0-9a-f]{64})$/.exec(text)?.[1]
  if (digest !== undefined) return { version: `sha256-${digest}` }
  if (isTag(text)) return { version: text }
  throw new InvalidValue(`is "${text}"; write an image tag, a commit, or "previous"`)
}

function readPullRequest(read: InputReader, wanted: Wanted): number | undefined {
  const text = read.text('pull-request')
  if (text === '') return undefined
  if (wanted.kind === 'rollback' || wanted.kind === 'commit') {
    read.problem(
      'pull-request',
      `cannot be combined with \`${wanted.kind === 'rollback' ? 'mode: rollback' : 'commit'}\`; a preview is built from the newest commit`,
    )
  }
  return read.integer('pull-request', { min: 1, max: 1_000_000_000 })
}

function readTimes(read: InputReader) {
  if (/^0+(ms|s|m|h)$/.test(read.text('poll-interval'))) {
    read.problem('poll-interval', 'is 0, which would exceed the request limit of Coolify; write 5s')
  }
  return {
    by: read.choice('health', ['both', 'coolify', 'url']),
    timeout: read.duration('health-timeout'),
    stableFor: read.duration('stable-for'),
    attempts: read.integer('health-attempts', { min: 1, max: 1_000 }),
    interval: read.duration('health-interval'),
  }
}

function readHealthUrls(read: InputReader, chosen: Chosen): readonly string[] {
  if (chosen.kind === 'empty') read.problem('health-url', `has a line for ${chosen.branch} without a value; ${NOT_SET}`)
  const values = chosen.kind === 'values' ? chosen.values : []
  for (const text of values) {
    const url = URL.parse(text)
    if (!text.startsWith('/') && (url === null || !/^https?:$/.test(url.protocol))) {
      read.problem(
        'health-url',
        `is "${text}"; write a complete URL such as https://shop.example.org/health, or a path such as /health`,
      )
    }
  }
  return values
}

/** A warning for an address that works and is not secure. */
export function warningOf({ base }: Inputs): string | undefined {
  return isPlain(base)
    ? `${base} uses plain HTTP: anyone on the network between the runner and Coolify can read the token and deploy with it. Set a domain with HTTPS in Coolify (Settings → Configuration).`
    : undefined
}
