import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type LoopbackServer, serve } from '../loopback-server.ts'
import { FakeChannel, type Payload, type Query, type WebhookOptions } from './channel.ts'
import { formError, Refusal, refusal } from './errors.ts'
import { type Fault, faultAnswer, rateLimitBody } from './faults.ts'
import { messageAnswer, Snowflakes, type StoredFile, type StoredMessage } from './message-store.ts'
import { RateLimit } from './rate-limit.ts'

/** A request as it came in. The token is left out, so that a test may print it. */
export interface SeenRequest {
  readonly method: string
  /** `POST webhooks/ID`, `PATCH webhooks/ID/messages/ID`. */
  readonly path: string
  readonly version: number
  readonly query: Readonly<Record<string, string>>
  readonly userAgent: string
  readonly body: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
  /** 0 when the connection was broken or left without an answer. */
  status: number
}

export interface FakeDiscordOptions {
  /** Requests in so many milliseconds; Discord's own are 5 in 2 s. */
  readonly rate?: { readonly limit: number; readonly window: number }
  /** 0 for any free one. */
  readonly port?: number
  readonly now?: () => number
}

/** A webhook of the fake, and what its channel shows. */
export interface FakeWebhook {
  /** As a person copies it out of Discord: without a version. */
  readonly url: string
  readonly id: string
  readonly token: string
  readonly channel: FakeChannel
  /** In the order in which they were posted. */
  readonly messages: readonly StoredMessage[]
}

/** Discord's webhooks on the loopback: its limits, errors, buckets and moods. */
export class FakeDiscord implements AsyncDisposable {
  readonly requests: SeenRequest[] = []
  readonly #channels = new Map<string, { readonly channel: FakeChannel; readonly rate: RateLimit }>()
  readonly #faults: Fault[] = []
  readonly #snowflakes = new Snowflakes()
  readonly #options: FakeDiscordOptions
  #server!: LoopbackServer

  private constructor(options: FakeDiscordOptions) {
    this.#options = options
  }

  static async start(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
    const discord = new FakeDiscord(options)
    discord.#server = await serve(
      (request, response) => void discord.#answer(request, response),
      undefined,
      options.port,
    )
    return discord
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  /** The address of the API: `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#server.url
  }

  addWebhook(options: WebhookOptions = {}): FakeWebhook {
    const token = randomBytes(51).toString('base64url')
    const channel = new FakeChannel(token, options, this.#snowflakes, () => this.#now())
    const rate = this.#options.rate ?? { limit: 5, window: 2_000 }
    this.#channels.set(channel.webhookId, { channel, rate: new RateLimit(rate.limit, rate.window) })
    return {
      url: `${this.url}/api/webhooks/${channel.webhookId}/${token}`,
      id: channel.webhookId,
      token,
      channel,
      get messages() {
        return [...channel.messages.values()]
      },
    }
  }

  /** The next requests meet these instead, one each. */
  script(...faults: readonly Fault[]): void {
    this.#faults.push(...faults)
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://fake')
    const route = /^\/api(?:\/v(\d+))?\/webhooks\/(\d+)\/([^/]+)(?:\/messages\/(\d+|@original))?$/.exec(url.pathname)
    if (!route) return send(response, 404, { message: '404: Not Found', code: 0 })
    const [, version = '6', webhookId = '', token = '', messageId] = route
    const payload = await readPayload(Buffer.concat(chunks), request.headers['content-type'])
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: `webhooks/${webhookId}${messageId ? `/messages/${messageId}` : ''}`,
      version: Number(version),
      query: Object.fromEntries(url.searchParams),
      userAgent: request.headers['user-agent'] ?? '',
      body: payload instanceof Refusal ? {} : payload.body,
      files: payload instanceof Refusal ? [] : payload.files.map(file => file.filename),
      status: 0,
    }
    this.requests.push(seen)

