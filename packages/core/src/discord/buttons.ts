import { InvalidValue } from '../values/invalid-value.ts'
import { codePoints } from './code-points.ts'
import { LIMITS } from './limits.ts'
import type { ActionRow, LinkButton } from './message.ts'

const MOST = LIMITS.rows * LIMITS.buttonsInRow

/** Reads a line `Label: https://…`. */
export function parseButton(line: string): LinkButton {
  const [, label = '', url = ''] = /^(.*?)\s*[:=|]?\s*(\S+)$/.exec(line.trim()) ?? []
  const address = URL.parse(url)
  if (!address || !/^(https?|discord):$/.test(address.protocol)) {
    throw new InvalidValue(`has the line "${line.trim()}" without an address; write "Label: https://…"`)
  }
  if (label === '') throw new InvalidValue(`has the line "${line.trim()}" without a label; write "Label: https://…"`)
  if (codePoints(url) > LIMITS.buttonUrl) {
    throw new InvalidValue(
      `has a button "${label}" whose address is longer than the ${LIMITS.buttonUrl} characters that Discord takes`,
    )
  }
  return { type: 2, style: 5, label, url }
}

/** Buttons in rows of five, as many as Discord shows. */
export function buttonRows(buttons: readonly LinkButton[]): ActionRow[] {
  const rows: ActionRow[] = []
  for (let start = 0; start < Math.min(buttons.length, MOST); start += LIMITS.buttonsInRow) {
    rows.push({ type: 1, components: buttons.slice(start, Math.min(start + LIMITS.buttonsInRow, MOST)) })
  }
  return rows
}
