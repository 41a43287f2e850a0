import type { Embed, MessageEdit } from './message.ts'

/** A message as Markdown for a job's summary: what Discord shows, near enough to judge it by. */
export function previewMarkdown(message: MessageEdit): string {
  const parts = [message.content ? quoted(body(message.content)) : '']
  for (const embed of message.embeds ?? []) parts.push(quoted(embedMarkdown(embed)))
  const buttons = (message.components ?? []).flatMap(row => row.components)
  if (buttons.length > 0) parts.push(quoted(buttons.map(({ label, url }) => `[${plain(label)}](<${url}>)`).join(' · ')))
  return parts.filter(part => part !== '').join('\n>\n')
}

function embedMarkdown(embed: Embed): string {
  const title = embed.title ? `**${embed.url ? `[${plain(embed.title)}](<${embed.url}>)` : plain(embed.title)}**` : ''
  const fields = embed.fields ?? []
  const inline = fields.filter(field => field.inline)
  const rows =
    inline.length === 0
      ? ''
      : table(
          inline.map(({ name }) => name),
          inline.map(({ value }) => value),
        )
  const blocks = fields.filter(field => !field.inline).map(({ name, value }) => `**${plain(name)}**\n\n${body(value)}`)
  return [
    embed.author?.name ?? '',
    title,
    body(embed.description ?? ''),
    rows,
    ...blocks,
    embed.footer ? `<sub>${plain(embed.footer.text)}</sub>` : '',
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

function table(names: readonly string[], values: readonly string[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => body(cell).replaceAll('|', '\\|').replaceAll('  \n', '<br>')).join(' | ')} |`
  return [line(names.map(plain)), `|${' --- |'.repeat(names.length)}`, line(values)].join('\n')
}

/** Discord's times become UTC, its mentions code; a single line break is one here too. */
function body(text: string): string {
  return text
    .replace(/<t:(\d+):\w>/g, (_, seconds) => new Date(Number(seconds) * 1_000).toISOString().slice(11, 19))
    .replace(/<(@[!&]?\d+|#\d+)>/g, '`$1`')
    .replaceAll('<', '&lt;')
    .replace(/@(?=[a-z])/gi, '@\u200b')
    .replaceAll('\n', '  \n')
}

function plain(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('|', '\\|').replace(/\s+/g, ' ')
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map(line => `> ${line}`)
    .join('\n')
}
