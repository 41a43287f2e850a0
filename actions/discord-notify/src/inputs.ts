import { parseButton } from '@deploy-actions/core/discord/buttons'
import { parseColor } from '@deploy-actions/core/discord/color'
import { DETAILS, type Detail } from '@deploy-actions/core/discord/deploy-embed'
import { type Mention, parseMention } from '@deploy-actions/core/discord/mentions'
import { parseStatus, parseStatuses, STATUSES, type Status, worstStatus } from '@deploy-actions/core/discord/status'
import { parseWebhookUrl, SNOWFLAKE, type Webhook, webhookOf } from '@deploy-actions/core/discord/webhook'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { nearestName } from '@deploy-actions/core/values/nearest'
import { parseFields } from './fields.ts'
import { type Look, TEXT_KEYS, type Template, templateLook } from './look.ts'
import { PLACEHOLDERS, unknownPlaceholders } from './placeholders.ts'

export const ONLY_WHEN = ['always', 'failure', 'change'] as const

export interface Inputs {
  /** In the order of the lines of `webhook`. */
  readonly targets: readonly (Target | BrokenTarget)[]
  readonly status: Status
  readonly environment: string | undefined
  readonly url: string | undefined
  /** Why it failed, in one line. */
  readonly reason: string | undefined
  readonly sha: string | undefined
  /** A line of Markdown per deploy of the job. */
  readonly releases: readonly string[]
  readonly look: Look
  readonly color: number | undefined
  /** Lines `Label: https://…`, in which placeholders may stand. */
  readonly buttons: readonly string[]
  readonly details: readonly Detail[]
  readonly timeline: boolean
  readonly threadName: string | undefined
  readonly appliedTags: readonly string[]
  readonly files: readonly string[]
  readonly startedAt: number | undefined
  /** Whom this status pings. */
  readonly mentions: readonly Mention[]
  readonly silent: boolean
  readonly suppressPreviews: boolean
  readonly onlyWhen: (typeof ONLY_WHEN)[number]
  readonly stateKey: string | undefined
  readonly stateFile: string | undefined
  readonly failsOnMissingWebhook: boolean
  readonly timeout: number
  readonly dryRun: boolean
}

/** A webhook, and the message and the thread that are meant there. */
export interface Target {
  readonly webhook: Webhook
  readonly messageId: string | undefined
  readonly threadId: string | undefined
}

/** A line of `webhook` that is not a webhook: it fails by itself, and the others get their message. */
export interface BrokenTarget {
  /** A sentence. */
  readonly problem: string
}

export function isBroken(target: Target | BrokenTarget): target is BrokenTarget {
  return 'problem' in target
}

/** In place of an input that is wrong: a notification is not lost for it. */
const FALLBACK = { timeout: 30_000 } as const

/** `fail` unless it is known to be `warn`: whoever mistyped it did not mean the default. */
export function readOnError(env: Environment): 'warn' | 'fail' {
  return new InputReader(env).text('on-error') === 'warn' ? 'warn' : 'fail'
}

/**
 * With variables in place of inputs that are not set: the webhook, under the name that users of other Discord actions have set, and the gateway,
 * which belongs to the network of the runner and not to a workflow.
 */
export function withVariables(env: Environment): Environment {
  const read = new InputReader(env)
  const isSet = (...names: string[]) => names.some(name => read.text(name) !== '')
  return {
    ...env,
    ...(isSet('webhook', 'webhook-id', 'webhook-token') ? {} : { INPUT_WEBHOOK: env['DISCORD_WEBHOOK'] }),
    ...(isSet('api-base') ? {} : { 'INPUT_API-BASE': env['DISCORD_API_BASE'] }),
  }
}

/** The inputs of sarisia/actions-status-discord that have another name here. GitHub passes undeclared inputs too. */
const PEERS = [
  { peer: 'description', name: 'text', hasDefault: false, convert: (text: string) => text },
  { peer: 'avatar_url', name: 'avatar-url', hasDefault: false, convert: (text: string) => text },
  {
    peer: 'nofail',
    name: 'on-error',
    hasDefault: true,
    convert: (text: string) => (/^false$/i.test(text) ? 'fail' : 'warn'),
  },
  {
    peer: 'nodetail',
    name: 'details',
    hasDefault: true,
    convert: (text: string) => (/^true$/i.test(text) ? 'none' : ''),
  },
] as const

/** Takes them for the inputs of this action, unless these are set. */
export function withPeersInputs(env: Environment, notice: (text: string) => void): Environment {
  const read = new InputReader(env)
  const taken: Record<string, string> = {}
  for (const { peer, name, hasDefault, convert } of PEERS) {
    const text = read.text(peer)
    if (text === '') continue
    const value = convert(text)
    notice(`\`${peer}\` has another name in this action: \`${name}\`.`)
    // Whether an input with a default is set cannot be seen.
    if (value !== '' && (hasDefault || read.text(name) === '')) taken[`INPUT_${name.toUpperCase()}`] = value
  }
  return { ...env, ...taken }
}

