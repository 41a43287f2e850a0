import { InvalidValue } from '../values/invalid-value.ts'
import { SNOWFLAKE } from './webhook.ts'

export type Mention = { readonly kind: 'role' | 'user'; readonly id: string } | { readonly kind: 'everyone' | 'here' }

export interface AllowedMentions {
  readonly parse: readonly 'everyone'[]
  readonly roles?: readonly string[]
  readonly users?: readonly string[]
}

/** Reads `role:ID`, `user:ID`, `@everyone`, `@here`, or a mention as Discord writes it (`<@&ID>`, `<@ID>`). */
export function parseMention(text: string): Mention {
  // With a backslash before it, Discord shows a mention as its text; people copy both.
  const word = text.trim().replace(/^\\/, '')
  const broad = /^@?(everyone|here)$/i.exec(word)?.[1]?.toLowerCase()
  if (broad === 'everyone' || broad === 'here') return { kind: broad }
  const [, kind, id = ''] = /^(role|user)\s*[:=]\s*(.*)$/i.exec(word) ?? mentionParts(word)
  if (!kind) {
    throw new InvalidValue(
      `has "${word}"; write role:ID, user:ID, here or everyone (a name alone never pings: Discord wants the number)`,
    )
  }
  if (!SNOWFLAKE.test(id)) {
    throw new InvalidValue(
      `has "${word}", whose id is not one of Discord (17 to 20 digits); in Discord: Developer Mode on, right click, Copy ID`,
    )
  }
  return { kind: kind.toLowerCase() === 'role' ? 'role' : 'user', id }
}

function mentionParts(word: string): readonly [string, string?, string?] {
  const parts = /^<@([!&]?)(\d+)>$/.exec(word)
  return parts ? [word, parts[1] === '&' ? 'role' : 'user', parts[2] ?? ''] : [word]
}

/** What stands in the text for it to ping. */
export function mentionText(mention: Mention): string {
  switch (mention.kind) {
    case 'role':
      return `<@&${mention.id}>`
    case 'user':
      return `<@${mention.id}>`
    default:
      return `@${mention.kind}`
  }
}

/**
 * Sent with every message: left out, Discord goes by a default under which text from a commit may ping. Here nothing pings
 * but what is listed.
 */
export function allowedMentions(mentions: readonly Mention[]): AllowedMentions {
  const ids = (kind: 'role' | 'user') => [
    ...new Set(mentions.flatMap(mention => (mention.kind === kind && 'id' in mention ? [mention.id] : []))),
  ]
  const [roles, users] = [ids('role'), ids('user')]
  return {
    parse: mentions.some(({ kind }) => kind === 'everyone' || kind === 'here') ? ['everyone'] : [],
    ...(roles.length > 0 ? { roles } : {}),
    ...(users.length > 0 ? { users } : {}),
  }
}
