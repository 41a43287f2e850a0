import { isPlain, parseCoolifyUrl, parseDeployWebhook } from '@deploy-actions/core/coolify/addresses'
import type { InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { isTag, nameOf, parseImageReference } from '@deploy-actions/core/values/image-reference'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Secret } from '@deploy-actions/core/values/secret'
import { branchName, type Chosen, chooseLines, parseBranchLine } from './branch-map.ts'

/** What is named in Coolify: one resource, or all that carry one of its tags. */
export type Target = { readonly uuid: string } | { readonly tag: string }

/** The version that shall run. */
export type Wanted =
  /** What Coolify has set already. */
  | { readonly kind: 'current' }
  | { readonly kind: 'image'; readonly name: string | undefined; readonly tag: string }
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'back'; readonly to: 'previous' | { readonly version: string } }

/** The inputs of a step, read and checked. Times are in milliseconds. */
export interface Inputs {
  /** Address of Coolify, without a slash at the end. */
  readonly base: string
  readonly token: Secret
  readonly targets: readonly Target[]
  readonly wanted: Wanted
  readonly pullRequest: number | undefined
  readonly force: boolean
  readonly pull: 'always' | 'missing'
  readonly onFailure: 'rollback' | 'keep'
  readonly wait: boolean
  readonly waitTimeout: number
  readonly onTimeout: 'cancel' | 'keep'
  readonly pollInterval: number
  readonly logs: 'auto' | 'follow' | 'none'
  readonly health: Health
  readonly dryRun: boolean
}

export interface Health {
  /** What decides whether it is healthy: Coolify's status, the URLs, or both. */
  readonly by: 'coolify' | 'url' | 'both'
  readonly timeout: number
  readonly settle: number
  /** URLs, and paths of an application's own domain. */
  readonly urls: readonly string[]
  readonly tries: number
  readonly interval: number
}

/** The branch goes nowhere: there is nothing to do, and nothing is wrong. */
export interface Nowhere {
  /** A sentence without its end. */
  readonly skip: string
}

