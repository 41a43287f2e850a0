import { parseButton } from '@deploy-actions/core/discord/buttons'
import { parseColor } from '@deploy-actions/core/discord/color'
import { DETAILS, type Detail } from '@deploy-actions/core/discord/deploy-embed'
import { type Mention, parseMention } from '@deploy-actions/core/discord/mentions'
import { parseStatus, STATUSES, type Status } from '@deploy-actions/core/discord/status'
import { parseWebhookUrl, SNOWFLAKE, type Webhook, webhookOf } from '@deploy-actions/core/discord/webhook'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { nearestName } from '@deploy-actions/core/values/nearest'
import { parseFields } from './fields.ts'
import { type Look, parseTemplate, TEXT_KEYS, type Template, templateLook } from './look.ts'
import { unknownPlaceholders } from './placeholders.ts'

export const ONLY_WHEN = ['always', 'failure', 'change'] as const

export interface Inputs {
  readonly targets: readonly Target[]
  readonly status: Status
  readonly environment: string | undefined
  readonly url: string | undefined
  readonly sha: string | undefined
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

/** `fail` unless it is known to be `warn`: whoever mistyped it did not mean the default. */
export function readOnError(env: Environment): 'warn' | 'fail' {
  return new InputReader(env).text('on-error') === 'warn' ? 'warn' : 'fail'
}

/**
 * Reads the inputs. What only concerns the looks (a colour that is none, a button without an address) goes to `looks`, so
 * that the message can go out without it; anything else goes to `read`.
 */
export function readInputs(read: InputReader, looks: InputReader, readFile: (path: string) => string): Inputs {
  read.choice('on-error', ['warn', 'fail'])
  const status = read.parse('status', parseStatus)
  const look = readLook(looks, status ?? 'failure', readFile)
  const onlyWhen = read.choice('only-when', ONLY_WHEN)
  const stateKey = read.text('state-key') || undefined
  const stateFile = read.text('state-file') || undefined
  if (stateKey && stateFile) read.problem('state-key', 'and `state-file` are both set; keep one of them')
  if (onlyWhen === 'change' && !stateKey && !stateFile) {
    read.problem('only-when', 'is "change", which needs `state-key` or `state-file` to remember what it was')
  }
  return {
    targets: readTargets(read),
    status,
    environment: read.text('environment') || undefined,
    url: webAddress(looks, 'url'),
    sha: readSha(looks),
    look,
    color: look.color ? looks.check('color', () => parseColor(look.color ?? '')) : undefined,
    buttons: (look.buttons ?? []).filter(
      line => looks.check('buttons', () => parseButton(withAddress(line))) !== undefined,
    ),
    details: readDetails(looks),
    timeline: read.boolean('timeline'),
    threadName: read.text('thread-name') || undefined,
    appliedTags: ids(read, 'applied-tags', 'tag'),
    files: read.lines('files'),
    startedAt: looks.text('started-at') ? looks.parse('started-at', parseTime) : undefined,
    mentions: readMentions(looks, status ?? 'failure'),
    silent: read.boolean('silent'),
    suppressPreviews: read.boolean('suppress-previews'),
    onlyWhen,
    stateKey,
    stateFile,
    failsOnMissingWebhook: read.choice('on-missing-webhook', ['skip', 'fail']) === 'fail',
    timeout: read.duration('timeout'),
    dryRun: read.boolean('dry-run'),
  }
}

function readTargets(read: InputReader): Target[] {
  const apiBase = read.text('api-base') ? read.parse('api-base', parseApiBase) : undefined
  const [id, token] = [read.text('webhook-id'), read.text('webhook-token')]
  const lines = read.lines('webhook')
  const webhooks = lines.flatMap((line, index) => {
    const name = lines.length > 1 ? `line ${index + 1} ` : ''
    return read.check('webhook', () => [named(name, () => parseWebhookUrl(line, apiBase))]) ?? []
  })
  if (id && token) {
    if (lines.length > 0) read.problem('webhook', 'and `webhook-id` are both set; keep one of them')
    webhooks.push(...(read.check('webhook-id', () => [webhookOf(id, token, apiBase)]) ?? []))
  } else if (id) {
    // From a fork the secret half alone is missing; that is a skip as a missing URL is.
    read.check('webhook-id', () => webhookOf(id, 'x'.repeat(68)))
  } else if (token) {
    read.problem('webhook-token', 'is set without `webhook-id`')
  }
  const messageIds = perWebhook(read, 'message-id', webhooks.length, false)
  const threadIds = perWebhook(read, 'thread-id', webhooks.length, true)
  return webhooks.map((webhook, index) => ({
    webhook,
    messageId: messageIds[index],
    threadId: threadIds[index] ?? webhook.threadId,
  }))
}

/** Puts words before a parser's complaint. */
function named<T>(name: string, parser: () => T): T {
  try {
    return parser()
  } catch (thrown) {
    throw thrown instanceof InvalidValue ? new InvalidValue(`${name}${thrown.message}`) : thrown
  }
}

/** One id a webhook, `-` for none; where `shared`, a single one is for all. */
function perWebhook(read: InputReader, name: string, count: number, shared: boolean): (string | undefined)[] {
  const lines = read.lines(name)
  for (const line of lines) {
    if (line !== '-' && !SNOWFLAKE.test(line))
      read.problem(name, `has "${line}", which is no id of Discord (a number of 17 to 20 digits)`)
  }
  const values = lines.map(line => (line === '-' ? undefined : line))
  if (shared && values.length === 1) return Array.from({ length: count }, () => values[0])
  if (values.length > 0 && count > 0 && values.length !== count) {
    read.problem(name, `has ${values.length} lines for ${count} webhooks; write one a webhook, - for none`)
  }
  return values
}

function ids(read: InputReader, name: string, what: string): string[] {
  const lines = read.lines(name)
  for (const line of lines) if (!SNOWFLAKE.test(line)) read.problem(name, `has "${line}", which is no id of a ${what}`)
  return lines
}

function readLook(looks: InputReader, status: Status, readFile: (path: string) => string): Look {
  const path = looks.text('template')
  const template: Template = path
    ? (looks.check('template', () => parseTemplate(readFile(path))) ?? new Map())
    : new Map()
  const own: Record<string, unknown> = {}
  for (const key of TEXT_KEYS) if (looks.text(key)) own[key] = looks.text(key)
  if (looks.text('fields')) own['fields'] = looks.check('fields', () => parseFields(looks.raw('fields')))
  if (looks.text('buttons')) own['buttons'] = looks.lines('buttons')
  const look: Look = { ...templateLook(template, status), ...own }
  for (const key of ['title', 'text', 'content', 'footer'] as const) {
    for (const name of unknownPlaceholders(look[key] ?? '')) looks.problem(key, `has ${name}, which stands for nothing`)
  }
  return look
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
  const mentions = looks.lines('mentions').flatMap(line => looks.check('mentions', () => [parseMention(line)]) ?? [])
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
  looks.problem(name, `is "${text}", which is no web address (https://…)`)
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
