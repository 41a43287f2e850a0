import type { RunFacts } from '@deploy-actions/core/discord/deploy-embed'
import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import type { NumberedResult } from '@deploy-actions/core/runner/result-file'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { type Inputs, isBroken } from './inputs.ts'

/** What the main part hands to the post part. No secret: of a webhook only its id. */
export interface Followed {
  readonly version: 1
  /** The step's inputs as main had them: at the end of the job they would have other values. */
  readonly inputs: Readonly<Record<string, string>>
  /** The text of the file in `template`, which a later step may change. */
  readonly template: string | undefined
  readonly facts: RunFacts
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** By the lines of `webhook`; null where nothing was posted. */
  readonly messages: readonly (PostedMessage | null)[]
}

export interface PostedMessage {
  readonly webhook: string
  readonly id: string
  readonly threadId?: string
}

/** The name of the state. */
export const FOLLOWED = 'followed'

/** Never saved: the secrets, and the one input whose new value counts. */
const READ_AGAIN = ['INPUT_WEBHOOK', 'INPUT_WEBHOOK-TOKEN', 'INPUT_JOB-STATUS', 'INPUT_STATUS']

/** A variable of a process holds 128 KiB, and the state is one. */
const MOST_BYTES = 100_000

/** Any other word than `job` follows too: without it the message would report a deploy that has not started yet. */
export function isFollowing(env: Environment): boolean {
  return new InputReader(env).text('follow') !== ''
}

export function inputsToSave(env: Environment): Record<string, string> {
  const inputs = Object.entries(env).filter(([name]) => name.startsWith('INPUT_') && !READ_AGAIN.includes(name))
  return Object.fromEntries(inputs.filter((entry): entry is [string, string] => Boolean(entry[1])))
}

export function serializeFollowed(followed: Followed): string {
  const text = JSON.stringify(followed)
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  throw new ActionError({
    title: '`follow: job` cannot keep so much text',
    message: `The inputs and the template of this step have more than ${MOST_BYTES} bytes.`,
    next: 'Shorten the file in `template`, `content`, `text` and `fields`.',
  })
}

/** Undefined when main saved nothing: it did not follow the job, or there was nowhere to post. A damaged text must not fail the job. */
export function parseFollowed(text: string): Followed | undefined {
  if (text === '') return undefined
  try {
    const { version, inputs, template, facts, startedAt, messages }: Partial<Followed> = JSON.parse(text)
    if (version !== 1 || !inputs || !facts || startedAt === undefined || !messages) return undefined
    return { version, inputs, template, facts, startedAt, messages }
  } catch {
    return undefined
  }
}

/** The environment of the post part: main's inputs, with the secrets and the job's status of now. */
export function followedEnvironment(env: Environment, followed: Followed): Environment {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_') || READ_AGAIN.includes(name))
  return { ...Object.fromEntries(own), ...followed.inputs }
}

/** The inputs with the messages that main posted as those to edit. */
export function withMessages(inputs: Inputs, { messages, startedAt }: Followed): Inputs {
  const targets = inputs.targets.map((target, index) => {
    const posted = messages[index]
    if (isBroken(target) || posted?.webhook !== target.webhook.id) return target
    return { ...target, messageId: posted.id, threadId: posted.threadId ?? target.threadId }
  })
  // A message knows by its id when it was posted.
  const known = messages.some(posted => posted !== null) ? undefined : startedAt
  return { ...inputs, targets, startedAt: inputs.startedAt ?? known }
}

/** Post steps run in reverse order, so this one ends before those of the deploys that it stands after. */
export function misplaced(results: readonly NumberedResult[]): string | undefined {
  const [deploy] = results.filter(({ result }) => result === 'pending')
  if (deploy === undefined) return undefined
  return `The deploy of the step \`${deploy.step || deploy.action}\` is waiting for its confirmation. A post step of that deploy runs after the one of this step, so the message cannot report how the deploy ends.\n\nNext: Move this step before the deploy.`
}
