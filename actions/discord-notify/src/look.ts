import type { EmbedField } from '@deploy-actions/core/discord/message'
import { STATUSES, type Status } from '@deploy-actions/core/discord/status'

/** What a team says about a message in place of what it would be by itself. Texts may hold placeholders. */
export interface Look {
  readonly title?: string
  readonly text?: string
  readonly content?: string
  readonly color?: string
  readonly fields?: readonly EmbedField[]
  readonly footer?: string
  readonly image?: string
  readonly thumbnail?: string
  readonly username?: string
  readonly 'avatar-url'?: string
  readonly buttons?: readonly string[]
}

export const TEXT_KEYS = [
  'title',
  'text',
  'content',
  'color',
  'footer',
  'image',
  'thumbnail',
  'username',
  'avatar-url',
] as const

export type Template = ReadonlyMap<string, Look>

/** Where a status without a part of its own in the template looks. */
const FAMILY = { up: 'success', down: 'failure', progress: 'started', neutral: 'skipped' } as const

/** The look for a status: its own part over its family's over `all`. */
export function templateLook(template: Template, status: Status): Look {
  return { ...template.get('all'), ...(template.get(status) ?? template.get(FAMILY[STATUSES[status].mood])) }
}
