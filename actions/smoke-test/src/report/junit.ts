import type { CheckResult, RunResult } from '../result.ts'
import { isUnsteady, lastFailure } from './attempts.ts'
import { detailLines } from './log-lines.ts'
import { endingOf, tallyOf } from './tally.ts'
import { type XmlElement, xmlDocument } from './xml.ts'

const NAME = 'smoke-test'

/**
 * JUnit XML as test reporters read it: a group is a suite, a check a case that counts once, whatever its attempts.
 * `startedAt` is in milliseconds since the epoch. The names are those of Jenkins' schema:
 * https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
 */
export function junitXml(run: RunResult, startedAt: number): string {
  const groups = Map.groupBy(run.checks, ({ group }) => group ?? NAME)
  const { tests, failures, errors, time } = counts(run.checks, run.durationMs)
  return xmlDocument({
    name: 'testsuites',
    attributes: { name: NAME, tests, failures, errors, time },
    content: [...groups].map(([name, checks]) => suite(name, checks, startedAt)),
  })
}

function suite(name: string, checks: readonly CheckResult[], startedAt: number): XmlElement {
  const start = Math.min(...checks.map(({ startedMs }) => startedMs))
  const end = Math.max(...checks.map(({ startedMs, durationMs }) => startedMs + durationMs))
  const { tests, failures, errors, skipped, time } = counts(checks, end - start)
  const timestamp = new Date(startedAt + start).toISOString().replace(/\.\d+Z$/, '')
  const { warnings } = tallyOf(checks)
  const properties = { warnings: String(warnings), 'not-steady': String(checks.filter(isUnsteady).length) }
  return {
    name: 'testsuite',
    attributes: { name, tests, failures, errors, skipped, time, timestamp },
    content: [
      {
        name: 'properties',
        content: Object.entries(properties).map(([key, value]) => ({
          name: 'property',
          attributes: { name: key, value },
        })),
      },
      ...checks.map(testcase),
    ],
  }
}

/** JUnit knows no warning: what may fail without consequence is a skipped case, so that a reporter does not fail the job. */
function counts(checks: readonly CheckResult[], durationMs: number) {
  const { total, failed, warnings, skipped } = tallyOf(checks)
  return {
    tests: String(total),
    failures: String(failed),
    errors: '0',
    skipped: String(warnings + skipped),
    time: seconds(durationMs),
  }
}

function testcase(check: CheckResult): XmlElement {
  const { name, group, durationMs } = check
  return {
    name: 'testcase',
    attributes: { name, classname: group ?? NAME, time: seconds(durationMs) },
    content: [...verdict(check), { name: 'system-out', content: detailLines(check).join('\n') }],
  }
}

function verdict(check: CheckResult): XmlElement[] {
  const message = check.reason ?? ''
  switch (endingOf(check)) {
    case 'failed':
      return [{ name: 'failure', attributes: { type: check.kind, message }, content: lastAttempt(check) }]
    case 'warned':
      return [{ name: 'skipped', attributes: { type: 'warning', message: `failed, as a warning only: ${message}` } }]
    case 'skipped':
      return [{ name: 'skipped', attributes: { message } }]
    case 'passed':
      return []
  }
}

function lastAttempt({ target, reason, attempts }: CheckResult): string {
  const last = lastFailure(attempts)
  const reasons = last?.reasons ?? [reason ?? 'failed']
  return [target, ...reasons, ...(last?.advice ?? []), ...(last?.excerpt === undefined ? [] : [last.excerpt])].join(
    '\n',
  )
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
