import { InvalidValue } from '../values/invalid-value.ts'
import { Secret } from '../values/secret.ts'

/** Where messages go. The token in it is the credential: who has it can post. */
export interface Webhook {
  /** `https://discord.com`, or where tests and gateways listen. */
  readonly base: string
  readonly id: string
  readonly token: Secret
  /** From `?thread_id=` of the URL. */
  readonly threadId?: string
}

const HOSTS: ReadonlySet<string> = new Set([
  'discord.com',
  'discordapp.com',
  'canary.discord.com',
  'ptb.discord.com',
  'canary.discordapp.com',
  'ptb.discordapp.com',
])

export const SNOWFLAKE = /^[1-9]\d{5,19}$/
const TOKEN = /^[\w.-]{20,200}$/

/**
 * Reads a webhook's URL as Discord shows it. Its messages never quote the text, which is a secret. `apiBase` is another
 * address of the API; the hosts of Discord are then not insisted on.
 */
export function parseWebhookUrl(text: string, apiBase?: string): Webhook {
  const url = URL.parse(text.trim())
  if (!url) throw new InvalidValue(`is not a URL; ${RIGHT}`)
  if (apiBase === undefined) {
    if (url.protocol !== 'https:') throw new InvalidValue(`does not begin with https://; ${RIGHT}`)
    if (!HOSTS.has(url.hostname)) throw new InvalidValue(`is an address of another host than discord.com; ${RIGHT}`)
  }
  const path = /^\/api(?:\/v\d+)?\/webhooks\/([^/]+)\/([^/]+)(?:\/(github|slack))?\/?$/.exec(url.pathname)
  if (!path) throw new InvalidValue(`is an address of Discord, but not a webhook's; ${RIGHT}`)
  const [, id = '', token = '', dialect] = path
  if (dialect) {
    throw new InvalidValue(
      `ends with /${dialect}, the form that takes that service's messages only; leave the ending out`,
    )
  }
  const threadId = url.searchParams.get('thread_id')
  if (threadId !== null && !SNOWFLAKE.test(threadId))
    throw new InvalidValue('has a thread_id that is not an id of Discord (17 to 20 digits)')
  const parts = webhookOf(id, token, apiBase)
  return threadId === null ? parts : { ...parts, threadId }
}

const RIGHT = 'copy it from Channel settings → Integrations → Webhooks: https://discord.com/api/webhooks/ID/TOKEN'

/** A webhook from its two halves. */
export function webhookOf(id: string, token: string, apiBase?: string): Webhook {
  if (!SNOWFLAKE.test(id.trim())) throw new InvalidValue('has an id that is not one of Discord (17 to 20 digits)')
  if (!TOKEN.test(token.trim())) {
    throw new InvalidValue('has a token that is none of Discord: 68 letters, digits, - and _ in one piece are expected')
  }
  return { base: apiBase ?? 'https://discord.com', id: id.trim(), token: new Secret(token.trim()) }
}

/** Every secret of a webhook: the token, and the URL with it in each form that a log could show. */
export function webhookSecrets(webhook: Webhook): Secret[] {
  const token = webhook.token.reveal()
  return [
    webhook.token,
    new Secret(`${webhook.id}/${token}`),
    new Secret(`${webhook.base}/api/webhooks/${webhook.id}/${token}`),
  ]
}

/** Milliseconds since the epoch at which a thing of Discord was made; its id says it. https://docs.discord.com/developers/reference#snowflakes */
export function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + 1_420_070_400_000
}
