import type { Verdict } from '@deploy-actions/core/github/judge/judge'

/** What is done when CI does not say that the commit is good. */
export interface Policies {
  readonly onFailure: 'rollback' | 'report'
  readonly onTimeout: 'hold' | 'rollback' | 'accept'
  readonly onNoChecks: 'hold' | 'rollback' | 'accept'
}

export type Consequence =
  /** CI passed: the commit is recorded. */
  | 'validate'
  | 'rollback'
  /** Taken without a verdict, and not recorded. */
  | 'accept'
  /** The step fails, and nothing is changed. */
  | 'fail'
  /** Another event will tell more. */
  | 'wait'
  /** A newer commit counts. */
  | 'leave'

/** PURE. What follows from a verdict. Whoever could not see does not roll back. */
export function consequenceOf({ kind }: Pick<Verdict, 'kind'>, policies: Policies): Consequence {
  switch (kind) {
    case 'success':
      return 'validate'
    case 'failure':
      return policies.onFailure === 'rollback' ? 'rollback' : 'fail'
    case 'superseded':
      return 'leave'
    case 'pending':
      return 'wait'
    case 'timeout':
      return WITHOUT_VERDICT[policies.onTimeout]
    case 'no-checks':
    case 'nothing-executed':
      return WITHOUT_VERDICT[policies.onNoChecks]
    case 'unreachable':
      return 'fail'
  }
}

const WITHOUT_VERDICT = { hold: 'fail', rollback: 'rollback', accept: 'accept' } as const
