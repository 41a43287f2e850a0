import type { Duplex } from 'node:stream'
import type { CommandResult } from '@deploy-actions/core/host/host'
import type { CheckCommand } from './run-command.ts'

export type Open = (target: { readonly host: string; readonly port: number }) => Promise<Duplex>

/** Where a attempt is made. */
export interface Place {
  /** One connection from there; undefined when it is this very machine, which has proxies and a resolver of its own. */
  readonly open: Open | undefined
  run(command: CheckCommand): Promise<CommandResult>
}
