import type { Observed } from '@deploy-actions/core/probe/observed'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { redactor, type Secret } from '@deploy-actions/core/values/secret'
import { CannotBeMade } from './attempt/cannot-be-made.ts'
import { enoughOf } from './attempt/greeting.ts'
import { type JudgedAttempt, judgeAttempt } from './attempt/judged-attempt.ts'
import { type AttemptLimits, type Attempts, attemptUntil } from './attempt/retry-loop.ts'
import type { Check } from './check.ts'
import type { Observation } from './observation.ts'
import { lastFailure } from './report/attempts.ts'
import type { AttemptResult } from './result.ts'
import type { World } from './world.ts'

export interface CheckRun {
  readonly outcome: 'passed' | 'failed' | 'stopped'
  readonly reason: string | undefined
  readonly attempts: readonly AttemptResult[]
  readonly startedMs: number
  readonly durationMs: number
  /** What later checks are given. */
  readonly captured: ReadonlyMap<string, Secret>
}

export interface RunFrame {
  /** By the clock. */
  readonly start: number
  readonly end: number
  /** Ends what is under way; its reason says why. */
  readonly signal: AbortSignal
  /** Not to be seen, besides the check's own. */
  readonly secrets: readonly Secret[]
}

/** One check with all its attempts. Its texts are redacted. */
export async function runCheck(check: Check, frame: RunFrame, world: World): Promise<CheckRun> {
  const { clock, random, log } = world
  const { retry, timeout, name } = check
  const redacted = redactor([...check.secrets, ...frame.secrets])
  const clean = cleaner(redacted)
  const began = clock.now()
  let told = ''
  const attempt = async (limits: AttemptLimits): Promise<JudgedAttempt> => {
    const judged = await makeAttempt(check, limits, world)
    const text = clean(judged.reasons.join('; '))
    // Each attempt of many checks would fill the log; what is new is worth a line, and the end has all of them.
    if (!judged.ok && text !== told) log.info(`${name}: attempt ${limits.number}: ${text}`)
    told = text
    return judged
  }
  const loop = await attemptUntil(attempt, { retry, timeout, clock, random, end: frame.end, signal: frame.signal })
  const { attempts, ended } = loop
  return {
    outcome: ended === 'passed' ? 'passed' : ended === 'aborted' ? 'stopped' : 'failed',
    reason: ended === 'passed' ? undefined : clean(whyNot(loop, check, frame, began)),
    attempts: attempts.map((one, index) => ({
      number: index + 1,
      ok: one.ok,
      reasons: one.reasons.map(clean),
      excerpt: one.excerpt?.split('\n').map(clean).join('\n'),
      // What is to be copied keeps its indentation.
      ...(one.advice ? { advice: one.advice.map(redacted) } : {}),
      ...(one.isCut ? { isCut: one.isCut } : {}),
      durationMs: one.durationMs,
    })),
    startedMs: began - frame.start,
    durationMs: clock.now() - began,
    captured: ended === 'passed' ? (attempts.at(-1)?.captured ?? new Map()) : new Map(),
  }
}

async function makeAttempt(
  check: Check,
  { timeout, left, signal }: AttemptLimits,
  world: World,
): Promise<JudgedAttempt> {
  const { subject, from, secrets } = check
  const isEnough = enoughOf(check, world.isMatch)
  const started = world.clock.now()
  try {
    const seen: Observed<Observation> = await world.observe({ subject, from, timeout, left, signal, secrets, isEnough })
    const isCut = timeout < check.timeout
    return await judgeAttempt(check, seen, { isMatch: world.isMatch, now: world.clock.now(), isCut })
  } catch (thrown) {
    signal.throwIfAborted()
    const durationMs = world.clock.now() - started
    const failed = { ok: false, isFatal: true, excerpt: undefined, durationMs, captured: new Map() }
    if (thrown instanceof CannotBeMade) {
      const { message, advice } = thrown
      return { ...failed, reasons: [message], ...(advice.length > 0 ? { advice } : {}) }
    }
    // A mistake of ours in one check shall not hide what the others saw.
    world.log.debug(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
    return {
      ...failed,
      reasons: [`it failed in a way that is a bug of this action, please report it (${messageOf(thrown)})`],
    }
  }
}

function whyNot(
  { attempts, ended, streak }: Attempts<JudgedAttempt>,
  check: Check,
  frame: RunFrame,
  began: number,
): string {
  const { retry } = check
  const last = lastFailure(attempts)?.reasons.join('; ')
  const row = `${count(streak, 'good attempt', 'good attempts')} in a row, not ${retry.successThreshold}${last === undefined ? '' : `; before: ${last}`}`
  const why = streak > 0 ? row : last
  switch (ended) {
    case 'deadline': {
      const isOwn = began + retry.deadline < frame.end
      const which = isOwn ? `its deadline of ${formatDuration(retry.deadline)}` : 'the deadline of all checks'
      return why === undefined ? `${which} was over before the first attempt` : `${why} (until ${which})`
    }
    case 'aborted': {
      const stopped = messageOf(frame.signal.reason)
      return why === undefined ? stopped : `${stopped}; until then: ${why}`
    }
    default:
      return why ?? 'it did not pass'
  }
}

/** One line, without secrets, of a length that can be shown. */
function cleaner(redacted: (text: string) => string): (text: string) => string {
  return text => {
    const line = redacted(text).replace(/\s+/g, ' ').trim()
    return line.length <= LONGEST ? line : `${[...line.slice(0, LONGEST)].slice(0, -1).join('')}…`
  }
}

const LONGEST = 1_000
