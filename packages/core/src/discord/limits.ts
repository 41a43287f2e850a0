/** What Discord takes, counted in Unicode code points. https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
export const LIMITS = {
  content: 2_000,
  embeds: 10,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  author: 256,
  /** Over all embeds of a message: titles, descriptions, fields, footers and authors. */
  embedSum: 6_000,
  username: 80,
  threadName: 100,
  appliedTags: 5,
  mentions: 100,
  rows: 5,
  buttonsInRow: 5,
  buttonLabel: 80,
  buttonUrl: 512,
  url: 2_048,
  files: 10,
  color: 0xffffff,
} as const

/** https://docs.discord.com/developers/resources/message#message-object-message-flags */
export const FLAGS = { suppressEmbeds: 1 << 2, suppressNotifications: 1 << 12, componentsV2: 1 << 15 } as const

/** Shows nothing and is not empty: Discord refuses a field without a name or a value. */
export const INVISIBLE = '\u200b'
