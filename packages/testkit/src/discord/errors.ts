/** A refusal, before it is written as an answer. */
export class Refusal {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Codes and texts as Discord documents them. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const CODES = {
  10003: [404, 'Unknown Channel'],
  10008: [404, 'Unknown Message'],
  10015: [404, 'Unknown Webhook'],
  30015: [400, 'Maximum number of attachments in a message reached (10)'],
  40005: [413, 'Request entity too large'],
  40067: [400, 'A tag is required to create a forum post in this channel'],
  50006: [400, 'Cannot send an empty message'],
  50027: [401, 'Invalid Webhook Token'],
  50083: [400, 'Thread is archived'],
  50109: [400, 'The request body contains invalid JSON.'],
  160005: [403, 'Thread is locked'],
  220001: [400, 'Webhooks posted to forum channels must have a thread_name or thread_id'],
  220002: [400, 'Webhooks posted to forum channels cannot have both a thread_name and thread_id'],
  220003: [400, 'Webhooks can only create threads in forum channels'],
} as const

export function refusal(code: keyof typeof CODES): Refusal {
  const [status, message] = CODES[code]
  return new Refusal(status, { message, code })
}

export interface FieldError {
  /** `embeds.0.title`; '' for the body as a whole. */
  readonly path: string
  readonly code: string
  readonly message: string
}

/** Since v8: a tree by keys and positions. Before it, as the versions that a URL without one still gets: the names of the top alone. */
export function formError(errors: readonly FieldError[], version: number): Refusal {
  if (version < 8) {
    const old: Record<string, string[]> = {}
    for (const { path, message } of errors) {
      const [top = '_misc', index] = path.split('.')
      old[top] = [...(old[top] ?? []), index ?? message]
    }
    return new Refusal(400, old)
  }
  const tree: Record<string, unknown> = {}
  for (const { path, code, message } of errors) {
    let node = tree
    for (const key of path === '' ? [] : path.split('.')) {
      node[key] ??= {}
      node = node[key] as Record<string, unknown>
    }
    node['_errors'] = [...((node['_errors'] as unknown[]) ?? []), { code, message }]
  }
  return new Refusal(400, { message: 'Invalid Form Body', code: 50035, errors: tree })
}
