import { DiscordError } from '@deploy-actions/core/discord/discord-error'
import { previewMarkdown } from '@deploy-actions/core/discord/preview'
import type { Log } from '@deploy-actions/core/runner/log'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import type { PostedMessage } from './follow.ts'
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

/** What was posted, in the order of the webhooks. */
export function messagesOf(report: Report, inputs: Inputs): (PostedMessage | null)[] {
  return report.outcomes.map((outcome, index) => {
    const target = inputs.targets[index]
    if (outcome instanceof DiscordError || target === undefined || isBroken(target)) return null
    const { id, threadId } = outcome
    return { webhook: target.webhook.id, id, ...(threadId === undefined ? {} : { threadId }) }
  })
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
    sent: 'Discord was notified',
    edited: 'Discord message edited',
    skipped: 'Discord message (dry run)',
    failed: 'Discord was not notified',
  }
  const parts = [`### ${heading[report.result]}`]
  if (report.message) parts.push(previewMarkdown(report.message))
  if (report.notes.length > 0) parts.push(report.notes.map(note => `- ${note}`).join('\n'))
  if (failure) parts.push(`**${failure.title}:** ${failure.message}${failure.next ? `\n\n${failure.next}` : ''}`)
  return `${parts.join('\n\n')}\n`
}

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