/**
 * Reads the inputs. What the message can go out without goes to `looks`: with `on-error: warn` that is a warning. What leaves nowhere
 * to send it goes to `read`, which refuses.
 */
export function readInputs(read: InputReader, looks: InputReader, template: Template): Inputs {
  looks.choice('on-error', ['warn', 'fail'])
  if (!/^(job)?$/.test(looks.text('follow'))) looks.problem('follow', `is "${looks.text('follow')}"; write job`)
  const status = readStatus(looks)
  const look = readLook(looks, status, template)
  const onlyWhen = looks.choice('only-when', ONLY_WHEN) ?? 'always'
  const stateKey = read.text('state-key') || undefined
  const stateFile = read.text('state-file') || undefined
  if (stateKey && stateFile) looks.problem('state-key', 'and `state-file` are both set; keep one of them')
  const isForgetful = onlyWhen === 'change' && !stateKey && !stateFile
  if (isForgetful) {
    looks.problem('only-when', 'is "change", which needs `state-key` or `state-file` to remember the last status')
  }
  return {
    targets: readTargets(read, looks),
    status,
    environment: read.text('environment') || undefined,
    url: webAddress(looks, 'url'),
    reason: looks.text('reason') || undefined,
    sha: readSha(looks),
    releases: [],
    look,
    color: look.color ? looks.check('color', () => parseColor(look.color ?? '')) : undefined,
    buttons: (look.buttons ?? []).filter(
      line => looks.check('buttons', () => parseButton(withAddress(line))) !== undefined,
    ),
    details: readDetails(looks),
    timeline: looks.boolean('timeline'),
    threadName: read.text('thread-name') || undefined,
    appliedTags: ids(looks, 'applied-tags', 'tag'),
    files: looks.lines('files'),
    startedAt: looks.text('started-at') ? looks.parse('started-at', parseTime) : undefined,
    mentions: readMentions(looks, status),
    silent: looks.boolean('silent'),
    suppressPreviews: looks.boolean('suppress-previews'),
    onlyWhen: isForgetful ? 'always' : onlyWhen,
    stateKey: stateFile ? undefined : stateKey,
    stateFile,
    failsOnMissingWebhook: looks.choice('on-missing-webhook', ['skip', 'fail']) === 'fail',
    timeout: looks.duration('timeout') ?? FALLBACK.timeout,
    dryRun: read.boolean('dry-run'),
  }
}

/** The worst of the words of `status`; with the job's own status where a word is unknown, which may be a bad one, or all are missing. */
function readStatus(looks: InputReader): Status {
  const isDeploy = looks.text('environment') !== ''
  const { known, problems } = parseStatuses(looks.text('status'))
  if (problems.length === 0) return worstStatus(known, isDeploy) ?? 'failure'
  const job = parseStatuses(looks.text('job-status').replace(/^auto:/, ''))
  const status = worstStatus([...known, ...job.known], isDeploy) ?? 'failure'
  for (const problem of problems) looks.problem('status', `${problem}; the message reports \`${status}\``)
  return status
}

function readTargets(read: InputReader, looks: InputReader): (Target | BrokenTarget)[] {
  const apiBase = read.text('api-base') ? read.parse('api-base', parseApiBase) : undefined
  const [id, token] = [read.text('webhook-id'), read.text('webhook-token')]
  const lines = read.lines('webhook')
  const webhooks = lines.map((line, index) =>
    webhookOrProblem(lines.length > 1 ? `\`webhook\` line ${index + 1}` : '`webhook`', () =>
      parseWebhookUrl(line, apiBase),
    ),
  )
  if (id && token) {
    if (lines.length > 0) looks.problem('webhook', 'and `webhook-id` are both set; both get the message')
    webhooks.push(webhookOrProblem('`webhook-id`', () => webhookOf(id, token, apiBase)))
  } else if (id) {
    // From a fork the secret half alone is missing; that is a skip as a missing URL is.
    looks.check('webhook-id', () => webhookOf(id, 'x'.repeat(68)))
  } else if (token) {
    looks.problem('webhook-token', 'is set without `webhook-id`')
  }
  const messageIds = perWebhook(looks, 'message-id', webhooks.length, false)
  const threadIds = perWebhook(looks, 'thread-id', webhooks.length, true)
  const targets = webhooks.map((webhook, index) =>
    'problem' in webhook
      ? webhook
      : { webhook, messageId: messageIds[index], threadId: threadIds[index] ?? webhook.threadId },
  )
  return targets
}

