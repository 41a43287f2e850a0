import type { AllowedMentions } from './mentions.ts'

/** Discord's own words for a message, cut to what is sent here. https://docs.discord.com/developers/resources/webhook#execute-webhook */
export interface Message {
  readonly content?: string
  readonly embeds?: readonly Embed[]
  readonly components?: readonly ActionRow[]
  readonly allowed_mentions?: AllowedMentions
  readonly username?: string
  readonly avatar_url?: string
  readonly flags?: number
  readonly thread_name?: string
  readonly applied_tags?: readonly string[]
  readonly attachments?: readonly { readonly id: string; readonly filename?: string }[]
}

/** What an edit may say besides: null takes a text away, which leaving it out does not. */
export type MessageEdit = Omit<Message, 'content'> & { readonly content?: string | null }

export interface Embed {
  readonly title?: string
  readonly description?: string
  readonly url?: string
  readonly color?: number
  /** ISO 8601. */
  readonly timestamp?: string
  readonly author?: { readonly name: string; readonly url?: string; readonly icon_url?: string }
  readonly fields?: readonly EmbedField[]
  readonly footer?: { readonly text: string; readonly icon_url?: string }
  readonly image?: { readonly url: string }
  readonly thumbnail?: { readonly url: string }
}

export interface EmbedField {
  readonly name: string
  readonly value: string
  readonly inline?: boolean
}

export interface ActionRow {
  readonly type: 1
  readonly components: readonly LinkButton[]
}

/** The only kind of button that a webhook made by a person may send. */
export interface LinkButton {
  readonly type: 2
  readonly style: 5
  readonly label: string
  readonly url: string
}

/** A file that goes with a message. */
export interface Attachment {
  readonly name: string
  readonly data: Uint8Array
}
