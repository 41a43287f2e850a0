/** A message as the channel shows it, and what happened to it. */
export interface StoredMessage {
  readonly id: string
  readonly webhookId: string
  /** The channel, or the thread that it is in. */
  readonly channelId: string
  readonly inThread: boolean
  readonly createdAt: number
  readonly editedAt: number | null
  readonly content: string
  readonly embeds: readonly Embed[]
  readonly components: readonly unknown[]
  readonly attachments: readonly StoredFile[]
  readonly flags: number
  readonly username: string
  readonly tts: boolean
  /** Whom it pinged when it was posted; an edit pings nobody. */
  readonly pinged: readonly string[]
  /** What it said after each step, the first one the post. */
  readonly history: readonly { readonly content: string; readonly embeds: readonly Embed[] }[]
}

export interface Embed {
  readonly title?: string
  readonly description?: string
  readonly url?: string
  readonly color?: number
  readonly timestamp?: string
  readonly author?: { readonly name?: string }
  readonly fields?: readonly { readonly name: string; readonly value: string; readonly inline?: boolean }[]
  readonly footer?: { readonly text?: string }
  readonly image?: { readonly url?: string }
}

export interface StoredFile {
  readonly id: string
  readonly filename: string
  readonly data: Uint8Array
  readonly contentType: string
}

/** As Discord counts: milliseconds since 2015 above 22 bits of worker and sequence. */
export class Snowflakes {
  #sequence = 0

  next(now: number): string {
    this.#sequence = (this.#sequence + 1) % 4_096
    return String((BigInt(now - 1_420_070_400_000) << 22n) | BigInt(this.#sequence))
  }
}

/** Who is pinged by a text, under what is allowed. https://docs.discord.com/developers/resources/message#allowed-mentions-object */
export function pings(content: string, allowed: AllowedMentions | null | undefined): string[] {
  // Without the object, a webhook's default: see the documentation; older behaviour pinged everyone, so the fake does.
  const rule: AllowedMentions = allowed ?? { parse: ['users', 'roles', 'everyone'] }
  const parse = rule.parse ?? []
  const found: string[] = []
  for (const [mention, sign, id = ''] of content.matchAll(/<@([!&]?)(\d+)>|@(?:everyone|here)\b/g)) {
    if (id === '') {
      if (parse.includes('everyone')) found.push(mention)
    } else if (
      sign === '&'
        ? parse.includes('roles') || rule.roles?.includes(id)
        : parse.includes('users') || rule.users?.includes(id)
    ) {
      found.push(mention)
    }
  }
  return found
}

export interface AllowedMentions {
  readonly parse?: readonly string[] | null
  readonly users?: readonly string[]
  readonly roles?: readonly string[]
}

/** The answer for a message, with every key that Discord's description requires. */
export function messageAnswer(message: StoredMessage): Record<string, unknown> {
  return {
    type: 0,
    id: message.id,
    channel_id: message.channelId,
    webhook_id: message.webhookId,
    content: message.content,
    author: {
      id: message.webhookId,
      username: message.username,
      avatar: null,
      discriminator: '0000',
      public_flags: 0,
      flags: 0,
      bot: true,
      global_name: null,
      primary_guild: null,
    },
    embeds: message.embeds.map(embed => ({ type: 'rich', ...embed, ...fieldsOf(embed) })),
    components: message.components,
    attachments: message.attachments.map(file => ({
      id: file.id,
      filename: file.filename,
      size: file.data.length,
      url: `https://cdn.discordapp.com/attachments/${message.channelId}/${file.id}/${file.filename}`,
      proxy_url: `https://media.discordapp.net/attachments/${message.channelId}/${file.id}/${file.filename}`,
      content_type: file.contentType,
    })),
    mentions: [],
    mention_roles: [...message.content.matchAll(/<@&(\d+)>/g)].map(match => match[1]),
    mention_everyone: message.pinged.some(ping => ping.startsWith('@')),
    pinned: false,
    tts: message.tts,
    timestamp: new Date(message.createdAt).toISOString(),
    edited_timestamp: message.editedAt === null ? null : new Date(message.editedAt).toISOString(),
    flags: message.flags,
  }
}

function fieldsOf(embed: Embed): Pick<Embed, 'fields'> | Record<string, never> {
  return embed.fields ? { fields: embed.fields.map(field => ({ ...field, inline: field.inline ?? false })) } : {}
}
