import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { afterDuplicate, afterLostResponse, type Situation } from '../src/duplicate.ts'
import { isRunning, judgeRunning, missingHealthCheck, type Watch } from '../src/running.ts'
import { parseUndoLog } from '../src/undo-log.ts'
import { deploymentFailure, timedOut } from '../src/verdict.ts'
import { pollPause } from '../src/watch-deployment.ts'

function deployment(parts: Partial<Deployment>): Deployment {
  const none = { commit: undefined, imageTag: undefined, path: undefined, createdAt: 0, finishedAt: 0, logs: undefined }
  return { uuid: 'd', status: 'in_progress', pullRequest: 0, destination: '0/1', ...none, ...parts }
}

describe('a deployment that Coolify skipped', () => {
  const situation = (deployments: Partial<Deployment>[], more: Partial<Situation> = {}): Situation => ({
    deployments: deployments.map(deployment),
    known: new Set(['old']),
    pullRequest: 0,
    runsImage: false,
    version: undefined,
    ...more,
  })

  it.each([
    [
      'a queued one is adopted: it takes the newest commit when it starts',
      situation([{ uuid: 'old', status: 'queued' }]),
      'adopt',
    ],
    ['one that came after this run began is adopted', situation([{ uuid: 'new' }]), 'adopt'],
    ['one that ran before is waited for: its commit may be older', situation([{ uuid: 'old' }]), 'wait'],
    ['one of the very commit is adopted', situation([{ uuid: 'old', commit: 'c' }], { version: 'c' }), 'adopt'],
    [
      'a queued one of another commit is waited for',
      situation([{ uuid: 'old', status: 'queued', commit: 'x' }]),
      'wait',
    ],
    ['one that has ended leaves the way free', situation([{ uuid: 'old', status: 'finished' }]), 'again'],
    ['that of a pull request is another matter', situation([{ uuid: 'new', pullRequest: 7 }]), 'again'],
    ['none is there', situation([]), 'again'],
  ])('%s', (_, given, kind) => expect(afterDuplicate(given).kind).toBe(kind))

  it('of an image is queued behind one that ran before, and finds its tag in a queued one', () => {
    expect(afterDuplicate(situation([{ uuid: 'old' }], { runsImage: true }))).toEqual({ kind: 'again', force: true })
    const queued = situation([{ uuid: 'old', status: 'queued' }], { runsImage: true, version: 't' })
    expect(afterDuplicate(queued)).toMatchObject({ kind: 'adopt' })
  })

  it('of a preview is the same only with the same tag', () => {
    const preview = { uuid: 'old', status: 'queued', pullRequest: 7, imageTag: 'pr-7' }
    const more = { runsImage: true, pullRequest: 7 }
    expect(afterDuplicate(situation([preview], { ...more, version: 'pr-7' })).kind).toBe('adopt')
    expect(afterDuplicate(situation([preview], { ...more, version: 'pr-8' }))).toEqual({ kind: 'again', force: true })
  })

  it('is never adopted when it ran before this run and may bring something else', () => {
    const some = fc.record({
      uuid: fc.constantFrom('old', 'new'),
      status: fc.constantFrom('queued', 'in_progress', 'finished', 'failed'),
      commit: fc.constantFrom(undefined, 'wanted', 'other'),
    })
    fc.assert(
      fc.property(fc.array(some), fc.constantFrom(undefined, 'wanted'), (list, version) => {
        const next = afterDuplicate(situation(list, { version }))
        if (next.kind !== 'adopt') return
        const { uuid, status, commit } = next.deployment
        expect(['queued', 'in_progress']).toContain(status)
        if (version !== undefined) expect(commit).toBe(version)
        else expect(uuid === 'new' || (status === 'queued' && commit === undefined)).toBe(true)
      }),
    )
  })

  it('after a lost answer is the one that was not there before, ended or not', () => {
    expect(afterLostResponse(situation([{ uuid: 'new', status: 'finished' }]))).toMatchObject({ kind: 'adopt' })
    expect(afterLostResponse(situation([{ uuid: 'old' }]))).toEqual({ kind: 'again', force: false })
  })
})

