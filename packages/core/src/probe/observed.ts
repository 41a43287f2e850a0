import type { FailureKind } from '../http/failure.ts'
import type { CertificateFacts } from './certificate.ts'

/** Why there is nothing to judge. */
export interface ProbeFailure {
  readonly kind: FailureKind | 'dns' | 'host'
  /** Plain words that read on after the name of what was asked. */
  readonly reason: string
  /** What the other side showed, when the failure is about that. */
  readonly certificate?: CertificateFacts
  /** A response had begun before it failed, or another one had redirected there. */
  readonly responded?: true
  /** A proxy was on the way, which may be what failed. */
  readonly proxied?: true
}

/** What one look gave. */
export type Observed<Facts> =
  | { readonly ok: true; readonly facts: Facts; readonly durationMs: number }
  | { readonly ok: false; readonly failure: ProbeFailure; readonly durationMs: number }

/** Runs a look and tells its time; `explain` says what a thrown value means, or throws it on. */
export async function observed<Facts>(
  look: () => Promise<Facts>,
  explain: (thrown: unknown) => ProbeFailure,
): Promise<Observed<Facts>> {
  const started = performance.now()
  const elapsed = () => Math.round(performance.now() - started)
  try {
    return { ok: true, facts: await look(), durationMs: elapsed() }
  } catch (thrown) {
    return { ok: false, failure: explain(thrown), durationMs: elapsed() }
  }
}
