import type { HttpFailure } from '../http/failure.ts'
import type { HttpResponse } from '../http/response.ts'
import { ActionError } from '../values/action-error.ts'
import { redact, type Secret } from '../values/secret.ts'
import { flattenFormErrors } from './form-errors.ts'

export type DiscordProblem =
  /** Deleted, or its token is wrong: no request to it can ever succeed again. */
  | 'webhook-gone'
  | 'message-gone'
  | 'thread'
  | 'too-large'
  | 'refused'
  | 'rate-limited'
  | 'unavailable'
  /** The message may have been posted: its answer did not arrive. */
  | 'uncertain'

/** Discord did not do as asked. */
export class DiscordError extends ActionError {
  readonly problem: DiscordProblem

  constructor(problem: DiscordProblem, message: string, next?: string) {
    super({ title: 'Discord was not notified', message, ...(next === undefined ? {} : { next }) })
    this.problem = problem
  }
}

type Explanation = readonly [DiscordProblem, string, string?]

const NEW_WEBHOOK =
  'In Discord: Channel settings → Integrations → Webhooks → Copy URL. Set the secret to it (Settings → Secrets and variables → Actions).'

/** By the codes of Discord's answers. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const CODES: Readonly<Record<number, Explanation>> = {
  10003: [
    'thread',
    "there is no thread with that id in the webhook's channel",
    'Correct `thread-id`, or leave it out.',
  ],
  10008: [
    'message-gone',
    'there is no such message of this webhook (in that thread)',
    'Was it deleted manually, or is `thread-id` missing?',
  ],
  10015: ['webhook-gone', 'the webhook does not exist any more: somebody deleted it in Discord', NEW_WEBHOOK],
  30046: [
    'refused',
    'Discord limits how often a message older than an hour is edited',
    'Start a new message: leave `message-id` out.',
  ],
  40005: [
    'too-large',
    'the files are larger than the channel takes (10 MiB each, unless the server is boosted)',
    'Attach less.',
  ],
  40067: [
    'thread',
    'this forum requires a tag on each post',
    "Set `applied-tags` to the id of one of the forum's tags.",
  ],
  50027: [
    'webhook-gone',
    "the token in the webhook's URL is wrong (cut off when it was copied, or that of another webhook)",
    NEW_WEBHOOK,
  ],
  50083: ['thread', 'the thread is archived, so nothing in it can be edited', 'Open it again, or start a new message.'],
  160005: ['thread', 'the thread is locked', 'Unlock it, or choose another.'],
  200000: [
    'refused',
    "the server's AutoMod blocked the message",
    'Look at the rules in Server settings → Safety Setup → AutoMod.',
  ],
  220001: [
    'thread',
    'the webhook posts to a forum, where each message is in a thread',
    'Set `thread-name` to start a post, or `thread-id` to reply in one.',
  ],
  220002: ['thread', '`thread-name` and `thread-id` cannot both be given', 'Keep one of them.'],
  220003: ['thread', "`thread-name` is for forums; the webhook's channel is not a forum", 'Leave `thread-name` out.'],
  240000: ['refused', "Discord's filter for harmful links blocked the message", 'Leave the link out.'],
}

/** Says what an answer other than success means. */
export function explainAnswer(response: HttpResponse, secrets: readonly Secret[]): DiscordError {
  const body = answerBody(response)
  const clean = (text: string) => redact(text, secrets)
  const known = body.code === undefined ? undefined : CODES[body.code]
  const status = `${response.status}${body.code ? `, code ${body.code}` : ''}`
  if (known) return new DiscordError(known[0], `Discord says: ${known[1]} (${status}).`, known[2])
  if (isBlock(response)) {
    return new DiscordError(
      'rate-limited',
      `Discord blocks this machine's address for now (${status}${body.isJson ? '' : ', a page of Cloudflare'}).`,
      "GitHub's runners share their addresses with others who send too much. A later run passes; a self-hosted runner has an address of its own.",
    )
  }
  if (response.status === 429) {
    const wait = body.retryAfter === undefined ? '' : `; the next request is allowed in ${Math.ceil(body.retryAfter)} s`
    return new DiscordError(
      'rate-limited',
      `Discord says that too much was sent (${status})${wait}.`,
      'Send fewer messages to this channel, or raise `timeout`.',
    )
  }
  if (response.status >= 500) {
    return new DiscordError(
      'unavailable',
      `Discord reports a fault of its own (${status}) after ${tries(response.tries)}.`,
      'See https://discordstatus.com',
    )
  }
  const details = flattenFormErrors(body.errors)
  const text = clean([body.message || 'no reason given', ...details].join('\n'))
  return new DiscordError('refused', `Discord refused the message (${status}): ${text}`)
}

/** Says what the lack of an answer means. Only a post that was on its way leaves a doubt: it may stand there now. */
export function explainFailure(failure: HttpFailure, isPost: boolean): DiscordError {
  if (isPost && failure.sent) {
    return new DiscordError(
      'uncertain',
      `The message was sent to Discord, and no response arrived: ${failure.reason}. It may be in the channel; it was not sent again, so that it does not appear twice.`,
    )
  }
  return new DiscordError('unavailable', `Discord cannot be reached: ${failure.reason} (${tries(failure.tries)}).`)
}

/** Cloudflare, in front of Discord, answers by itself: with a page, or with JSON without a time to wait. */
export function isBlock(response: HttpResponse): boolean {
  if (response.status !== 403 && response.status !== 429) return false
  const body = answerBody(response)
  return (
    !body.isJson || body.code === 40333 || (response.status === 429 && body.code === 0 && body.retryAfter === undefined)
  )
}

interface AnswerBody {
  readonly isJson: boolean
  readonly code: number | undefined
  readonly message: string
  readonly retryAfter: number | undefined
  readonly errors: unknown
}

export function answerBody(response: HttpResponse): AnswerBody {
  const json = response.json()
  if (typeof json !== 'object' || json === null)
    return { isJson: false, code: undefined, message: '', retryAfter: undefined, errors: undefined }
  return {
    isJson: true,
    code: 'code' in json && typeof json.code === 'number' ? json.code : undefined,
    message: 'message' in json ? String(json.message) : '',
    retryAfter: 'retry_after' in json && typeof json.retry_after === 'number' ? json.retry_after : undefined,
    errors: 'errors' in json ? json.errors : undefined,
  }
}

function tries(count: number): string {
  return count === 1 ? '1 attempt' : `${count} attempts`
}
