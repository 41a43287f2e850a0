import type { StoredMessage } from './message-store.ts'

/** A message as lines for a terminal: what it said step by step, and how it stands. */
export function showMessage(message: StoredMessage): string[] {
  const [embed] = message.embeds
  const titles = message.history.map(({ embeds, content }) => embeds[0]?.title ?? content)
  const fields = embed?.fields ?? []
  const facts = fields.filter(field => field.inline).map(({ name, value }) => `${name}: ${plainText(value)}`)
  const blocks = fields.filter(field => !field.inline).flatMap(({ value }) => value.split('\n'))
  return [titles.map(plainText).join('  →  '), ...(embed?.description ?? '').split('\n'), facts.join(' · '), ...blocks]
    .map(plainText)
    .filter(line => line !== '')
}

/** Without Markdown; times of day in this machine's zone, as Discord shows them in the reader's. */
function plainText(text: string): string {
  return text
    .replace(/<t:(\d+):T>/g, (_, seconds) => new Date(Number(seconds) * 1_000).toTimeString().slice(0, 8))
    .replace(/(?<!\\)\[((?:\\.|[^\]\\])*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '')
    .replace(/\\([^\w\s])/g, '$1')
    .replaceAll('\u200b', '')
    .trim()
}
