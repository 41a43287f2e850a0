import type { DiscordClient } from '@deploy-actions/core/discord/client'
import type { RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { DiscordError } from '@deploy-actions/core/discord/discord-error'
import { fitMessage } from '@deploy-actions/core/discord/fit-message'
import type { Attachment, MessageEdit } from '@deploy-actions/core/discord/message'
import { STATUSES, type Status } from '@deploy-actions/core/discord/status'
import type { Webhook } from '@deploy-actions/core/discord/webhook'
import type { Clock } from '@deploy-actions/core/flow/clock'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import type { Log } from '@deploy-actions/core/runner/log'
import { asEdit } from './compose.ts'
import { decide } from './decision.ts'
import { type Delivered, deliver } from './deliver.ts'
import { type BrokenTarget, type Inputs, isBroken, type Target } from './inputs.ts'
import { type Order, orderFor } from './order.ts'
import type { RememberedMessage, State, StateStore } from './state.ts'

export interface World {
  readonly facts: RunFacts
  readonly clock: Clock
  readonly log: Log
  readonly connect: (webhook: Webhook) => DiscordClient
  readonly readFiles: (patterns: readonly string[]) => Promise<readonly Attachment[]>
  readonly state: StateStore | undefined
}

export interface Report {
  readonly result: 'sent' | 'edited' | 'skipped' | 'failed'
  /** Why nothing was sent; '' when something was. */
  readonly reason: string
  /** One a webhook. */
  readonly outcomes: readonly (Delivered | DiscordError)[]
  /** What was sent, or would have been. */
  readonly message: MessageEdit | undefined
  /** What had to be changed for Discord to take it. */
  readonly notes: readonly string[]
}

const AT_ONCE = 3

const NO_WEBHOOK =
  'no webhook is set. This is expected for forks and Dependabot, which get no secrets; otherwise set `webhook` or the variable DISCORD_WEBHOOK'

/** Tells Discord, as far as there is something to tell and someone to tell it to. */
export async function run(inputs: Inputs, world: World): Promise<Report> {
  if (inputs.targets.length === 0) return nothing(NO_WEBHOOK)
  const now = world.clock.now()
  const before = await world.state?.load()
  const { tell: status, reason, downFor } = decide(inputs.onlyWhen, inputs.status, before, now)
  if (status === undefined) {
    // The first look at something that is up is remembered, so that its first fall is one.
    if (
      inputs.onlyWhen === 'change' &&
      before === undefined &&
      STATUSES[inputs.status].mood === 'up' &&
      !inputs.dryRun
    ) {
      await world.state?.save(nextState(inputs.status, world.facts, before, now, {}))
    }
    return nothing(reason)
  }
  const files = inputs.files.length > 0 ? await world.readFiles(inputs.files) : []
  const parts = { status, facts: world.facts, files, before, downFor, now }
  if (/@(?:here|everyone)\b|<@[!&]?\d+>/.test(inputs.look.content ?? '') && inputs.mentions.length === 0) {
    world.log.notice(
      '`content` holds a mention, which pings nobody by itself: list it in `mentions` (and see `mention-on`).',
    )
  }
  const orderOf = (target: Target) => ({ webhook: target.webhook, ...orderFor(target, inputs, parts) })
  if (inputs.dryRun) return planned(inputs.targets.filter(isWhole).map(orderOf))

  const outcomes = await mapLimit(inputs.targets, AT_ONCE, async target => {
    if (isBroken(target)) return new DiscordError('webhook-gone', target.problem)
    const order = orderOf(target)
    try {
      return await deliver(world.connect(order.webhook), order, world.log)
    } catch (thrown) {
      if (thrown instanceof DiscordError) return thrown
      throw thrown
    }
  })
  const delivered = outcomes.filter(isDelivered)
  if (delivered.length > 0) {
    const messages = Object.fromEntries(
      outcomes.flatMap((outcome, index): [string, RememberedMessage][] => {
        const target = inputs.targets[index]
        if (outcome instanceof DiscordError || target === undefined || isBroken(target)) return []
        return [[target.webhook.id, { id: outcome.id, ...(outcome.threadId ? { threadId: outcome.threadId } : {}) }]]
      }),
    )
    await world.state?.save(nextState(status, world.facts, before, now, messages))
  }
  return {
    result: resultOf(outcomes),
    reason: '',
    outcomes,
    message: delivered[0]?.message,
    notes: [...new Set(delivered.flatMap(({ notes }) => notes))],
  }
}

function resultOf(outcomes: readonly (Delivered | DiscordError)[]): Report['result'] {
  const delivered = outcomes.filter(isDelivered)
  if (delivered.length < outcomes.length) return 'failed'
  return delivered.every(({ edited }) => edited) ? 'edited' : 'sent'
}

function isWhole(target: Target | BrokenTarget): target is Target {
  return !isBroken(target)
}

function isDelivered(outcome: Delivered | DiscordError): outcome is Delivered {
  return !(outcome instanceof DiscordError)
}

function nothing(reason: string): Report {
  return { result: 'skipped', reason, outcomes: [], message: undefined, notes: [] }
}

/** What would be sent; of a message that stands there already, its timeline is not fetched for that. */
function planned(orders: readonly Order[]): Report {
  const [order] = orders
  const { message, notes } = fitMessage(order?.compose([]) ?? {})
  const shown = order?.messageId === undefined ? message : asEdit(message)
  return { result: 'skipped', reason: 'it is a dry run', outcomes: [], message: shown, notes }
}

function nextState(
  status: Status,
  facts: RunFacts,
  before: State | undefined,
  now: number,
  messages: State['messages'],
): State {
  const goesOn = before !== undefined && STATUSES[before.status].mood === STATUSES[status].mood
  return {
    version: 1,
    status,
    since: goesOn ? before.since : now,
    sha: facts.sha,
    messages: { ...before?.messages, ...messages },
  }
}
