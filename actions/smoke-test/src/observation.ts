import type { HttpFacts } from '@deploy-actions/core/probe/observe-http'
import type { SocketFacts } from '@deploy-actions/core/probe/observe-socket'

/** What a attempt saw, by the kind of its check. */
export type Observation =
  | { readonly kind: 'http'; readonly facts: HttpFacts }
  | { readonly kind: 'tcp' | 'tls'; readonly facts: SocketFacts }
  | { readonly kind: 'dns'; readonly records: readonly string[] }
  | { readonly kind: 'command'; readonly facts: CommandFacts }

export interface CommandFacts {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** What there is more of, which was not kept. */
  readonly cut?: readonly ('stdout' | 'stderr')[]
}
