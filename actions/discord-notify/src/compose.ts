import { buttonRows, parseButton } from '@deploy-actions/core/discord/buttons'
import { deployEmbed, type RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { FLAGS } from '@deploy-actions/core/discord/limits'
import { allowedMentions, mentionText } from '@deploy-actions/core/discord/mentions'
import type { Embed, EmbedField, LinkButton, Message, MessageEdit } from '@deploy-actions/core/discord/message'
import type { Status } from '@deploy-actions/core/discord/status'
import { timelineField } from '@deploy-actions/core/discord/timeline'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { Inputs } from './inputs.ts'
import { fill, placeholdersOf } from './placeholders.ts'

export interface Moment {
  readonly status: Status
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds since it began. */
  readonly duration: number | undefined
  /** Milliseconds for which it was down. */
  readonly downFor: number | undefined
  /** The lines to show, this step's among them. */
  readonly timeline: readonly string[]
}

/** The whole message, before it is fitted into Discord's limits. */
export function composeMessage(inputs: Inputs, facts: RunFacts, moment: Moment): Message {
  const { look } = inputs
  const content = [...inputs.mentions.map(mentionText), filled(inputs, facts, moment)(look.content ?? '', 'markdown')]
    .filter(Boolean)
    .join(' ')
  const flags = (inputs.silent ? FLAGS.suppressNotifications : 0) | (inputs.suppressPreviews ? FLAGS.suppressEmbeds : 0)
  const fill = filled(inputs, facts, moment)
  const buttons = inputs.buttons.flatMap(line => buttonOf(fill(line, 'plain')))
  return {
    ...(content ? { content } : {}),
    embeds: [composeEmbed(inputs, facts, moment)],
    ...(buttons.length > 0 ? { components: buttonRows(buttons) } : {}),
    allowed_mentions: allowedMentions(inputs.mentions),
    ...(look.username ? { username: fill(look.username, 'plain') } : {}),
    ...(look['avatar-url'] ? { avatar_url: look['avatar-url'] } : {}),
    ...(flags ? { flags } : {}),
    ...(inputs.threadName ? { thread_name: fill(inputs.threadName, 'plain') } : {}),
    ...(inputs.appliedTags.length > 0 ? { applied_tags: inputs.appliedTags } : {}),
  }
}

function composeEmbed(inputs: Inputs, facts: RunFacts, moment: Moment): Embed {
  const { look } = inputs
  const fill = filled(inputs, facts, moment)
  const base = deployEmbed(moment.status, facts, {
    environment: inputs.environment,
    url: inputs.url,
    reason: inputs.reason,
    releases: inputs.releases,
    details: inputs.details,
    duration: moment.duration,
    now: moment.now,
  })
  const description = [fill(look.text ?? '', 'markdown'), base.description ?? ''].filter(Boolean).join('\n\n')
  // An output that was not set leaves a field without a value, which says nothing.
  const own: EmbedField[] = (look.fields ?? [])
    .map(field => ({ ...field, name: fill(field.name, 'plain'), value: fill(field.value, 'markdown') }))
    .filter(field => field.value.trim() !== '')
  const down: EmbedField[] =
    moment.downFor === undefined ? [] : [{ name: 'Down for', value: formatDuration(moment.downFor), inline: true }]
  const timeline = moment.timeline.length > 0 ? [timelineField(moment.timeline)] : []
  return {
    ...base,
    ...(look.title ? { title: fill(look.title, 'markdown') } : {}),
    ...(description ? { description } : {}),
    ...(inputs.color === undefined ? {} : { color: inputs.color }),
    fields: [...(base.fields ?? []), ...down, ...own, ...timeline],
    ...(look.footer ? { footer: { text: fill(look.footer, 'plain') } } : {}),
    ...(look.image ? { image: { url: fill(look.image, 'plain') } } : {}),
    ...(look.thumbnail ? { thumbnail: { url: fill(look.thumbnail, 'plain') } } : {}),
  }
}

/** None where a placeholder left it without an address, as `{{url}}` does when there is none. */
function buttonOf(line: string): LinkButton[] {
  try {
    return [parseButton(line)]
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return []
    throw thrown
  }
}

function filled(inputs: Inputs, facts: RunFacts, moment: Moment): (text: string, form: 'markdown' | 'plain') => string {
  const values = placeholdersOf(moment.status, facts, {
    environment: inputs.environment,
    url: inputs.url,
    duration: moment.duration === undefined ? '' : formatDuration(moment.duration),
  })
  return (text, form) => fill(text, values, form)
}

/** A message with its fields in the shape that an edit takes: it says all that the message is from now on, and cannot be silent or renamed. */
export function asEdit(message: Message): MessageEdit {
  return {
    content: message.content ?? null,
    embeds: message.embeds ?? [],
    components: message.components ?? [],
    allowed_mentions: message.allowed_mentions ?? { parse: [] },
    flags: (message.flags ?? 0) & FLAGS.suppressEmbeds,
  }
}
