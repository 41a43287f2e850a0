import { redactor, type Secret } from '@deploy-actions/core/values/secret'
import type { AttemptResult, CheckResult, RunResult } from '../result.ts'

/**
 * The last guard: every text of a run without any form of the secrets. The runner masks logs and summaries, but no files and
 * artifacts. Before texts are escaped, since the escapes of Markdown, XML or JSON could hide a secret from it.
 */
export function redacted(run: RunResult, secrets: readonly Secret[]): RunResult {
  const clean = redactor(secrets)
  const maybe = (text: string | undefined) => (text === undefined ? undefined : clean(text))
  const cleanAttempt = (one: AttemptResult): AttemptResult => ({
    ...one,
    reasons: one.reasons.map(clean),
    excerpt: maybe(one.excerpt),
    ...(one.advice ? { advice: one.advice.map(clean) } : {}),
  })
  const cleanCheck = (check: CheckResult): CheckResult => ({
    ...check,
    name: clean(check.name),
    group: maybe(check.group),
    target: clean(check.target),
    reason: maybe(check.reason),
    attempts: check.attempts.map(cleanAttempt),
  })
  return { ...run, checks: run.checks.map(cleanCheck) }
}
