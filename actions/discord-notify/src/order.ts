import { type RunFacts, statusTitle } from '@deploy-actions/core/discord/deploy-embed'
import { allowedMentions, mentionText } from '@deploy-actions/core/discord/mentions'
import type { Attachment, Embed, Message } from '@deploy-actions/core/discord/message'
import { STATUSES, type Status } from '@deploy-actions/core/discord/status'
import { timelineLine, timelineOf } from '@deploy-actions/core/discord/timeline'
import { snowflakeTime } from '@deploy-actions/core/discord/webhook'
import { composeMessage } from './compose.ts'
import type { Inputs, Target } from './inputs.ts'
import type { RememberedMessage, State } from './state.ts'

/** One message for one webhook. */
export interface Order {
  readonly messageId: string | undefined
  readonly threadId: string | undefined
  readonly files: readonly Attachment[]
  /** Whether the timeline of the message that stands there is wanted. */
  readonly timeline: boolean
  /** The message, given the embeds that stand there now: none for a new one. */
  readonly compose: (present: readonly Embed[]) => Message
  /** A short message of its own that pings after an edit, which by itself pings nobody. */
  readonly ping: Message | undefined
}

export interface OrderParts {
  readonly status: Status
  readonly facts: RunFacts
  readonly files: readonly Attachment[]
  readonly before: State | undefined
  readonly downFor: number | undefined
  readonly now: number
}

export function orderFor(target: Target, inputs: Inputs, parts: OrderParts): Order {
  const { status, facts, files, now } = parts
  const known = rememberedMessage(target, inputs, parts)
  const messageId = target.messageId ?? known?.id
  // A message's id tells when it was posted, and that is when the deploy began.
  const start = inputs.startedAt ?? (messageId === undefined ? undefined : snowflakeTime(messageId))
  const duration = start === undefined || STATUSES[status].mood === 'progress' ? undefined : Math.max(0, now - start)
  const compose = (present: readonly Embed[]) => {
    const tells = inputs.timeline && (present.length > 0 || STATUSES[status].mood === 'progress')
    const timeline = tells ? [...timelineOf(present), timelineLine(status, now, duration)] : []
    return composeMessage(inputs, facts, { status, now, duration, downFor: parts.downFor, timeline })
  }
  return {
    messageId,
    threadId: target.threadId ?? known?.threadId,
    files,
    timeline: inputs.timeline,
    compose,
    ping: inputs.mentions.length > 0 ? pingFor(inputs, status, facts) : undefined,
  }
}

/** What begins anew, and so gets a message of its own. */
const BEGINNINGS: ReadonlySet<Status> = new Set<Status>(['started', 'rolling-back'])

/** What an earlier run left: a message of the same commit that is not at its start again. */
function rememberedMessage(target: Target, inputs: Inputs, parts: OrderParts): RememberedMessage | undefined {
  if (inputs.onlyWhen === 'change' || BEGINNINGS.has(parts.status) || parts.before?.sha !== parts.facts.sha)
    return undefined
  return parts.before.messages[target.webhook.id]
}

function pingFor(inputs: Inputs, status: Status, facts: RunFacts): Message {
  const title = statusTitle(status, facts.workflow, inputs.environment)
  return {
    content: `${inputs.mentions.map(mentionText).join(' ')} ${title}`,
    allowed_mentions: allowedMentions(inputs.mentions),
  }
}
