import { type FieldError, formError, refusal } from './errors.ts'
import { EXECUTE, UPDATE } from './facts.ts'
import {
  type AllowedMentions,
  type Embed,
  pings,
  type Snowflakes,
  type StoredFile,
  type StoredMessage,
} from './message-store.ts'
import { size, validateBody } from './validate.ts'

export interface WebhookOptions {
  readonly kind?: 'text' | 'forum'
  /** A forum may want a tag on each post. */
  readonly tagRequired?: boolean
  /** Made by an application, and so allowed to send interactive components. */
  readonly ownedByApplication?: boolean
  readonly name?: string
}

/** What a request carries, read. */
export interface Payload {
  readonly body: Readonly<Record<string, unknown>>
  readonly files: readonly StoredFile[]
}

export interface Query {
  readonly threadId?: string
  readonly withComponents: boolean
}

interface Thread {
  readonly name: string
  state: 'open' | 'archived' | 'locked'
}

const SUPPRESS_EMBEDS = 1 << 2
const CREATE_FLAGS = SUPPRESS_EMBEDS | (1 << 12) | (1 << 15)

/** One webhook, its channel and what was posted there, under Discord's rules. */
export class FakeChannel {
  readonly id: string
  readonly webhookId: string
  readonly token: string
  readonly options: WebhookOptions
  readonly messages = new Map<string, StoredMessage>()
  readonly threads = new Map<string, Thread>()
  deleted = false
  readonly #snowflakes: Snowflakes
  readonly #now: () => number

  constructor(token: string, options: WebhookOptions, snowflakes: Snowflakes, now: () => number) {
    this.token = token
    this.options = options
    this.#snowflakes = snowflakes
    this.#now = now
    this.webhookId = snowflakes.next(now())
    this.id = snowflakes.next(now())
  }

  addThread(name: string, state: Thread['state'] = 'open'): string {
    const id = this.#snowflakes.next(this.#now())
    this.threads.set(id, { name, state })
    return id
  }

