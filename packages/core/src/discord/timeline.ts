import { formatDuration } from '../values/duration.ts'
import { codePoints } from './code-points.ts'
import { LIMITS } from './limits.ts'
import type { Embed, EmbedField } from './message.ts'
import { STATUSES, type Status } from './status.ts'

const NAME = 'Timeline'

/** One step of a deploy. Each reader sees the time of day in a zone of their own. https://docs.discord.com/developers/reference#message-formatting */
export function timelineLine(status: Status, now: number, sinceStart: number | undefined, text?: string): string {
  const { emoji, short } = STATUSES[status]
  const took = sinceStart === undefined ? '' : ` · ${formatDuration(sinceStart)}`
  return `<t:${Math.floor(now / 1_000)}:T> ${emoji} ${text ?? short}${took}`
}

/** The steps that a message tells already; the message itself is where they are kept between jobs. */
export function timelineOf(embeds: readonly Embed[]): string[] {
  const field = embeds.flatMap(embed => embed.fields ?? []).find(({ name }) => name === NAME)
  return field?.value.split('\n').filter(line => line.trim() !== '') ?? []
}

/** The steps as a field. When they are too many, those after the first give way: how it began and how it stands count most. */
export function timelineField(lines: readonly string[]): EmbedField {
  const kept = [...lines]
  let dropped = 0
  const text = () => (dropped === 0 ? kept : [...kept.slice(0, 1), `… ${dropped} more …`, ...kept.slice(1)]).join('\n')
  while (codePoints(text()) > LIMITS.fieldValue && kept.length > 2) {
    kept.splice(1, 1)
    dropped += 1
  }
  return { name: NAME, value: text(), inline: false }
}
