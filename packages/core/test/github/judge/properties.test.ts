import { judge, newMemory, type Verdict } from '@deploy-actions/core/github/judge/judge'
import type { CheckRun, CommitStatus, Snapshot, WorkflowRun } from '@deploy-actions/core/github/snapshot'
import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { check, OWN_RUN, policy, run, START, snapshot, status, WATCHER } from './fixture.ts'

const word = (known: readonly string[]) => fc.oneof(fc.constantFrom(...known), fc.string({ maxLength: 8 }))
const CONCLUSIONS = [
  'success',
  'skipped',
  'neutral',
  'failure',
  'cancelled',
  'timed_out',
  'startup_failure',
  'action_required',
  'stale',
]
const OPEN = ['queued', 'in_progress', 'waiting', 'pending', 'requested']

const state = fc.oneof(
  fc.record({ status: fc.constant('completed'), conclusion: word(CONCLUSIONS) }),
  fc.record({ status: word(OPEN).filter(text => text !== 'completed'), conclusion: fc.constant(undefined) }),
  fc.constant({ status: 'completed', conclusion: undefined }),
)

const runs: fc.Arbitrary<WorkflowRun> = fc
  .tuple(
    state,
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom('1', '2', '3'),
    fc.constantFrom('push', 'pull_request'),
  )
  .map(([ended, id, workflowId, event]) => run({ ...ended, id, workflowId, name: `W${workflowId}`, event }))

const checks: fc.Arbitrary<CheckRun> = fc
  .tuple(
    state,
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom('a', 'b'),
    fc.constantFrom('codecov', 'github-actions'),
  )
  .map(([ended, id, name, app]) => check({ ...ended, id, name, app }))

const statuses: fc.Arbitrary<CommitStatus> = fc
  .tuple(
    word(['success', 'failure', 'error', 'pending', 'warning', 'skipped']),
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom('c', 'd'),
  )
  .map(([text, id, context]) => status({ state: text, id, context }))

const unique = <T extends { readonly id: number }>(one: fc.Arbitrary<T>) =>
  fc.uniqueArray(one, { selector: ({ id }) => id, maxLength: 6 })

const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({ runs: unique(runs), checks: unique(checks), statuses: unique(statuses) })
  .map(snapshot)

const SECONDS = fc.integer({ min: 0, max: 700 })
const windows = fc.record({
  grace: fc.constantFrom(0, 60_000),
  confirmFailure: fc.constantFrom(0, 30_000),
  stableFor: fc.constantFrom(0, 30_000),
})

function verdictOf(seen: Snapshot | undefined, seconds = 0, rules = {}): Verdict {
  return judge({ snapshot: seen, now: START + seconds * 1_000 }, policy(rules), WATCHER, newMemory(START)).verdict
}

it('never passes a commit with anything that is open or has failed', () => {
  fc.assert(
    fc.property(snapshots, SECONDS, windows, (seen, seconds, rules) => {
      const { kind, items } = verdictOf(seen, seconds, rules)
      if (kind === 'success') {
        expect(items.every(item => item.state === 'passed')).toBe(true)
        expect(items.some(item => item.wasExecuted)).toBe(true)
      }
    }),
  )
})

it('never fails a commit with nothing that has failed', () => {
  fc.assert(
    fc.property(snapshots, SECONDS, windows, (seen, seconds, rules) => {
      const { kind, items } = verdictOf(seen, seconds, rules)
      if (kind === 'failure') expect(items.some(item => item.state === 'failed')).toBe(true)
    }),
  )
})

it('does not depend on the order of the rows', () => {
  fc.assert(
    fc.property(snapshots, SECONDS, (seen, seconds) => {
      const turned = {
        ...seen,
        runs: seen.runs.toReversed(),
        checks: seen.checks.toReversed(),
        statuses: seen.statuses.toReversed(),
      }
      const [one, other] = [verdictOf(seen, seconds), verdictOf(turned, seconds)]
      expect([other.kind, other.isFinal]).toEqual([one.kind, one.isFinal])
    }),
  )
})

it('does not depend on its own run, whatever that is doing', () => {
  fc.assert(
    fc.property(snapshots, SECONDS, state, (seen, seconds, own) => {
      const withOwn = {
        ...seen,
        runs: [
          ...seen.runs,
          run({ ...own, id: OWN_RUN, workflowId: '99' }),
          run({ ...own, id: OWN_RUN + 1, file: WATCHER.workflowFile }),
        ],
        checks: [...seen.checks, check({ ...own, id: 900_001, app: 'github-actions', jobOf: OWN_RUN })],
        statuses: [
          ...seen.statuses,
          status({ id: 900_002, context: 'own', state: 'pending', url: `${WATCHER.runUrl}/jobs/1` }),
        ],
      }
      const [one, other] = [verdictOf(seen, seconds), verdictOf(withOwn, seconds)]
      expect([other.kind, other.isFinal, other.items]).toEqual([one.kind, one.isFinal, one.items])
    }),
  )
})

it('is final from the deadline on, whatever is there, and pending never is', () => {
  fc.assert(
    fc.property(fc.option(snapshots, { nil: undefined }), windows, (seen, rules) => {
      const { kind, isFinal } = verdictOf(seen, 600, rules)
      expect([isFinal, kind === 'pending']).toEqual([true, false])
      const early = verdictOf(seen, 1, rules)
      expect(early.isFinal && early.kind === 'pending').toBe(false)
    }),
  )
})

it('says when to look again: a window that it names has ended by then', () => {
  fc.assert(
    fc.property(snapshots, windows, (seen, rules) => {
      let memory = newMemory(START)
      let now = START
      // Each of the windows ends at most once when nothing changes.
      for (let looks = 0; looks < 4; looks++) {
        const judged = judge({ snapshot: seen, now }, policy(rules), WATCHER, memory)
        memory = judged.memory
        if (judged.verdict.isFinal || judged.verdict.endsIn === undefined) return
        expect(judged.verdict.endsIn).toBeGreaterThan(0)
        now += judged.verdict.endsIn
      }
      throw new Error('windows without an end')
    }),
  )
})