  post({ body, files }: Payload, query: Query, version: number): StoredMessage {
    const errors = [...validateBody(body, EXECUTE), ...this.#componentErrors(body, query)]
    if (errors.length > 0) throw formError(errors, version)
    this.#checkFiles(files)
    const channelId = this.#placeFor(body, query)
    const now = this.#now()
    const content = textOf(body['content']) ?? ''
    const embeds = shown(body['embeds'])
    const components = query.withComponents || this.options.ownedByApplication ? listOf(body['components']) : []
    if (content === '' && embeds.length === 0 && components.length === 0 && files.length === 0) throw refusal(50006)
    const message: StoredMessage = {
      id: this.#snowflakes.next(now),
      webhookId: this.webhookId,
      channelId,
      inThread: channelId !== this.id,
      createdAt: now,
      editedAt: null,
      content,
      embeds,
      components,
      attachments: this.#uploaded(files),
      flags: Number(body['flags'] ?? 0) & CREATE_FLAGS,
      username: textOf(body['username']) ?? this.options.name ?? 'Fake webhook',
      tts: body['tts'] === true,
      pinged: pings(content, body['allowed_mentions'] as AllowedMentions | undefined),
      history: [{ content, embeds }],
    }
    this.messages.set(message.id, message)
    return message
  }

  /** Omitted keys stay, null clears. https://docs.discord.com/developers/resources/webhook#edit-webhook-message */
  edit(id: string, { body, files }: Payload, query: Query, version: number): StoredMessage {
    const old = this.find(id, query)
    if (this.threads.get(old.channelId)?.state === 'archived') throw refusal(50083)
    const errors = [...validateBody(body, UPDATE), ...this.#componentErrors(body, query)]
    if (errors.length > 0) throw formError(errors, version)
    this.#checkFiles(files)
    const content = body['content'] === undefined ? old.content : (textOf(body['content']) ?? '')
    const embeds = body['embeds'] === undefined ? old.embeds : shown(body['embeds'])
    const mayHaveComponents = query.withComponents || this.options.ownedByApplication
    const components =
      body['components'] === undefined || !mayHaveComponents ? old.components : listOf(body['components'])
    const kept = keptFiles(old.attachments, body['attachments'])
    if (content === '' && embeds.length === 0 && components.length === 0 && kept.length + files.length === 0)
      throw refusal(50006)
    const flags =
      body['flags'] === undefined
        ? old.flags
        : (old.flags & ~SUPPRESS_EMBEDS) | (Number(body['flags']) & SUPPRESS_EMBEDS)
    const message: StoredMessage = {
      ...old,
      content,
      embeds,
      components,
      attachments: [...kept, ...this.#uploaded(files)],
      flags,
      editedAt: this.#now(),
      history: [...old.history, { content, embeds }],
    }
    this.messages.set(id, message)
    return message
  }

  /** A message in a thread is found with that thread's id only. */
  find(id: string, query: Query): StoredMessage {
    if (query.threadId !== undefined && !this.threads.has(query.threadId)) throw refusal(10003)
    const message = this.messages.get(id)
    if (!message || message.channelId !== (query.threadId ?? this.id)) throw refusal(10008)
    return message
  }

  delete(id: string, query: Query): void {
    this.messages.delete(this.find(id, query).id)
  }

  #placeFor(body: Payload['body'], query: Query): string {
    const threadName = textOf(body['thread_name'])
    if (query.threadId !== undefined && threadName !== undefined) throw refusal(220002)
    if (query.threadId !== undefined) {
      const thread = this.threads.get(query.threadId)
      if (!thread) throw refusal(10003)
      if (thread.state === 'locked') throw refusal(160005)
      thread.state = 'open'
      return query.threadId
    }
    if (this.options.kind !== 'forum') {
      if (threadName !== undefined) throw refusal(220003)
      return this.id
    }
    if (threadName === undefined) throw refusal(220001)
    if (this.options.tagRequired && listOf(body['applied_tags']).length === 0) throw refusal(40067)
    return this.addThread(threadName)
  }

  /** In the request a file has a position; stored, it has an id of its own. */
  #uploaded(files: readonly StoredFile[]): StoredFile[] {
    return files.map(file => ({ ...file, id: this.#snowflakes.next(this.#now()) }))
  }

  #checkFiles(files: readonly StoredFile[]): void {
    if (files.length > 10) throw refusal(30015)
    const sizes = files.map(file => file.data.length)
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0)
    if (sizes.some(bytes => bytes > 10 * 1024 * 1024) || total > 25 * 1024 * 1024) throw refusal(40005)
  }

  /** Without `with_components` a person's webhook has its components dropped in silence, so they are not even looked at. */
  #componentErrors(body: Payload['body'], query: Query): FieldError[] {
    const rows = listOf(body['components'])
    if (!query.withComponents && !this.options.ownedByApplication) return []
    const errors: FieldError[] = []
    if (rows.length > 5)
      errors.push({ path: 'components', code: 'BASE_TYPE_BAD_LENGTH', message: 'Must be between 1 and 5 in length.' })
    for (const [row, { components = [] }] of (
      rows as { components?: { type?: number; style?: number; url?: string }[] }[]
    ).entries()) {
      for (const [index, component] of components.entries()) {
        const path = `components.${row}.components.${index}`
        if (!this.options.ownedByApplication && !(component.type === 2 && component.style === 5)) {
          errors.push({
            path,
            code: 'COMPONENT_NOT_ALLOWED',
            message: 'Only non-interactive components may be sent by this webhook.',
          })
        } else if (component.style === 5 && !component.url) {
          errors.push({ path: `${path}.url`, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' })
        }
      }
    }
    return errors
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && size(value) > 0 ? value.trim() : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** An embed of which nothing can be seen is dropped. */
function shown(value: unknown): readonly Embed[] {
  return (listOf(value) as Embed[]).filter(
    embed => embed.title || embed.description || embed.fields?.length || embed.image || embed.footer || embed.author,
  )
}

/** From v10 on, `attachments` names all that shall stay. */
function keptFiles(files: readonly StoredFile[], named: unknown): readonly StoredFile[] {
  if (named === undefined) return files
  const ids = new Set((listOf(named) as { id?: string }[]).map(({ id }) => id))
  return files.filter(({ id }) => ids.has(id))
}
