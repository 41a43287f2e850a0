import { formatPosition } from '@deploy-actions/core/yaml/position'
import type { Guard } from '../guard.ts'
import type { Verdict } from '../judge.ts'
import type { Problem } from '../problem.ts'

/** All that a run tells, before it has a form. */
export interface Report {
  readonly environment: string
  readonly verdicts: readonly Verdict[]
  /** Every problem: of names, of groups, of remote checks. */
  readonly problems: readonly Problem[]
  readonly remote: readonly RemoteResult[]
  /** What explains several problems at once. */
  readonly causes: readonly string[]
  readonly whereToSet: Readonly<Record<Verdict['rule']['store'], string>>
}

export interface RemoteResult {
  readonly check: string
  readonly names: readonly string[]
  /** `skipped`: a value that it needs is wrong, or the run is a fork's. */
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly text: string
}

/** Runs every text of a report through the guard, before escapes of Markdown or JSON could hide something from it. */
export function guarded(report: Report, guard: Guard): Report {
  const texts = collect(report)
  const clean = new Map<string, string>()
  for (const [index, text] of guard.cleanAll(texts).entries()) clean.set(texts[index] ?? '', text)
  const of = (text: string) => clean.get(text) ?? guard.clean(text)
  const problem = (found: Problem): Problem => ({
    ...found,
    text: of(found.text),
    ...(found.hint === undefined ? {} : { hint: of(found.hint) }),
  })
  return {
    ...report,
    environment: of(report.environment),
    whereToSet: { secret: of(report.whereToSet.secret), variable: of(report.whereToSet.variable) },
    verdicts: report.verdicts.map(verdict => ({ ...verdict, problems: verdict.problems.map(problem) })),
    problems: report.problems.map(problem),
    remote: report.remote.map(result => ({ ...result, text: of(result.text) })),
    causes: report.causes.map(of),
  }
}

function collect(report: Report): string[] {
  const problems = [...report.problems, ...report.verdicts.flatMap(({ problems }) => problems)]
  const texts = [
    ...problems.flatMap(({ text, hint }) => [text, hint ?? '']),
    ...report.remote.map(({ text }) => text),
    ...report.causes,
    report.environment,
    ...Object.values(report.whereToSet),
  ]
  return [...new Set(texts)]
}

/**
 * The report as a file: everything that is known, and no value. Of a report that went through the guard text by text: in the
 * finished document the guard would take its punctuation and keys for parts of a JSON secret.
 */
export function reportJson(report: Report): string {
  const of = (problem: Problem) => ({
    names: problem.names,
    code: problem.code,
    severity: problem.severity,
    text: problem.text,
    hint: problem.hint ?? null,
    rule: problem.at ? formatPosition(problem.at) : null,
  })
  const document = {
    version: 1,
    valid: isValid(report),
    environment: report.environment === '' ? null : report.environment,
    checked: report.verdicts.map(({ rule, required, present, problems }) => ({
      name: rule.name,
      store: rule.store,
      type: rule.type,
      required,
      present,
      problems: problems.map(of),
    })),
    problems: report.problems.map(of),
    remote: report.remote,
    causes: report.causes,
    'where-to-set': report.whereToSet,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

export function isValid(report: Report): boolean {
  return !report.problems.some(problem => problem.severity === 'error')
}