function webhookOrProblem(place: string, parser: () => Webhook): Webhook | BrokenTarget {
  try {
    return parser()
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return { problem: `${place} ${thrown.message}.` }
    throw thrown
  }
}

/** One id a webhook, `-` for none; where `shared`, a single one is for all. */
function perWebhook(looks: InputReader, name: string, count: number, shared: boolean): (string | undefined)[] {
  const lines = looks.lines(name)
  const values = lines.map(line => {
    if (line === '-' || SNOWFLAKE.test(line)) return line === '-' ? undefined : line
    looks.problem(name, `has "${line}", which is not an id of Discord (17 to 20 digits)`)
    return undefined
  })
  if (shared && values.length === 1) return Array.from({ length: count }, () => values[0])
  if (values.length > 0 && count > 0 && values.length !== count) {
    looks.problem(name, `has ${values.length} lines for ${count} webhooks; write one per webhook, - for none`)
    // Nobody knows which line belongs to which webhook.
    return []
  }
  return values
}

function ids(looks: InputReader, name: string, what: string): string[] {
  return looks.lines(name).filter(line => {
    if (SNOWFLAKE.test(line)) return true
    looks.problem(name, `has "${line}", which is not the id of a ${what} (17 to 20 digits)`)
    return false
  })
}

function readLook(looks: InputReader, status: Status, template: Template): Look {
  const own: Record<string, unknown> = {}
  for (const key of TEXT_KEYS) if (looks.text(key)) own[key] = looks.text(key)
  if (looks.text('fields')) own['fields'] = looks.check('fields', () => parseFields(looks.raw('fields')))
  if (looks.text('buttons')) own['buttons'] = looks.lines('buttons')
  const look: Look = { ...templateLook(template, status), ...own }
  for (const [key, value] of [...Object.entries(look), ['thread-name', looks.text('thread-name')] as const]) {
    for (const name of unknownPlaceholders(textsIn(value))) {
      const known = PLACEHOLDERS.map(placeholder => `{{${placeholder}}}`).join(' ')
      looks.problem(key, `has ${name}, which is not a known name and is sent as it is. Known names: ${known}`)
    }
  }
  return look
}

/** All that people read of a part of the look. */
function textsIn(value: Look[keyof Look]): string {
  if (value === undefined || typeof value === 'string') return value ?? ''
  return value.map(part => (typeof part === 'string' ? part : `${part.name}\n${part.value}`)).join('\n')
}

/** A line as it may be when its placeholders are filled, so that the rest of it can be checked. */
function withAddress(line: string): string {
  return line.replace(/\{\{[^}]*\}\}$/, 'https://a.example').replaceAll(/\{\{[^}]*\}\}/g, 'x')
}

function readDetails(looks: InputReader): Detail[] {
  const words = looks
    .text('details')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(word => word !== '' && word !== 'none')
  return words.flatMap(word => {
    const found = DETAILS.find(detail => detail === word)
    if (found) return [found]
    const near = nearestName(word, DETAILS)
    looks.problem('details', `has "${word}"${near ? ` (${near}?)` : ''}; choose of ${DETAILS.join(', ')}, or none`)
    return []
  })
}

/** Empty where this status pings nobody. */
function readMentions(looks: InputReader, status: Status): Mention[] {
  const mentions = looks
    .lines('mentions')
    .flatMap(mentionsIn)
    .flatMap(word => looks.check('mentions', () => [parseMention(word)]) ?? [])
  const words = looks
    .text('mention-on')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const pings = words.map(word => {
    if (word === 'always') return true
    if (word === 'failure') return STATUSES[status].mood === 'down'
    return looks.check('mention-on', () => parseStatus(word)) === status
  })
  return pings.includes(true) ? mentions : []
}

/** Several may be pasted in one line: `<@&ID> <@ID>`. */
function mentionsIn(line: string): string[] {
  return line
    .replaceAll(/\s*[:=]\s*/g, ':')
    .split(/[\s,]+/)
    .filter(Boolean)
}

function readSha(looks: InputReader): string | undefined {
  const text = looks.text('sha').toLowerCase()
  if (text === '') return undefined
  if (isCommitSha(text) || /^[0-9a-f]{7,40}$/.test(text)) return text
  looks.problem('sha', `is "${text}", which is no commit id`)
  return undefined
}

function webAddress(looks: InputReader, name: string): string | undefined {
  const text = looks.text(name)
  if (text === '') return undefined
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  looks.problem(name, `is "${text}", which is not a web address (https://…)`)
  return undefined
}

function parseApiBase(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidValue('is no address; write https://host')
  return url.origin
}

/** ISO 8601, or seconds since 1970. */
function parseTime(text: string): number {
  const time = /^\d{9,11}$/.test(text) ? Number(text) * 1_000 : Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidValue(`is "${text}", which is no time; write 2026-01-31T10:00:00Z`)
  return time
}
