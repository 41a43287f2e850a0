import { escapeMarkdown } from '@deploy-actions/core/discord/escape-markdown'
import { parseStatuses, STATUSES, type Status, worstStatus } from '@deploy-actions/core/discord/status'
import type { JobStatus } from '@deploy-actions/core/runner/job-status'
import type { NumberedResult } from '@deploy-actions/core/runner/result-file'

/** What is known at the end of a job. */
export interface JobEnd {
  readonly job: JobStatus
  /** The results of the job's other steps, in their order. */
  readonly results: readonly NumberedResult[]
  /** This step's number in that order; undefined when it is not known. */
  readonly own: number | undefined
  /** The step whose deploy alone is meant; '' for all. */
  readonly resultOf: string
}

/** What the message reports. */
export interface Verdict {
  readonly status: Status
  /** Lines of plain text, or ''. */
  readonly reason: string
  readonly environment: string
  readonly url: string
  /** A line of Markdown per deploy. */
  readonly releases: readonly string[]
  /** Sentences for the log. */
  readonly warnings: readonly string[]
}

const DEPLOYS: ReadonlySet<string> = new Set(['ssh-compose-deploy', 'coolify-deploy', 'ci-watcher-rollback'])

/** A status that is not known is never a success. */
const JOB_WORDS = {
  success: 'success',
  failure: 'failure',
  cancelled: 'cancelled',
  unknown: 'failure',
} as const satisfies Readonly<Record<JobStatus, Status>>

interface Deploy {
  readonly result: NumberedResult
  readonly status: Status
}

/** How the job ended, in the words of its deploys as far as there are any. */
export function verdictOf(end: JobEnd): Verdict {
  const { job, resultOf } = end
  const warnings: string[] = []
  if (job === 'unknown') warnings.push('`job-status` holds no status of a job, so the message reports a failure.')
  const others = end.results.filter(({ action }) => action !== 'discord-notify')
  const meant = others.filter(({ action, step }) => (resultOf === '' ? DEPLOYS.has(action) : step === resultOf))
  if (resultOf !== '' && meant.length === 0) {
    warnings.push(`\`result-of\` is "${resultOf}", and no step of this job with that \`id\` has left a result.`)
  }
  const deploys = meant.flatMap(result => {
    const { known } = parseStatuses(result.result)
    const [status] = known
    if (status !== undefined) return [{ result, status }]
    warnings.push(`The result of the step \`${result.step}\` is not a known word, so it is left out.`)
    return []
  })
  const status = statusOf(job, deploys)
  const environments = distinct(deploys.map(({ result }) => result.environment))
  const urls = distinct(deploys.map(({ result }) => result.url)).filter(url => /^https?:\/\//.test(url))
  return {
    status,
    reason: STATUSES[status].mood === 'up' ? '' : reasonFor(end, deploys, others),
    environment: environments.join(', '),
    url: urls.length === 1 ? (urls[0] ?? '') : '',
    releases: deploys.map(lineOf),
    warnings,
  }
}

/** Of deploys that failed their own word, which says more than the job's. */
function statusOf(job: JobStatus, deploys: readonly Deploy[]): Status {
  const words = deploys.map(({ status }) => status)
  const down = worstStatus(
    words.filter(word => STATUSES[word].mood === 'down'),
    false,
  )
  return down ?? (job === 'success' ? worstStatus(words, false) : undefined) ?? JOB_WORDS[job]
}

function reasonFor({ job, own }: JobEnd, deploys: readonly Deploy[], others: readonly NumberedResult[]): string {
  const explained = others.filter(({ reason }) => reason !== '')
  const reasons = explained.map(result =>
    explained.length > 1 ? `${nameOf(result)}: ${result.reason}` : result.reason,
  )
  if (job === 'success') return distinct(reasons).join('\n')
  const ended = job === 'cancelled' ? 'the job was cancelled' : 'the job failed'
  const waiting = deploys
    .filter(({ status }) => status === 'pending')
    .map(({ result }) => {
      // Post steps run in reverse order: the one of an earlier step is still to come.
      if (own !== undefined && result.number < own && result.stage === 'main') return `${ended}, the rollback follows`
      const until = Date.parse(result.pending?.until ?? '')
      return Number.isNaN(until)
        ? `${ended}, and the release is not confirmed`
        : `${ended}; the server rolls back at ${new Date(until).toISOString().slice(11, 16)} UTC unless the release is confirmed`
    })
  return distinct([...reasons, ...waiting]).join('\n')
}

/** The step's `id`, or the action where the runner made up a name. */
function nameOf({ step, action }: NumberedResult): string {
  return step === '' || step.startsWith('__') ? action : step
}

function lineOf({ result, status }: Deploy): string {
  const { emoji, short } = STATUSES[status]
  const { release, previousRelease, hosts, environment } = result
  const parts = [
    nameOf(result),
    environment,
    hosts.join(', '),
    release && `release ${release}`,
    previousRelease && previousRelease !== release && `previous release ${previousRelease}`,
  ]
  return `${emoji} ${short} · ${parts
    .filter(Boolean)
    .map(part => escapeMarkdown(String(part)))
    .join(' · ')}`
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter(text => text !== '')
}
