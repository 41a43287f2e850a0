import type { Observed } from '@deploy-actions/core/probe/observed'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { redactor, type Secret } from '@deploy-actions/core/values/secret'
import { CannotBeMade } from './attempt/cannot-be-made.ts'
import { enoughOf } from './attempt/greeting.ts'
import { type JudgedTry, judgeTry } from './attempt/judged-try.ts'
import { type Tries, type TryLimits, tryUntil } from './attempt/retry-loop.ts'
import type { Check } from './check.ts'
import type { Observation } from './observation.ts'
import { lastFailure } from './report/tries.ts'
import type { TryResult } from './result.ts'
import type { World } from './world.ts'

export interface CheckRun {
  readonly outcome: 'passed' | 'failed' | 'stopped'
  readonly reason: string | undefined
  readonly tries: readonly TryResult[]
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

/** One check with all its tries. Its texts are redacted. */
export async function runCheck(check: Check, frame: RunFrame, world: World): Promise<CheckRun> {
  const { clock, random, log } = world
  const { retry, timeout, name } = check
  const redacted = redactor([...check.secrets, ...frame.secrets])
  const clean = cleaner(redacted)
  const began = clock.now()
  let told = ''
  const attempt = async (limits: TryLimits): Promise<JudgedTry> => {
    const judged = await makeTry(check, limits, world)
    const text = clean(judged.reasons.join('; '))
    // Each try of many checks would fill the log; what is new is worth a line, and the end has all of them.
    if (!judged.ok && text !== told) log.info(`${name}: attempt ${limits.number}: ${text}`)
    told = text
    return judged
  }
  const loop = await tryUntil(attempt, { retry, timeout, clock, random, end: frame.end, signal: frame.signal })
  const { tries, ended } = loop
  return {
    outcome: ended === 'passed' ? 'passed' : ended === 'aborted' ? 'stopped' : 'failed',
    reason: ended === 'passed' ? undefined : clean(whyNot(loop, check, frame, began)),
    tries: tries.map((one, index) => ({
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
    captured: ended === 'passed' ? (tries.at(-1)?.captured ?? new Map()) : new Map(),
  }
}

async function makeTry(check: Check, { timeout, left, signal }: TryLimits, world: World): Promise<JudgedTry> {
  const { subject, from, secrets } = check
  const isEnough = enoughOf(check, world.isMatch)
  const started = world.clock.now()
  try {
    const seen: Observed<Observation> = await world.observe({ subject, from, timeout, left, signal, secrets, isEnough })
    const isCut = timeout < check.timeout
    return await judgeTry(check, seen, { isMatch: world.isMatch, now: world.clock.now(), isCut })
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

function whyNot({ tries, ended, streak }: Tries<JudgedTry>, check: Check, frame: RunFrame, began: number): string {
  const { retry } = check
  const last = lastFailure(tries)?.reasons.join('; ')
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
