import { withProject } from '@deploy-actions/core/deploy/project'
import { reconcile } from '@deploy-actions/core/deploy/reconcile'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import type { Pending, Phase } from '@deploy-actions/core/release/pending'
import type { Verb } from '@deploy-actions/core/release/program'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { release } from '../release/examples.ts'
import { fakeServer, projectOptions, storeSections } from './fake-project.ts'
import { Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

let machine: Machine
let first: string
beforeAll(async () => {
  machine = await Machine.create()
  first = (await machine.deploy('1')).release?.id ?? ''
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

const run: Machine['deploy'] = (tag, more) => machine.deploy(tag, more)

/** A run whose runner dies when it calls a verb: before the server does it, or after. */
async function killed(tag: string, verb: Verb, when: 'before' | 'after'): Promise<void> {
  const die = (called: string) => {
    if (called === verb) throw new Error('the runner is gone')
  }
  machine.watch({ [when]: die })
  const ended = await run(tag).then(
    outcome => outcome.failure?.message,
    thrown => String(thrown),
  )
  expect(ended).toContain('the runner is gone')
  machine.wrap = host => host
}

describe('a run that died', () => {
  it('after its release was up and healthy: the next run confirms it, and it is the rollback target', async () => {
    await killed('2', 'finish', 'before')
    const outcome = await run('bad')
    expect(outcome).toMatchObject({ result: 'rolled-back', release: { version: 'v2' } })
    expect(machine.image('web')).toBe('app:2')
    expect(machine.log.text).toContain('is healthy and exact: confirmed')
  })

  it('after its release filled the disk: the next run cannot confirm it, and rolls it back', async () => {
    await killed('2', 'finish', 'before')
    machine.fillDiskOnce()
    expect(await run('3')).toMatchObject({ result: 'deployed', previous: { id: first } })
    expect(machine.log.text).toContain('is healthy and cannot be confirmed')
  })

  it('after a first deploy that is healthy: it is never removed', async () => {
    await machine.clear()
    await killed('1', 'finish', 'before')
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { version: 'v1' } })
    expect(machine.image('web')).toBe('app:1')
  })

  it('while its release is unhealthy: the next run rolls it back first, and adopts nothing', async () => {
    await killed('bad', 'activate', 'after')
    expect(machine.image('web')).toBe('app:bad')
    expect(await run('2')).toMatchObject({ result: 'deployed', previous: { id: first } })
    expect(machine.image('web')).toBe('app:2')
    expect(await machine.run('ls', `${machine.path}/.deploy/releases`)).not.toContain('-found')
  })

  it('before the switch: nothing was disturbed', async () => {
    await killed('2', 'store', 'after')
    expect(machine.image('web')).toBe('app:1')
    expect(await run('3')).toMatchObject({ result: 'deployed', previous: { id: first } })
  })

  it('and `mode: rollback` without a name ends with the release that it returns to', async () => {
    await killed('bad', 'activate', 'after')
    const outcome = await rollback({ ...machine.options('x'), to: '' }, machine.context())
    expect(outcome).toMatchObject({
      result: 'rolled-back',
      release: { id: first },
      previous: { version: 'vbad' },
    })
    expect(outcome.failure).toBeUndefined()
    expect(machine.image('web')).toBe('app:1')
  })

  it('in the middle of a switch: the rollback of the next run is exact', async () => {
    await machine.write('conf/new.conf', 'x')
    machine.engine.fail({ command: 'compose up', action: 'kill-group' })
    await killed('2', 'activate', 'after')
    await machine.remove('conf/new.conf')
    expect(await run('bad')).toMatchObject({ result: 'rolled-back', release: { version: 'v1' } })
    expect(await machine.read('conf/new.conf')).toBeUndefined()
    expect(machine.image('web')).toBe('app:1')
  })

  it('with a pending that nobody can read: nothing is touched', async () => {
    await machine.put('.deploy/pending', 'format 7\n')
    await expect(run('2')).rejects.toMatchObject({ title: 'State of the last deploy cannot be read', exitStatus: 1 })
    expect(machine.image('web')).toBe('app:1')
  })
})

/** The connection is lost at each call of a run in turn, before or after the server has done it. */
describe('a connection that is lost', () => {
  it.each<[Verb, 'before' | 'after', number, string, 0 | 1 | 2]>([
    ['activate', 'before', 1, 'deployed', 0],
    ['activate', 'after', 1, 'deployed', 0],
    ['verify', 'after', 1, 'deployed', 0],
    ['verify', 'after', 2, 'deployed', 0],
    ['finish', 'before', 1, 'deployed', 0],
    ['finish', 'after', 1, 'deployed', 0],
  ])('at %s (%s, call %i) is made again: %s', async (verb, when, nth, result, exit) => {
    let count = 0
    const lose = (called: string) => {
      if (called === verb && ++count === nth) throw new ConnectionLost('the server', 'by a test')
    }
    machine.watch({ [when]: lose })
    const outcome = await run('2')
    expect([outcome.result, outcome.failure?.exitStatus ?? 0]).toEqual([result, exit])
    expect(count).toBeGreaterThanOrEqual(nth)
    expect(machine.image('web')).toBe('app:2')
    expect(machine.hosts).toHaveLength(2)
  })

  it('before the switch ends the run, and nothing is touched', async () => {
    const before = machine.engine.snapshot()
    machine.watch({
      before: verb => {
        if (verb === 'stage') throw new ConnectionLost('the server', 'by a test')
      },
    })
    await expect(run('2')).rejects.toMatchObject({ title: 'Connection lost', exitStatus: 1 })
    expect(machine.engine.snapshot()).toStrictEqual(before)
  })
})

describe('an unfinished switch whose rollback target cannot be read', () => {
  const unfinished = (phase: Phase): Pending => ({
    owner: 'another run',
    target: 'r2',
    rollbackTarget: 'r0',
    phase,
    confirm: 'none',
    confirmTimeout: 0,
    wallDeadline: 0,
    attempts: 0,
  })
  const reconciling = async (phase: Phase, to?: string) => {
    const { context, programs } = fakeServer({ finish: {} }, storeSections([release(1), release(2)], unfinished(phase)))
    const result = await withProject(projectOptions, context, project =>
      reconcile(machine.options('1'), project, context, to),
    ).catch(thrown => thrown)
    return { result, finished: programs[0]?.callsOf('finish').map(({ args }) => args.slice(1)) }
  }

  it.each([
    ['armed', 'disarmed'],
    ['rolling-back', 'rollback-failed'],
  ] as const)('is %s: recorded as %s, so that the next run can act', async (phase, end) => {
    const { result, finished } = await reconciling(phase)
    expect(finished).toEqual([['another run', 'r2', end]])
    expect(result).toMatchObject({
      exitStatus: 2,
      next: expect.stringContaining('sh /opt/shop/.deploy/releases/r0/rollback.sh'),
    })
  })

  it('does not prevent a rollback to a release that people named', async () => {
    const { result, finished } = await reconciling('armed', 'r1')
    expect(result).toEqual({ kind: 'given-up' })
    expect(finished).toEqual([['another run', 'r2', 'disarmed']])
  })
})
