import { randomUUID } from 'node:crypto'
import type { Clock } from '../flow/clock.ts'
import type { HttpClient, HttpRequest } from '../http/client.ts'
import { HttpFailure } from '../http/failure.ts'
import type { HttpResponse } from '../http/response.ts'
import { isRecord } from '../values/record.ts'
import type { Secret } from '../values/secret.ts'
import { answerBody, DiscordError, explainAnswer, explainFailure, isBlock } from './discord-error.ts'
import type { Attachment, Embed, MessageEdit } from './message.ts'
import { multipartBody } from './multipart.ts'
import { SNOWFLAKE, type Webhook, webhookSecrets } from './webhook.ts'

/** A message that stands in a channel or thread. */
export interface PostedMessage {
  readonly id: string
  /** The channel, or the thread: a post in a forum is a thread of its own. */
  readonly channelId: string
  readonly embeds: readonly Embed[]
}

export interface WebhookFacts {
  readonly name: string
  readonly channelId: string | undefined
  readonly guildId: string | undefined
}

export interface DiscordClientOptions {
  readonly http: HttpClient
  readonly clock: Clock
  /** Milliseconds for all calls together, pauses too. */
  readonly timeout: number
  readonly signal?: AbortSignal
  readonly onPause?: (reason: string, ms: number) => void
}

export interface Delivery {
  readonly message: MessageEdit
  readonly files?: readonly Attachment[]
  readonly threadId?: string | undefined
}

/** Milliseconds for one try: Discord answers within one second, or something is wrong. */
const ONE_TRY = 10_000
/** The time limit ends the tries, not their number. */
const ATTEMPTS = 20

/** One webhook. Calls go one after the other, in the pace that Discord's headers ask for. */
export class DiscordClient {
  readonly #webhook: Webhook
  readonly #options: DiscordClientOptions
  readonly #secrets: readonly Secret[]
  readonly #end: number
  /** When the bucket is full again, after its last one was taken. */
  #freeAt = 0
  /** Why no further call makes sense. */
  #gone: DiscordError | undefined

  constructor(webhook: Webhook, options: DiscordClientOptions) {
    this.#webhook = webhook
    this.#options = options
    this.#secrets = webhookSecrets(webhook)
    this.#end = options.clock.now() + options.timeout
  }

