import { codePoints } from './code-points.ts'
import { cutMarkdown } from './cut-markdown.ts'
import { fitEmbed, fitText, type Note, webAddress } from './fit-embed.ts'
import { LIMITS } from './limits.ts'
import type { Embed, Message } from './message.ts'

export interface Fitted {
  readonly message: Message
  /** What had to be changed, a sentence each, for the log. */
  readonly notes: readonly string[]
}

/** A description keeps at least this much when the sum is brought down; then the fields give way. */
const SHORTEST_DESCRIPTION = 400

/** Brings a message within every limit of Discord, so that it is taken; what was changed is told, never an error. */
export function fitMessage(message: Message): Fitted {
  const notes: string[] = []
  const note: Note = text => {
    if (!notes.includes(text)) notes.push(text)
  }
  const content = fitText(message.content, LIMITS.content, 'content', note)
  const username = fitUsername(message.username, note)
  const avatar = webAddress(message.avatar_url, 'the avatar', note)
  const threadName = fitText(message.thread_name, LIMITS.threadName, 'name of the thread', note)
  const embeds = fitEmbeds(message.embeds ?? [], note)
  const tags = (message.applied_tags ?? []).slice(0, LIMITS.appliedTags)
  return {
    notes,
    message: {
      ...(content ? { content } : {}),
      ...(embeds.length > 0 ? { embeds } : {}),
      ...(message.components?.length ? { components: message.components.map(fitRow) } : {}),
      allowed_mentions: message.allowed_mentions ?? { parse: [] },
      ...(username ? { username } : {}),
      ...(avatar ? { avatar_url: avatar } : {}),
      ...(message.flags ? { flags: message.flags } : {}),
      ...(threadName ? { thread_name: threadName } : {}),
      ...(tags.length > 0 ? { applied_tags: tags } : {}),
      ...(message.attachments ? { attachments: message.attachments } : {}),
    },
  }
}

type Row = NonNullable<Message['components']>[number]

function fitRow(row: Row): Row {
  return {
    ...row,
    components: row.components.map(button => ({ ...button, label: cutMarkdown(button.label, LIMITS.buttonLabel) })),
  }
}

/** https://docs.discord.com/developers/resources/webhook#create-webhook */
function fitUsername(text: string | undefined, note: Note): string {
  const name = fitText(text, LIMITS.username, 'username', note)
  const taboo = /clyde|discord/i.exec(name)?.[0] ?? /^(everyone|here)$/i.exec(name)?.[0]
  if (taboo === undefined) return name
  note(`the username was left out: Discord takes none with "${taboo}" in it`)
  return ''
}

function fitEmbeds(embeds: readonly Embed[], note: Note): Embed[] {
  if (embeds.length > LIMITS.embeds)
    note(`only ${LIMITS.embeds} embeds fit; ${embeds.length - LIMITS.embeds} were left out`)
  const fitted = embeds
    .slice(0, LIMITS.embeds)
    .map(embed => fitEmbed(embed, note))
    .filter(embed => Object.keys(embed).some(key => key !== 'color' && key !== 'timestamp'))
  return fitSum(fitted, note)
}

/** Code points that count towards the limit of all embeds together. */
export function embedSize(embed: Embed): number {
  const texts = [embed.title, embed.description, embed.footer?.text, embed.author?.name]
  for (const { name, value } of embed.fields ?? []) texts.push(name, value)
  return texts.reduce((sum, text) => sum + codePoints((text ?? '').trim()), 0)
}

function fitSum(embeds: Embed[], note: Note): Embed[] {
  if (embeds.reduce((sum, embed) => sum + embedSize(embed), 0) <= LIMITS.embedSum) return embeds
  note(`the embeds were cut to the ${LIMITS.embedSum} characters that they may have together`)
  const fitted = [...embeds]
  const replace = (index: number, change: (embed: Embed, excess: number) => Embed) => {
    const excess = fitted.reduce((sum, embed) => sum + embedSize(embed), 0) - LIMITS.embedSum
    const embed = fitted[index]
    if (embed && excess > 0) fitted[index] = change(embed, excess)
  }
  const backwards = [...fitted.keys()].reverse()
  for (const index of backwards) replace(index, shorterDescription)
  for (const index of backwards) {
    const count = fitted[index]?.fields?.length ?? 0
    for (let field = count - 1; field >= 0; field--)
      replace(index, (embed, excess) => shorterField(embed, field, excess))
  }
  for (const index of backwards) replace(index, ({ footer: _footer, ...embed }) => embed)
  // What is left at its longest (ten titles, authors and 250 names of fields) can still be too much.
  for (const index of backwards) replace(index, ({ fields: _fields, ...embed }) => embed)
  for (const index of backwards) replace(index, ({ description: _description, ...embed }) => embed)
  return fitted.filter(embed => embedSize(embed) > 0 || embed.image || embed.thumbnail)
}

function shorterDescription(embed: Embed, excess: number): Embed {
  const size = codePoints(embed.description ?? '')
  const keep = Math.max(SHORTEST_DESCRIPTION, size - excess)
  return embed.description && keep < size ? { ...embed, description: cutMarkdown(embed.description, keep) } : embed
}

/** Cuts one field's value, at the most to its mark. */
function shorterField(embed: Embed, index: number, excess: number): Embed {
  const fields = embed.fields?.map((field, position) => {
    if (position !== index) return field
    return { ...field, value: cutMarkdown(field.value, Math.max(1, codePoints(field.value) - excess)) }
  })
  return fields ? { ...embed, fields } : embed
}
