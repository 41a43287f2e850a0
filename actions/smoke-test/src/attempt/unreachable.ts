import type { ProbeFailure } from '@deploy-actions/core/probe/observed'

/**
 * Failures that show that nothing responds: no connection, or one that is closed without a response, as by Docker's proxy for a
 * container that does not listen.
 */
const NOTHING_RESPONDS = /^(refused|unreachable|timeout-connect|reset|closed)$/
/** Failures that only something that responds can cause. */
const SOMETHING_RESPONDS = /^(certificate-.*|tls|timeout-(tls|headers|body)|not-http|too-large|encoding|redirect)$/
const NO_ADDRESS = /^name-/

/** Why a failure does not show that nothing responds there, which reads on after its reason; undefined when it does. */
export function doubtOf({ kind, responded, proxied }: ProbeFailure, isCut: boolean): string | undefined {
  if (responded || SOMETHING_RESPONDS.test(kind)) return 'so something responded, and must not be reachable'
  if (NO_ADDRESS.test(kind)) return 'without an address this does not show that nothing responds'
  if (proxied) return 'behind a proxy this does not show that nothing responds; name the host in NO_PROXY'
  if (isCut && kind === 'timeout-connect') return 'the deadline left too little time to show that nothing responds'
  return NOTHING_RESPONDS.test(kind) ? undefined : 'which does not show that nothing responds'
}