  /** Posts a message. `wait` always: without it there is no id, and no word of a message that was not stored. */
  async post(delivery: Delivery): Promise<PostedMessage> {
    const query = { wait: 'true', ...queryOf(delivery) }
    return posted(await this.#call('POST', '', query, bodyOf(delivery)))
  }

  /** Changes a message; what is left out of it stays as it was, `allowed_mentions` apart. */
  async edit(id: string, delivery: Delivery): Promise<PostedMessage> {
    return posted(await this.#call('PATCH', `/messages/${id}`, queryOf(delivery), bodyOf(delivery)))
  }

  async read(id: string, threadId: string | undefined): Promise<PostedMessage> {
    return posted(await this.#call('GET', `/messages/${id}`, threadQuery(threadId)))
  }

  /** Whether the webhook is there, without posting. */
  async inspect(): Promise<WebhookFacts> {
    const json = (await this.#call('GET', '', {})).json()
    const text = (key: string) => (isRecord(json) && typeof json[key] === 'string' ? json[key] : undefined)
    return { name: text('name') ?? '', channelId: text('channel_id'), guildId: text('guild_id') }
  }

  async #call(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: Body,
  ): Promise<HttpResponse> {
    if (this.#gone) throw this.#gone
    await this.#waitForBucket()
    const { clock, http } = this.#options
    const { base, id, token } = this.#webhook
    const search = new URLSearchParams(query).toString()
    // Always a version: a URL without one, as Discord shows it, is the old v6 with other errors and milliseconds.
    const url = `${base}/api/v10/webhooks/${id}/${token.reveal()}${path}${search ? `?${search}` : ''}`
    const request: HttpRequest = {
      method,
      url,
      ...(body ? { body: body.bytes, headers: { 'content-type': body.type } } : {}),
      timeout: ONE_TRY,
      deadline: Math.max(1, this.#end - clock.now()),
      retry: {
        attempts: ATTEMPTS,
        firstDelay: 500,
        longestDelay: 8_000,
        // An edit leads to the same message however often it comes.
        repeatable: method !== 'POST',
        asksFor: response => seconds(answerBody(response).retryAfter),
        alsoRetry: isBlock,
        onRetry: (outcome, _tries, pause) => this.#options.onPause?.(reasonOf(outcome), pause),
      },
      secrets: this.#secrets,
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
    }
    const response = await http.send(request).catch(thrown => {
      if (thrown instanceof HttpFailure) throw explainFailure(thrown, method === 'POST')
      throw thrown
    })
    this.#noteBucket(response)
    if (response.ok) return response
    const error = explainAnswer(response, this.#secrets)
    if (error.problem === 'webhook-gone') this.#gone = error
    throw error
  }

  /** Discord counts requests that were turned away, and in the end shuts an address out: so it is not tried to be fast. */
  async #waitForBucket(): Promise<void> {
    const { clock, onPause, signal } = this.#options
    const pause = this.#freeAt - clock.now()
    if (pause <= 0) return
    if (clock.now() + pause >= this.#end) {
      throw new DiscordError(
        'rate-limited',
        `Discord takes the next message in ${Math.ceil(pause / 1_000)} s only, which is beyond \`timeout\`.`,
      )
    }
    onPause?.('the limit of messages is used up', pause)
    await clock.sleep(pause, signal)
  }

  #noteBucket(response: HttpResponse): void {
    if (response.headers.get('x-ratelimit-remaining') !== '0') return
    const after = Number(response.headers.get('x-ratelimit-reset-after'))
    if (after > 0) this.#freeAt = this.#options.clock.now() + Math.ceil(after * 1_000)
  }
}

interface Body {
  readonly type: string
  readonly bytes: string | Uint8Array
}

function bodyOf({ message, files = [] }: Delivery): Body {
  if (files.length === 0) return { type: 'application/json', bytes: JSON.stringify(message) }
  const attachments = [
    ...(message.attachments ?? []),
    ...files.map(({ name }, index) => ({ id: String(index), filename: name })),
  ]
  const { type, body } = multipartBody({ ...message, attachments }, files, `deploy-actions-${randomUUID()}`)
  return { type, bytes: body }
}

/** Without `with_components` Discord drops buttons and says nothing. */
function queryOf({ message, threadId }: Delivery): Record<string, string> {
  return { ...threadQuery(threadId), ...(message.components ? { with_components: 'true' } : {}) }
}

function threadQuery(threadId: string | undefined): Record<string, string> {
  return threadId === undefined ? {} : { thread_id: threadId }
}

function posted(response: HttpResponse): PostedMessage {
  const json = response.json()
  if (!isRecord(json) || typeof json['id'] !== 'string' || !SNOWFLAKE.test(json['id'])) {
    // A page of a proxy or gateway that answers 200 for everything.
    throw new DiscordError(
      'refused',
      'The response is not one of Discord: it is not a message.',
      'Is there a proxy in between, or a wrong `api-base`?',
    )
  }
  return {
    id: json['id'],
    channelId: String(json['channel_id'] ?? ''),
    embeds: Array.isArray(json['embeds']) ? json['embeds'].filter(isRecord) : [],
  }
}

function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.ceil(value * 1_000)
}

function reasonOf(outcome: HttpResponse | HttpFailure): string {
  if (outcome instanceof HttpFailure) return outcome.reason
  if (isBlock(outcome)) return `Discord blocks this machine's address for now (${outcome.status})`
  return outcome.status === 429
    ? 'Discord limits the rate of requests (429)'
    : `Discord responds with ${outcome.status}`
}
