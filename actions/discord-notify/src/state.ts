import { STATUSES, type Status } from '@deploy-actions/core/discord/status'

/** What one run leaves for the next. No secret: of a webhook only its id. */
export interface State {
  readonly version: 1
  readonly status: Status
  /** Milliseconds since the epoch since when it is up or down. */
  readonly since: number
  readonly sha: string
  /** By the webhook's id. */
  readonly messages: Readonly<Record<string, RememberedMessage>>
}

export interface RememberedMessage {
  readonly id: string
  readonly threadId?: string
}

/** Where a state is kept. */
export interface StateStore {
  /** Undefined when there is none, or it cannot be read. */
  load(): Promise<State | undefined>
  save(state: State): Promise<void>
}

/** Reads what `JSON.stringify` wrote; undefined for anything else, as a file may be cut or of a later version. */
export function parseState(text: string): State | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null || !('version' in json) || json.version !== 1) return undefined
  const { status, since, sha, messages } = json as Partial<State>
  if (typeof status !== 'string' || !(status in STATUSES) || typeof since !== 'number') return undefined
  return { version: 1, status, since, sha: sha ?? '', messages: messages ?? {} }
}