describe('whether it runs', () => {
  const watch = { finishedAt: 10_000, startedAt: 10_000, healthySince: undefined, stableFor: 5_000, timeout: 60_000 }
  const judge = (status: string, at: number, more: Partial<Watch> & { seenAt?: number } = {}) => {
    const { seenAt, ...rest } = more
    return judgeRunning({ status, seenAt, at }, { ...watch, ...rest }).verdict
  }

  it.each([
    ['running:healthy', true],
    ['running:unknown', true],
    ['running', true],
    ['running:unhealthy', false],
    ['running (unhealthy)', false],
    ['running:unhealthy:excluded', true],
    ['exited:unhealthy', false],
    ['exited', false],
    ['degraded:unhealthy', false],
    ['starting:unknown', false],
    ['restarting:unknown', false],
    ['', false],
  ])('%s: %s', (status, expected) => expect(isRunning(status)).toBe(expected))

  it.each([
    ['the first good look is not enough', judge('running:healthy', 10_000), 'waiting'],
    ['nor is a second one too soon', judge('running:healthy', 14_000, { healthySince: 10_000 }), 'waiting'],
    ['two good looks apart are', judge('running:healthy', 15_000, { healthySince: 10_000 }), 'healthy'],
    [
      'a status from before the end does not count',
      judge('running:healthy', 15_000, { healthySince: 10_000, seenAt: 1_000 }),
      'waiting',
    ],
    [
      'one that was seen right before the end was written counts',
      judge('running:healthy', 15_000, { healthySince: 10_000, seenAt: 6_000 }),
      'healthy',
    ],
    [
      'one that Coolify never renews counts in the end',
      judge('running:healthy', 100_001, { healthySince: 10_000, seenAt: 1_000, timeout: 300_000 }),
      'healthy',
    ],
    ['a bad status may be an old one', judge('exited:unhealthy', 20_000), 'waiting'],
    ['until the time is up', judge('exited:unhealthy', 70_000), 'unhealthy'],
    ['no time at all is one look', judge('running:healthy', 10_000, { stableFor: 0, timeout: 0 }), 'healthy'],
  ])('%s', (_, verdict, expected) => expect(verdict).toBe(expected))

  it('doubts what has no health check', () => {
    expect(missingHealthCheck({ name: 'shop', status: 'running:unknown' })).toContain('no health check')
    expect(missingHealthCheck({ name: 'shop', status: 'running:healthy' })).toBeUndefined()
  })
})

describe('what the end of a deployment means', () => {
  const failed = (...texts: string[]) => deploymentFailure(deployment({ status: 'failed', logs: '[]' }), texts, 'shop')

  it('is nothing when it finished', () =>
    expect(deploymentFailure(deployment({ status: 'finished' }), [], 'shop')).toBeUndefined())

  it.each([
    ['manifest unknown', /registry does not have that tag/],
    ['denied: permission', /does not let Coolify's server pull/],
    ['no matching manifest for linux/arm64', /architecture/],
    ['New container is unhealthy.', /variables are set in Coolify/],
    ['hello', /When it restarts/],
  ])('%s: the next step is reported', (text, next) => expect(failed(text)?.next).toMatch(next))

  it("quotes Coolify's reason", () => {
    expect(failed('Deployment failed: exit code 1')?.reason).toBe('Coolify failed to deploy shop: exit code 1.')
    const hidden = deploymentFailure(deployment({ status: 'failed' }), [], 'shop')
    expect(hidden).toMatchObject({
      reason: 'Coolify failed to deploy shop.',
      next: expect.stringContaining('read:sensitive'),
    })
  })

  it('explains a cancelled deployment and one that exceeded the time limit', () => {
    expect(deploymentFailure(deployment({ status: 'cancelled-by-user' }), [], 'shop')?.reason).toContain(
      'was cancelled in Coolify',
    )
    expect(timedOut('shop', 'queued', 900_000, false)).toMatchObject({
      next: expect.stringContaining('stuck deployment'),
    })
    expect(timedOut('shop', 'in_progress', 900_000, true)).toMatchObject({
      isStillRunning: true,
      reason: expect.stringContaining('continues in Coolify'),
    })
  })
})

describe('the pauses between two requests', () => {
  const pause = (count: number, elapsed: number) =>
    pollPause({ pollInterval: 5_000, targets: Array.from({ length: count }, () => ({ uuid: 'x' })) }, elapsed)

  it('grow with time', () =>
    expect([0, 120_000, 600_000].map(elapsed => pause(1, elapsed))).toEqual([5_000, 10_000, 15_000]))

  it('keep any number of resources below half of the calls that Coolify takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), count => {
        expect((count * 60_000) / pause(count, 0)).toBeLessThanOrEqual(100)
      }),
    )
  })
})

it.each(['', 'x', '{}', 'null'])('an undo log of %j has no entries', text =>
  expect(parseUndoLog(text).entries).toEqual([]),
)
