import { markdownTable } from '@deploy-actions/core/report/table'
import { count } from '@deploy-actions/core/values/count'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import type { Verdict } from '../judge.ts'
import type { Problem } from '../problem.ts'
import { bySeverity, errorsOf } from './order.ts'
import type { Report } from './report.ts'

/** The job's summary: what is wrong, then everything that was looked at. */
export function summaryOf(report: Report): string {
  const errors = errorsOf(report.problems).length
  const warnings = report.problems.length - errors
  const looked = count(report.verdicts.length, 'name')
  const title =
    errors === 0
      ? `✅ Secrets and variables: ${looked} checked`
      : `❌ Secrets and variables: ${count(errors, 'problem')}`
  const parts = [`### ${title}`]
  if (report.environment !== '') parts.push(`For the environment \`${report.environment}\`.`)
  if (errors > 0) parts.push(problemTable(report))
  if (report.causes.length > 0) parts.push(report.causes.map(cause => `- ${cause}`).join('\n'))
  if (errors > 0) parts.push(placesToSet(report))
  if (errors === 0 && warnings > 0) parts.push(problemTable(report))
  if (report.remote.length > 0)
    parts.push(
      markdownTable(
        ['Remote check', 'Result'],
        report.remote.map(({ check, outcome, text }) => [check, `${SIGNS[outcome]} ${text}`]),
      ),
    )
  parts.push(`<details><summary>${looked}</summary>\n\n${nameTable(report.verdicts)}\n\n</details>`)
  return `${parts.join('\n\n')}\n`
}

const SIGNS = { passed: '✅', failed: '❌', skipped: '➖' } as const

function problemTable(report: Report): string {
  const rows = bySeverity(report.problems).map(problem => [
    problem.names.map(name => `\`${name}\``).join('\n'),
    problem.severity === 'error' ? problem.code : `⚠️ ${problem.code}`,
    `${problem.text}.`,
    problem.hint ?? nextStep(problem, report),
  ])
  return markdownTable(['Name', 'Problem', 'What is wrong', 'What to do'], rows)
}

/** What to do about a problem that has no hint of its own. */
function nextStep({ code, names, at }: Problem, { verdicts, whereToSet }: Report): string {
  if (code === 'config') return `Correct the rules${at === undefined ? '' : ` (${formatPosition(at)})`}.`
  if (code === 'unreachable' || code === 'refused') return 'Check the value, and whether the server can be reached.'
  const rule = verdicts.find(({ rule }) => names.includes(rule.name))?.rule
  const place = whereToSet[rule?.store ?? 'secret']
  if (code === 'missing' || code === 'group') return `Set ${names.length > 1 ? 'them' : 'it'}: ${place}`
  const docs = rule?.options.docs === undefined ? '' : ` (how to get it: ${rule.options.docs})`
  if (code === 'format' && rule?.type === 'base64')
    return `Encode it: \`base64 -w0 FILE\`, and set it again: ${place}${docs}`
  return `Correct it: ${place}${docs}`
}

function placesToSet({ whereToSet, verdicts }: Report): string {
  const stores = new Set(verdicts.filter(({ problems }) => problems.length > 0).map(({ rule }) => rule.store))
  const lines = [...stores].map(
    store => `- ${store === 'secret' ? 'Secrets' : 'Variables'} are set at ${whereToSet[store]}`,
  )
  return lines.join('\n')
}

function nameTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ rule, required, present, problems }) => [
    `\`${rule.name}\``,
    rule.store,
    rule.type,
    problems.some(({ severity }) => severity === 'error')
      ? '❌'
      : problems.length > 0
        ? '⚠️'
        : present
          ? '✅'
          : required
            ? '❌'
            : '➖ not set',
    [rule.options.description, rule.options.docs].filter(text => text !== undefined).join('\n'),
  ])
  return markdownTable(['Name', 'Kind', 'Type', 'Result', 'About'], rows)
}
