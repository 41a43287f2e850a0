import { DiscordError } from '@deploy-actions/core/discord/discord-error'
import { previewMarkdown } from '@deploy-actions/core/discord/preview'
import type { Log } from '@deploy-actions/core/runner/log'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import { type Inputs, isBroken } from './inputs.ts'
import type { Report } from './run.ts'

export function outputsOf(report: Report): Record<string, string> {
  const line = (pick: (outcome: Exclude<Report['outcomes'][number], DiscordError>) => string | undefined) => {
    const values = report.outcomes.map(outcome => (outcome instanceof DiscordError ? undefined : pick(outcome)))
    // One webhook that failed has no id: an empty output, which a later step takes for "post a new one".
    return values.every(value => value === undefined) ? '' : values.map(value => value ?? '-').join('\n')
  }
  return {
    result: report.result,
    'message-id': line(({ id }) => id),
    'thread-id': line(({ threadId }) => threadId),
    payload: report.message ? JSON.stringify(report.message) : '',
  }
}

/** The failures of all webhooks as one; undefined when there was none. */
export function failureOf(report: Report, inputs: Inputs): ActionError | undefined {
  const failures = report.outcomes.flatMap((outcome, index) =>
    outcome instanceof DiscordError ? [{ outcome, index }] : [],
  )
  const [first] = failures
  if (!first) return undefined
  if (report.outcomes.length === 1) return first.outcome
  const lines = failures.map(({ outcome, index }) => {
    const target = inputs.targets[index]
    const id = target === undefined || isBroken(target) ? '' : ` (${target.webhook.id})`
    return `- Webhook ${index + 1}${id}: ${outcome.message}`
  })
  const next = [...new Set(failures.flatMap(({ outcome }) => outcome.next ?? []))].join('\n')
  return new ActionError({
    title: `Discord was not notified by ${failures.length} of ${report.outcomes.length} webhooks`,
    message: lines.join('\n'),
    ...(next ? { next } : {}),
  })
}

/** For the job's summary: the message as it looks, and what became of it. '' where there is nothing to see. */
export function summaryOf(report: Report, failure: ActionError | undefined): string {
  if (report.message === undefined && failure === undefined) return ''
  const heading = {
    sent: 'Told Discord',
    edited: 'Told Discord, in the same message',
    skipped: 'Discord, as a dry run',
    failed: 'Discord was not notified',
  }
  const parts = [`### ${heading[report.result]}`]
  if (report.message) parts.push(previewMarkdown(report.message))
  if (report.notes.length > 0) parts.push(report.notes.map(note => `- ${note}`).join('\n'))
  if (failure) parts.push(`**${failure.title}:** ${failure.message}${failure.next ? `\n\n${failure.next}` : ''}`)
  return `${parts.join('\n\n')}\n`
}

/** The outputs of a run that came to nothing. */
export const NOT_TOLD = { result: 'failed', 'message-id': '', 'thread-id': '', payload: '' }

export function logReport(report: Report, inputs: Inputs, log: Log): void {
  for (const note of report.notes) log.notice(`For Discord to take the message, ${note}.`)
  if (report.result === 'skipped') {
    if (inputs.dryRun && report.message) {
      log.group(
        `What would be sent to ${count(inputs.targets.length, 'webhook')}`,
        JSON.stringify(report.message, null, 2).split('\n'),
      )
    }
    const text = `Nothing was sent: ${report.reason}.`
    if (inputs.targets.length === 0) log.notice(text)
    else log.info(text)
  }
  for (const outcome of report.outcomes) {
    if (!(outcome instanceof DiscordError))
      log.info(
        `${outcome.edited ? 'Edited' : 'Posted'} message ${outcome.id}${outcome.threadId ? ` in thread ${outcome.threadId}` : ''}.`,
      )
  }
}

/** Asked for by `on-missing-webhook: fail`, and so not softened by `on-error: warn`. */
export class MissingWebhook extends ActionError {
  constructor() {
    super({
      title: 'No webhook is set',
      message:
        '`webhook` is empty: the secret is not defined, or this run gets no secrets (from a fork, by Dependabot, or an environment that is not named).',
      next: 'Set the secret, or `on-missing-webhook: skip` where runs without secrets are usual.',
    })
  }
}
