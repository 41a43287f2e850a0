import type { Clock } from '../../flow/clock.ts'
import type { CommitCi } from '../commit-ci.ts'
import type { Budget } from '../github-api.ts'
import { GitHubError } from '../github-error.ts'
import { judge, type Look, newMemory, type Verdict } from '../judge/judge.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Pace, pauseBeforeLook } from './pace.ts'
import { type Known, readSnapshot, type Subject } from './read-snapshot.ts'

/** Everything that a watch reaches the world through. */
export interface WatchContext {
  readonly ci: CommitCi
  readonly clock: Clock
  readonly signal?: AbortSignal
  readonly random: () => number
  readonly budget: () => Budget | undefined
  /** Told each verdict on the way. */
  readonly onLook?: (verdict: Verdict) => void
  /**
   * The commit that the deployment target runs; undefined when that is not known. Asked when CI has failed only: a newer deploy is not to
   * be rolled back.
   */
  readonly deployed?: () => Promise<string | undefined>
  /** What is known besides the lists of the API. */
  readonly amend?: (snapshot: Snapshot) => Snapshot
}

/** Milliseconds that the look at the deadline may take. */
const LAST_LOOK = 15_000

/** Looks until the verdict is final. */
export async function watchCi(subject: Subject, pace: Pace, context: WatchContext): Promise<Verdict> {
  const { clock, signal, random, budget, onLook } = context
  let memory = newMemory(clock.now())
  let known: Known | undefined
  const deadline = memory.startedAt + subject.policy.timeout
  for (;;) {
    const look = await lookAt(subject, known, deadline, context)
    known = look.known ?? known
    const judged = await judgeWith(look, subject, memory, context)
    memory = judged.memory
    // Without a valid token no later look can see anything.
    const verdict = look.isHopeless ? { ...judged.verdict, isFinal: true } : judged.verdict
    onLook?.(verdict)
    if (verdict.isFinal) return verdict
    const now = clock.now()
    const moment = {
      elapsed: now - memory.startedAt,
      left: deadline - now,
      endsIn: verdict.endsIn,
      budget: budget(),
      random: random(),
    }
    await clock.sleep(pauseBeforeLook(moment, pace), signal)
  }
}

/** One look, which waits for nothing but an API that does not respond. */
export async function lookOnce(subject: Subject, context: WatchContext): Promise<Verdict> {
  const { clock } = context
  const memory = newMemory(clock.now())
  const look = await lookAt(subject, undefined, memory.startedAt + subject.policy.timeout, context)
  return (await judgeWith(look, subject, memory, context)).verdict
}

interface Looked extends Look {
  readonly known: Known | undefined
  /** Not an outage: it will not pass. */
  readonly isHopeless: boolean
}

/** The first look of a watch throws what is wrong with the token or the repository: nobody has waited for it yet. */
async function lookAt(
  subject: Subject,
  before: Known | undefined,
  deadline: number,
  context: WatchContext,
): Promise<Looked> {
  const { ci, clock, amend = same } = context
  const now = clock.now()
  try {
    const known = await readSnapshot(ci, subject, before, { now, until: Math.max(deadline, now + LAST_LOOK) })
    return { snapshot: amend(known.snapshot), known, now: clock.now(), isHopeless: false }
  } catch (thrown) {
    if (!(thrown instanceof GitHubError) || (!thrown.isOutage && before === undefined)) throw thrown
    const problem = `${thrown.title}: ${thrown.message}`
    return { snapshot: undefined, problem, known: undefined, now: clock.now(), isHopeless: !thrown.isOutage }
  }
}

async function judgeWith(
  look: Look,
  { policy, watcher }: Subject,
  memory: ReturnType<typeof newMemory>,
  { deployed }: WatchContext,
) {
  const judged = judge(look, policy, watcher, memory)
  if (judged.verdict.kind !== 'failure' || deployed === undefined) return judged
  return judge({ ...look, deployed: await deployed() }, policy, watcher, memory)
}

function same(snapshot: Snapshot): Snapshot {
  return snapshot
}