    const fault = this.#faults.shift()
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset-before-storing') return void request.socket.resetAndDestroy()
    const moody = fault && faultAnswer(fault, seen.version)
    if (moody) {
      seen.status = moody.status
      response.writeHead(moody.status, moody.headers).end(moody.body)
      return
    }
    const answer = this.#work(seen, webhookId, token, messageId, payload)
    if (fault?.kind === 'reset-after-storing') return void request.socket.resetAndDestroy()
    seen.status = answer.status
    send(response, answer.status, answer.body, answer.headers)
  }

  #work(
    seen: SeenRequest,
    webhookId: string,
    token: string,
    messageId: string | undefined,
    payload: Payload | Refusal,
  ): Answer {
    const found = this.#channels.get(webhookId)
    let headers: Record<string, string> = {}
    try {
      if (!/^DiscordBot \(https?:\/\/\S+, \S+\)/.test(seen.userAgent)) {
        throw new Refusal(403, { message: 'internal network error', code: 40333 })
      }
      if (!found || found.channel.deleted) throw refusal(10015)
      if (found.channel.token !== token) throw refusal(50027)
      const { channel, rate } = found
      if (seen.method === 'GET' && messageId === undefined)
        return { status: 200, body: webhookAnswer(channel), headers }
      const taken = rate.take(this.#now())
      headers = taken.headers
      if (taken.retryAfter !== undefined) {
        throw new Refusal(429, rateLimitBody(taken.retryAfter, false, seen.version), {
          'retry-after': String(Math.ceil(taken.retryAfter)),
          'x-ratelimit-scope': 'user',
        })
      }
      if (payload instanceof Refusal) throw payload
      const query = readQuery(seen.query)
      switch (`${seen.method} ${messageId === undefined ? 'webhook' : 'message'}`) {
        case 'POST webhook': {
          const message = channel.post(payload, query, seen.version)
          const wait = isTrue(seen.query['wait'])
          return { status: wait ? 200 : 204, body: wait ? messageAnswer(message) : undefined, headers }
        }
        case 'GET message':
          return { status: 200, body: messageAnswer(channel.find(messageId ?? '', query)), headers }
        case 'PATCH message':
          return {
            status: 200,
            body: messageAnswer(channel.edit(messageId ?? '', payload, query, seen.version)),
            headers,
          }
        case 'DELETE message':
          channel.delete(messageId ?? '', query)
          return { status: 204, body: undefined, headers }
        default:
          throw new Refusal(405, { message: '405: Method Not Allowed', code: 0 })
      }
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      return { status: thrown.status, body: thrown.body, headers: { ...headers, ...thrown.headers } }
    }
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (body === undefined) response.writeHead(status, headers).end()
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function readPayload(bytes: Buffer, contentType: string | undefined): Promise<Payload | Refusal> {
  if (bytes.length === 0) return { body: {}, files: [] }
  try {
    if (contentType?.startsWith('application/json')) return { body: JSON.parse(bytes.toString()), files: [] }
    if (contentType?.startsWith('multipart/form-data')) {
      return await readForm(
        await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData(),
      )
    }
  } catch {
    return refusal(50109)
  }
  return formError(
    [
      {
        path: '',
        code: 'CONTENT_TYPE_INVALID',
        message: 'Expected "Content-Type" header to be one of {\'application/json\'}.',
      },
    ],
    10,
  )
}

async function readForm(form: FormData): Promise<Payload> {
  const files: StoredFile[] = []
  for (const [name, part] of form) {
    const index = /^files\[(\d+)\]$/.exec(name)?.[1]
    if (index === undefined || typeof part === 'string') continue
    files.push({
      id: index,
      filename: part.name,
      data: new Uint8Array(await part.arrayBuffer()),
      contentType: part.type,
    })
  }
  return { body: JSON.parse(String(form.get('payload_json') ?? '{}')), files }
}

function readQuery(query: Readonly<Record<string, string>>): Query {
  const threadId = query['thread_id']
  return { withComponents: isTrue(query['with_components']), ...(threadId === undefined ? {} : { threadId }) }
}

/** https://docs.discord.com/developers/reference#boolean-query-strings */
function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === 'True' || value === '1'
}

function webhookAnswer(channel: FakeChannel): Record<string, unknown> {
  return {
    application_id: null,
    avatar: null,
    channel_id: channel.id,
    guild_id: '100000000000000001',
    id: channel.webhookId,
    name: channel.options.name ?? 'Fake webhook',
    type: 1,
    token: channel.token,
  }
}
