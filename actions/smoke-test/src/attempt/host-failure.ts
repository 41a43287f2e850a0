import { CommandRefused, CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import type { ProbeFailure } from '@deploy-actions/core/probe/observed'

/** Why a host did not do its part, in words that read on; anything else is thrown on. */
export function explainHostFailure(thrown: unknown): ProbeFailure {
  if (thrown instanceof ConnectionLost || thrown instanceof CommandTimeout || thrown instanceof CommandRefused) {
    return { kind: 'host', reason: readOn(thrown.message) }
  }
  throw thrown
}

/** A sentence without its capital and its full stop. */
export function readOn(sentence: string): string {
  return sentence.replace(/^The /, 'the ').replace(/\.$/, '')
}
