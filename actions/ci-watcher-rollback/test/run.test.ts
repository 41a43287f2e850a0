import type { Outcome } from '@deploy-actions/core/deploy/result'
import type { Verdict } from '@deploy-actions/core/github/judge/judge'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import type { Policies } from '../src/consequence.ts'
import { outputsOf } from '../src/outputs.ts'
import { run, type World } from '../src/run.ts'
import { release, SHA, verdict } from './fixture.ts'

const POLICIES: Policies = { onFailure: 'rollback', onTimeout: 'hold', onNoChecks: 'hold' }
const ROLLED_BACK: Outcome = { result: 'rolled-back', release: release('r1'), previous: release('r2'), headline: 'x' }

/** Runs the step for a verdict, and says what it did. */
async function step(
  seen: Verdict,
  { policies = {}, world = {} }: { policies?: Partial<Policies>; world?: Partial<World> } = {},
) {
  const done: string[] = []
  const doing =
    <T>(name: string, result: T) =>
    async () => {
      done.push(name)
      return result
    }
  const whole: World = {
    signal: new AbortController().signal,
    skip: undefined,
    prepare: doing('prepare', undefined),
    watch: doing('watch', seen),
    record: doing('record', { sha: SHA, note: undefined }),
    validated: async () => undefined,
    rollBack: doing('roll back', ROLLED_BACK),
    ...world,
  }
  const outcome = await run({ sha: SHA, policies: { ...POLICIES, ...policies } }, whole)
  return { outcome, done, outputs: outputsOf(outcome, SHA) }
}

describe('CI passed', () => {
  it('records the commit, and touches no server', async () => {
    const { outcome, done, outputs } = await step(verdict('success'))
    expect(outcome).toMatchObject({ result: 'confirmed', headline: 'Commit 6dcb09b is validated', failure: undefined })
    expect(done).toEqual(['prepare', 'watch', 'record'])
    expect(outputs).toMatchObject({
      result: 'confirmed',
      reason: '',
      verdict: 'success',
      sha: SHA,
      'validated-sha': SHA,
    })
  })

  it('says why the state file keeps another commit', async () => {
    const record: World['record'] = async () => ({ sha: 'other', note: 'It keeps another one.' })
    const { outcome, outputs } = await step(verdict('success'), { world: { record } })
    expect(outcome).toMatchObject({ result: 'confirmed', notes: ['It keeps another one.'] })
    expect(outputs['validated-sha']).toBe('other')
  })
})

describe('CI failed', () => {
  it('rolls back, and fails with the job and its first failing step', async () => {
    const { outcome, done, outputs } = await step(verdict('failure'))
    expect(done).toEqual(['prepare', 'watch', 'roll back'])
    expect(outcome).toMatchObject({ result: 'rolled-back', failure: { exitStatus: 1 } })
    expect(outcome.failure?.title).toBe('Rolled back to r1: CI failed for commit 6dcb09b')
    expect(outcome.failure?.message).toBe(
      'CI failed:\n- CI / test (failure) at step "npm test": https://github.com/octo-org/shop/actions/runs/101/job/5001',
    )
    expect(outputs).toMatchObject({
      result: 'rolled-back',
      release: 'r1',
      'previous-release': 'r2',
      verdict: 'failure',
    })
    expect(JSON.parse(outputs['failed-jobs'] ?? '')).toEqual([
      {
        name: 'test',
        workflow: 'CI',
        conclusion: 'failure',
        url: 'https://github.com/octo-org/shop/actions/runs/101/job/5001',
        step: 'npm test',
      },
    ])
  })

  it('only reports where the policy says so', async () => {
    const { outcome, done } = await step(verdict('failure'), { policies: { onFailure: 'report' } })
    expect(done).toEqual(['prepare', 'watch'])
    expect(outcome).toMatchObject({
      result: 'failed',
      failure: { exitStatus: 1, title: 'CI failed for commit 6dcb09b' },
    })
  })

  it('leaves the release of a newer deploy, and does not fail', async () => {
    const superseded: Outcome = {
      ...ROLLED_BACK,
      result: 'superseded',
      headline: 'Not rolled back: a newer one is there',
    }
    const { outcome } = await step(verdict('failure'), { world: { rollBack: async () => superseded } })
    expect(outcome).toMatchObject({ result: 'superseded', headline: superseded.headline, failure: undefined })
  })

  it('does not begin a rollback in a job that was cancelled', async () => {
    const signal = AbortSignal.abort(
      new ActionError({ title: 'Cancelled', message: 'The run was cancelled (SIGINT).' }),
    )
    const { outcome, done } = await step(verdict('failure'), { world: { signal } })
    expect(done).toEqual(['prepare', 'watch'])
    expect(outcome).toMatchObject({ result: 'failed', failure: { title: 'Cancelled' } })
  })
})

