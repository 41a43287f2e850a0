import { keepAlive } from '@deploy-actions/core/host/heartbeat'
import { FakeHost } from '@deploy-actions/testkit/fake-host'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

const EVERY = 15_000

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }))
afterEach(() => void jest.useRealTimers())

async function beating() {
  const host = new FakeHost().onHold(['cat'], () => {})
  await host.hold({ argv: ['cat'], timeout: 1_000 })
  const [process] = host.held
  if (process === undefined) throw new Error('nothing is held')
  return { host, process, heartbeat: keepAlive(process, EVERY) }
}

describe('keepAlive', () => {
  it.each<[string, (held: Awaited<ReturnType<typeof beating>>) => unknown]>([
    ['the process ends by itself', ({ process }) => process.end()],
    ['its input is closed', ({ process }) => process.close()],
    ['the connection goes', ({ host }) => host.lose()],
    ['it is stopped', ({ heartbeat }) => heartbeat.stop()],
  ])('writes a line now and then, and has no timer left once %s', async (_, end) => {
    const held = await beating()
    jest.advanceTimersByTime(3 * EVERY)
    expect([held.process.written, jest.getTimerCount()]).toEqual(['\n\n\n', 1])
    await end(held)
    await Promise.resolve()
    expect(jest.getTimerCount()).toBe(0)
    jest.advanceTimersByTime(3 * EVERY)
    expect(held.process.written).toBe('\n\n\n')
  })

  it('tells for how long nothing was written', async () => {
    const { heartbeat } = await beating()
    jest.advanceTimersByTime(EVERY + 4_000)
    expect(heartbeat.silence()).toBe(4_000)
    heartbeat.stop()
  })
})