export function readInputs(read: InputReader): Inputs | Nowhere {
  const branch = branchName(read.text('branch'))
  const choose = (name: string) => chooseLines(read.lines(name).map(parseBranchLine), branch)
  const places = ['webhook', 'coolify-url', 'uuid', 'tag'].map((name): [string, Chosen] => [name, choose(name)])
  const wanted = readWanted(read)
  const rest = {
    wanted,
    pull: read.choice('pull', ['always', 'missing']),
    onFailure: read.choice('on-failure', ['rollback', 'keep']),
    wait: read.boolean('wait'),
    waitTimeout: read.duration('wait-timeout'),
    onTimeout: read.choice('on-timeout', ['cancel', 'keep']),
    pollInterval: read.duration('poll-interval'),
    logs: read.choice('logs', ['auto', 'follow', 'none']),
    dryRun: read.boolean('dry-run'),
  }
  const force = read.boolean('force')
  const pullRequest = readPullRequest(read, wanted)
  const times = readTimes(read)
  const elsewhere = places.find(([, chosen]) => chosen.kind === 'elsewhere')
  if (elsewhere) {
    read.finish()
    return { skip: whyNowhere(elsewhere, branch) }
  }
  const place = readPlace(read, Object.fromEntries(places))
  const token = readToken(read, choose('token'), branch)
  const urls = readHealthUrls(read, choose('health-url'))
  if (times.by === 'url' && urls.length === 0) {
    read.problem('health', 'is "url", and `health-url` is empty; set the URL that decides')
  }
  if ((pullRequest ?? place.pullRequest) !== undefined && place.targets.some(target => 'tag' in target)) {
    read.problem('pull-request', 'cannot go with a tag of Coolify; name the application by its uuid')
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

function whyNowhere([name, chosen]: [string, Chosen], branch: string): string {
  const known = chosen.kind === 'elsewhere' ? chosen.branches.join(', ') : ''
  const who = branch === '' ? 'no branch is given' : `"${branch}" is not among them`
  return `\`${name}\` has lines for ${known}, and ${who}`
}

/** Every target of a run is on one Coolify, as there is one token, which must reach no other. */
function readPlace(read: InputReader, chosen: Readonly<Record<string, Chosen>>) {
  const values = (name: string) => {
    const found = chosen[name]
    if (found?.kind === 'empty') read.problem(name, `has a line for ${found.branch} without a value; ${NOT_SET}`)
    return found?.kind === 'values' ? found.values : []
  }
  const webhooks = values('webhook').flatMap(text => read.check('webhook', () => parseDeployWebhook(text)) ?? [])
  const urls = values('coolify-url').flatMap(text => read.check('coolify-url', () => parseCoolifyUrl(text)) ?? [])
  const list = (name: string) => values(name).flatMap(line => line.split(',').flatMap(entry => entry.trim() || []))
  const [uuids, tags] = [list('uuid'), list('tag')]
  for (const uuid of uuids.filter(text => !/^[\w-]+$/.test(text))) {
    read.problem('uuid', `has "${uuid}" in it; a UUID is the last part of the address of the resource's page`)
  }
  const given = (name: string) => chosen[name]?.kind !== 'none'
  if (given('webhook')) {
    for (const name of ['coolify-url', 'uuid', 'tag'].filter(given)) {
      read.problem(name, 'is set, and `webhook` too, which says the same; leave one out')
    }
  } else if (!given('coolify-url')) {
    read.problem('webhook', `is empty, and \`coolify-url\` too; ${NOT_SET}`)
  } else if (!given('uuid') && !given('tag')) {
    read.problem('uuid', 'and `tag` are empty; with `coolify-url` one of them says what to deploy')
  }
  if (given('uuid') && given('tag')) read.problem('tag', 'is set, and `uuid` too; leave one out')
  const bases = [...new Set([...webhooks.map(({ base }) => base), ...urls])]
  if (bases.length > 1) {
    read.problem(
      given('webhook') ? 'webhook' : 'coolify-url',
      `leads to several Coolifys (${bases.join(', ')}), which would all get the one token; use a step for each`,
    )
  }
  if (new Set(webhooks.map(({ pullRequest }) => pullRequest)).size > 1) {
    read.problem('webhook', 'leads to several pull requests; use a step for each')
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
  'is the secret not set here? A run from a fork gets no secrets, and those of an environment take `environment:` on the job'

function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map(target => [JSON.stringify(target), target])).values()]
}

function readToken(read: InputReader, chosen: Chosen, branch: string): Secret {
  const values = chosen.kind === 'values' ? chosen.values : []
  const token = bareToken(values[0] ?? '')
  if (chosen.kind === 'elsewhere') read.problem('token', `has no line for "${branch}", which is to be deployed`)
  else if (values.length === 0) read.problem('token', `is empty; ${NOT_SET}`)
  else if (values.length > 1) read.problem('token', 'has several values for one branch; a run takes one')
  else if (/^["'`].*["'`]$/.test(token)) {
    read.problem('token', 'has quotes around it, as in an `.env` file; store it without them')
  } else if (/[^\x21-\x7e]/.test(token)) {
    read.problem('token', 'has white space or other letters in it that no token has; copy it again')
  }
  return new Secret(token)
}

/** A token as people copy it from an example of a call. */
function bareToken(text: string): string {
  return text.replace(/^Bearer\s+/i, '')
}

/** The tokens of all branches, so that none of them is seen even where another one is used. */
export function tokensIn(read: InputReader): Secret[] {
  return read
    .lines('token')
    .map(line => bareToken(parseBranchLine(line).value))
    .filter(value => value !== '')
    .map(value => new Secret(value))
}

function readWanted(read: InputReader): Wanted {
  const [tag, image, commit, back] = ['image-tag', 'image', 'commit', 'rollback-to'].map(name => read.text(name))
  const set = ['image-tag', 'image', 'commit', 'rollback-to'].filter(name => read.text(name) !== '')
  if (set.length > 1) {
    read.problem(set[1] ?? '', `is set, and \`${set[0]}\` too; each says by itself which version shall run`)
  }
  if (tag) return { kind: 'image', name: undefined, tag: read.parse('image-tag', parseTag) }
  if (image) return read.parse('image', parseImage)
  if (commit) return { kind: 'commit', commit: read.parse('commit', parseCommit) }
  if (back) return { kind: 'back', to: read.parse('rollback-to', parseVersion) }
  return { kind: 'current' }
}

function parseTag(text: string): string {
  if (isTag(text)) return text
  if (/[/:@]/.test(text)) throw new InvalidValue(`is "${text}", more than a tag; write the tag alone, or set \`image\``)
  throw new InvalidValue(
    `is "${text}"; a tag has letters, digits, "_", "." and "-", 128 at most, and begins with no "." or "-"`,
  )
}

/** Coolify writes a digest as a tag of a form of its own. */
function parseImage(text: string): Wanted {
  const reference = parseImageReference(text)
  const { tag, digest } = reference
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1]
  if (digest !== undefined && sha256 === undefined) {
    throw new InvalidValue(`is "${text}"; of digests Coolify takes sha256 only`)
  }
  if (sha256 === undefined && tag === undefined) {
    throw new InvalidValue(`is "${text}", without a tag or digest; write which version shall run`)
  }
  return { kind: 'image', name: nameOf(reference), tag: sha256 === undefined ? (tag ?? '') : `sha256-${sha256}` }
}

function parseCommit(text: string): string {
  if (isCommitSha(text.toLowerCase())) return text.toLowerCase()
  throw new InvalidValue(
    `is "${text}"; write the whole SHA of a commit (\`\${{ github.sha }}\`), as Coolify fetches that one alone`,
  )
}

function parseVersion(text: string): 'previous' | { version: string } {
  if (text === 'previous') return text
  const digest = /^(?:.*@)?sha256:([0-9a-f]{64})$/.exec(text)?.[1]
  if (digest !== undefined) return { version: `sha256-${digest}` }
  if (isTag(text)) return { version: text }
  throw new InvalidValue(`is "${text}"; write an image tag, a commit, or "previous"`)
}

function readPullRequest(read: InputReader, wanted: Wanted): number | undefined {
  const text = read.text('pull-request')
  if (text === '') return undefined
  if (wanted.kind === 'back' || wanted.kind === 'commit') {
    read.problem(
      'pull-request',
      `cannot go with \`${wanted.kind === 'back' ? 'rollback-to' : 'commit'}\`; a preview is of the newest commit`,
    )
  }
  return read.integer('pull-request', { min: 1, max: 1_000_000_000 })
}

function readTimes(read: InputReader) {
  if (/^0+(ms|s|m|h)$/.test(read.text('poll-interval'))) {
    read.problem('poll-interval', 'is 0, which uses up the requests that Coolify allows; write 5s')
  }
  return {
    by: read.choice('health', ['both', 'coolify', 'url']),
    timeout: read.duration('health-timeout'),
    settle: read.duration('settle'),
    tries: read.integer('health-tries', { min: 1, max: 1_000 }),
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
        `is "${text}"; write a whole URL such as https://shop.example.org/health, or a path such as /health`,
      )
    }
  }
  return values
}

/** A sentence about an address that is risky, and works. */
export function warningOf({ base }: Inputs): string | undefined {
  return isPlain(base)
    ? `${base} is plain http: who stands between the runner and Coolify can read the token, and then deploy. Give Coolify a domain (Settings → Configuration), which brings https.`
    : undefined
}
