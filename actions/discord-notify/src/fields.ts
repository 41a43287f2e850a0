import { codePoints } from '@deploy-actions/core/discord/code-points'
import type { EmbedField } from '@deploy-actions/core/discord/message'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'

/** A value that is longer has a line of its own. */
const INLINE = 40

/** Reads `Name: value` lines; indented ones go on with the value above. */
export function parseFields(text: string): EmbedField[] {
  const fields: { name: string; lines: string[]; indent?: number }[] = []
  const wrong: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const last = fields.at(-1)
    const indent = /^\s+(?=\S)/.exec(line)?.[0].length
    if (indent !== undefined && last) {
      // What is indented further, as code in a block, stays so.
      last.indent ??= indent
      last.lines.push(line.slice(Math.min(indent, last.indent)).trimEnd())
      continue
    }
    if (line.trim() === '') {
      if (last?.lines.length) last.lines.push('')
      continue
    }
    const match = /^([^:]+?)\s*:(?:\s+(.*))?$/.exec(line.trim())
    if (match) fields.push({ name: match[1] ?? '', lines: match[2] ? [match[2]] : [] })
    else wrong.push(line.trim())
  }
  if (wrong.length > 0) {
    throw new InvalidValue(
      `has ${wrong.length === 1 ? 'a line' : 'lines'} without "Name: " at the start: ${wrong.map(line => `"${line}"`).join(', ')}`,
    )
  }
  return fields.map(({ name, lines }) => fieldOf(name, lines.join('\n').trim()))
}

export function fieldOf(name: string, value: string): EmbedField {
  return { name, value, inline: !value.includes('\n') && codePoints(value) <= INLINE }
}
