/**
 * What Discord's OpenAPI description (github.com/discord/discord-api-spec, version 10) says of the calls that are used here,
 * as a list of our own: a place in the body, and what may stand there. `compare-openapi.ts` tells where a newer one differs.
 */
export interface Fact {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'object'
  /** Characters, elements, or the number itself. */
  readonly min?: number
  readonly max?: number
  readonly required?: true
  readonly format?: 'uri' | 'date-time' | 'snowflake'
}

export type Facts = Readonly<Record<string, Fact>>

const URI = { type: 'string', max: 2_048, format: 'uri' } as const
const SNOWFLAKE = { type: 'string', format: 'snowflake' } as const

/** Of both, posting and editing. */
const SHARED: Facts = {
  content: { type: 'string', max: 2_000 },
  embeds: { type: 'array', max: 10 },
  'embeds[].title': { type: 'string', max: 256 },
  'embeds[].description': { type: 'string', max: 4_096 },
  'embeds[].url': URI,
  'embeds[].color': { type: 'integer', min: 0, max: 16_777_215 },
  'embeds[].timestamp': { type: 'string', format: 'date-time' },
  'embeds[].author': { type: 'object' },
  'embeds[].author.name': { type: 'string', max: 256 },
  'embeds[].author.url': URI,
  'embeds[].author.icon_url': URI,
  'embeds[].image': { type: 'object' },
  'embeds[].image.url': URI,
  'embeds[].thumbnail': { type: 'object' },
  'embeds[].thumbnail.url': URI,
  'embeds[].footer': { type: 'object' },
  'embeds[].footer.text': { type: 'string', max: 2_048 },
  'embeds[].footer.icon_url': URI,
  'embeds[].fields': { type: 'array', max: 25 },
  'embeds[].fields[].name': { type: 'string', max: 256, required: true },
  'embeds[].fields[].value': { type: 'string', max: 1_024, required: true },
  'embeds[].fields[].inline': { type: 'boolean' },
  allowed_mentions: { type: 'object' },
  'allowed_mentions.parse': { type: 'array', max: 1_521 },
  'allowed_mentions.users': { type: 'array', max: 100 },
  'allowed_mentions.users[]': SNOWFLAKE,
  'allowed_mentions.roles': { type: 'array', max: 100 },
  'allowed_mentions.roles[]': SNOWFLAKE,
  components: { type: 'array', max: 40 },
  'components[].components': { type: 'array', min: 1, max: 5, required: true },
  'components[].components[].label': { type: 'string', max: 80 },
  'components[].components[].url': { type: 'string', max: 512, format: 'uri' },
  attachments: { type: 'array', max: 10 },
  'attachments[].id': { ...SNOWFLAKE, required: true },
  'attachments[].filename': { type: 'string', min: 1, max: 1_024 },
  'attachments[].description': { type: 'string', max: 1_024 },
  flags: { type: 'integer' },
}

export const EXECUTE: Facts = {
  ...SHARED,
  username: { type: 'string', min: 1, max: 80 },
  avatar_url: URI,
  tts: { type: 'boolean' },
  thread_name: { type: 'string', min: 0, max: 100 },
  applied_tags: { type: 'array', max: 5 },
  'applied_tags[]': SNOWFLAKE,
}

export const UPDATE: Facts = SHARED

export const EXECUTE_QUERY = ['wait', 'thread_id', 'with_components'] as const
export const UPDATE_QUERY = ['thread_id', 'with_components'] as const

/** What every answer has. */
export const MESSAGE_KEYS = [
  'type',
  'content',
  'mentions',
  'mention_roles',
  'attachments',
  'embeds',
  'timestamp',
  'edited_timestamp',
  'flags',
  'components',
  'id',
  'channel_id',
  'author',
  'pinned',
  'mention_everyone',
  'tts',
] as const
export const WEBHOOK_KEYS = ['application_id', 'avatar', 'channel_id', 'id', 'name', 'type'] as const
export const ATTACHMENT_KEYS = ['id', 'filename', 'size', 'url', 'proxy_url'] as const
export const RATE_HEADERS = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-ratelimit-reset-after',
  'x-ratelimit-bucket',
] as const