describe('a rollback that failed', () => {
  const cause = new ActionError({ title: 'Locked', message: 'Another deploy is running.', next: 'Wait for it.' })

  it.each<[string, World['rollBack']]>([
    ['by an error', () => Promise.reject(cause)],
    ['and says so', async () => ({ ...ROLLED_BACK, result: 'failed', failure: cause })],
    ['after the switch', async () => ({ ...ROLLED_BACK, result: 'rollback-failed', failure: cause })],
  ])('needs a person: %s', async (_, rollBack) => {
    const { outcome } = await step(verdict('failure'), { world: { rollBack } })
    expect(outcome).toMatchObject({ result: 'rollback-failed', failure: { exitStatus: 2, next: 'Wait for it.' } })
    expect(outcome.failure?.title).toBe('The rollback of commit 6dcb09b failed')
    expect(outcome.failure?.message).toContain('- CI / test (failure) at step "npm test"')
    expect(outcome.failure?.message).toMatch(/\nLocked: Another deploy is running\.$/)
  })

  it('is a bug where something else was thrown', async () => {
    const rollBack: World['rollBack'] = () => Promise.reject(new TypeError('x is not a function'))
    await expect(step(verdict('failure'), { world: { rollBack } })).rejects.toThrow('x is not a function')
  })
})

describe('no verdict', () => {
  it('changes nothing, and fails', async () => {
    for (const kind of ['timeout', 'no-checks', 'nothing-executed', 'unreachable'] as const) {
      const { outcome, done } = await step(verdict(kind))
      expect(done).toEqual(['prepare', 'watch'])
      expect(outcome).toMatchObject({ result: 'failed', failure: { exitStatus: 1, message: `It is ${kind}.` } })
    }
  })

  it('accepts without recording, where the policy says so', async () => {
    const { outcome, done } = await step(verdict('timeout'), { policies: { onTimeout: 'accept' } })
    expect(done).toEqual(['prepare', 'watch'])
    expect(outcome).toMatchObject({ result: 'confirmed', failure: undefined })
    expect(outcome.notes).toEqual(['It is timeout. The commit is not recorded as validated.'])
  })

  it('rolls back where the policy says so', async () => {
    const { outcome } = await step(verdict('no-checks'), { policies: { onNoChecks: 'rollback' } })
    expect(outcome.failure?.title).toBe('Rolled back to r1: There is no CI for commit 6dcb09b')
  })

  it('waits for the next event, or leaves the commit to a newer one', async () => {
    expect((await step(verdict('pending', { isFinal: false }))).outcome).toMatchObject({
      result: 'pending',
      failure: undefined,
    })
    expect((await step(verdict('superseded'))).outcome).toMatchObject({ result: 'superseded', failure: undefined })
  })
})

describe('before the watch', () => {
  it('watches nothing for a fork', async () => {
    const { outcome, done } = await step(verdict('failure'), { world: { skip: 'A fork' } })
    expect([outcome.result, outcome.headline, done]).toEqual(['skipped', 'A fork', []])
  })

  it('does not watch when the result could not be recorded', async () => {
    const thrown = new ActionError({ title: 'The state file cannot be used', message: 'EACCES' })
    const { outcome, done, outputs } = await step(verdict('success'), {
      world: { prepare: () => Promise.reject(thrown) },
    })
    expect([outcome.result, done]).toEqual(['failed', []])
    expect(outputs['reason']).toBe('The state file cannot be used: EACCES')
  })
})
