import { STATUSES, type Status } from '@deploy-actions/core/discord/status'
import type { Inputs } from './inputs.ts'
import type { State } from './state.ts'

export interface Decision {
  /** Undefined: nothing is told. */
  readonly tell: Status | undefined
  readonly reason: string
  /** Milliseconds for which it was down, when it is up again. */
  readonly downFor?: number
}

/** Whether this status is worth a message, and as what. */
export function decide(onlyWhen: Inputs['onlyWhen'], status: Status, before: State | undefined, now: number): Decision {
  const { mood } = STATUSES[status]
  switch (onlyWhen) {
    case 'always':
      return { tell: status, reason: '' }
    case 'failure':
      return mood === 'down'
        ? { tell: status, reason: '' }
        : { tell: undefined, reason: `it is ${status}, and \`only-when\` is failure` }
    case 'change': {
      if (mood !== 'up' && mood !== 'down') return { tell: undefined, reason: `${status} says neither up nor down` }
      const wasDown = before !== undefined && STATUSES[before.status].mood === 'down'
      if (mood === 'down') {
        if (wasDown) return { tell: undefined, reason: 'it is still down, and was told before' }
        // A check that failed is no deploy that did.
        return { tell: status === 'failure' || status === 'failed' ? 'down' : status, reason: '' }
      }
      if (!wasDown)
        return { tell: undefined, reason: before ? 'it is still up' : 'it is up, and nothing else is known' }
      return { tell: 'recovered', reason: '', downFor: Math.max(0, now - before.since) }
    }
  }
}
