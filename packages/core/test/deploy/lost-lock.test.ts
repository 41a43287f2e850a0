import { setImmediate } from 'node:timers/promises'
import { switchOver } from '@deploy-actions/core/deploy/endings'
import { withProject } from '@deploy-actions/core/deploy/project'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import type { HeldProcess } from '@deploy-actions/core/host/host'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { release } from '../release/examples.ts'
import { fakeServer, projectOptions } from './fake-project.ts'
import { Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

let machine: Machine
beforeAll(async () => {
  machine = await Machine.create()
  await machine.deploy('1')
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

/** A run that is suspended at a call of the server's program, until its lock is gone and `meanwhile` is over. */
async function suspendedAt(
  [verb, when, nth]: readonly [string, 'before' | 'after', number],
  meanwhile: () => Promise<unknown>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  let holder: HeldProcess | undefined
  let count = 0
  const calls: string[] = []
  const suspend = async (called: string) => {
    if (called !== verb || ++count !== nth) return
    machine.wrap = host => host
    await machine.run('sh', '-c', `cd '${machine.path}/.deploy' && sed -n 2p lock >yield`)
    await holder?.ended
    await setImmediate()
    await meanwhile()
    calls.length = 0
  }
  machine.watch({ before: called => calls.push(called), [when]: suspend })
  const { wrap } = machine
  machine.wrap = (host, number) => {
    const hold = host.hold.bind(host)
    host.hold = async command => (holder = await hold(command))
    return wrap(host, number)
  }
  const outcome = await work().catch(thrown => ({ ...failedRun, failure: thrown }))
  expect(count).toBe(nth)
  expect(calls).toEqual([])
  return outcome
}
const failedRun: Outcome = { result: 'failed', release: undefined, previous: undefined, headline: '' }
const nothing = async () => {}
const deployAnother = async () => expect(await machine.deploy('3')).toMatchObject({ result: 'deployed' })

describe('a run that has lost its lock', () => {
  it('before its switch ends, and nothing was changed', async () => {
    const before = machine.engine.snapshot()
    const { failure } = await suspendedAt(['store', 'after', 1], nothing, () => machine.deploy('2'))
    expect(failure).toMatchObject({ title: 'Lock lost', exitStatus: 1 })
    expect(failure?.message).toContain('This run had not started its own switch.')
    expect(machine.engine.snapshot().containers).toStrictEqual(before.containers)
    expect(await machine.read('.env')).toBe("TAG='1'\n")
  })

  it.each([
    ['between two looks at its containers', '2', ['verify', 'after', 1]],
    ['when its release is unhealthy', 'bad', ['verify', 'after', 1]],
    ['in its rollback', 'bad', ['rollback', 'after', 1]],
  ] as const)('%s leaves the release of another run alone, and reports an unknown state', async (_, tag, at) => {
    const { failure } = await suspendedAt(at, deployAnother, () => machine.deploy(tag))
    expect(failure).toMatchObject({ exitStatus: 2, next: expect.stringContaining('`mode: status`') })
    expect(failure?.title).toMatch(/^Lock lost during /)
    expect(failure?.message).toContain('It is not known what runs now.')
    expect(machine.image('web')).toBe('app:3')
    expect(await machine.read('.deploy/pending')).toContain('phase confirmed')
  })

  it('while it completes the deploy of a run that died reports an unknown state', async () => {
    machine.watch({
      after: verb => {
        if (verb === 'activate') throw new Error('the runner is gone')
      },
    })
    await machine.deploy('bad').catch(nothing)
    const { failure } = await suspendedAt(['rollback', 'after', 1], nothing, () => machine.deploy('2'))
    expect(failure).toMatchObject({ title: 'Lock lost during the completion of an unfinished deploy', exitStatus: 2 })
  })
})

describe('a run that another run has taken over from', () => {
  const shop = release(1, { services: [] })
  const plan = { target: shop, services: [], rollbackTarget: shop, previous: shop, direction: 'forward' } as const
  const taken = { status: 75 }
  const started = { sections: { result: 'step complete\nstatus 0' } }
  const unstarted = { status: 69, sections: { result: 'step up\nstatus 69' } }

  it.each([
    ['confirm', started, taken, 'rollback', 'the confirmation of r1, which was healthy'],
    ['record what it keeps', unstarted, taken, 'keep', 'the recording of r1 as disarmed'],
    ['stop the project', unstarted, { sections: {} }, 'stop', 'the stop of the project'],
  ] as const)('does not %s', async (_, activate, finish, onFailure, doing) => {
    const server = fakeServer({ activate, verify: { sections: {} }, finish, stop: taken })
    const options = { ...machine.options('1', { onFailure }), ...projectOptions }
    const switching = withProject(projectOptions, server.context, (project, context) =>
      switchOver(plan, options, project, context),
    )
    await expect(switching).rejects.toMatchObject({
      title: expect.stringContaining(`Another run has taken over during ${doing}`),
      exitStatus: 2,
    })
  })
})
