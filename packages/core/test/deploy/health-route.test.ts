import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import { checkHealthRoute } from '@deploy-actions/core/deploy/health-route'
import { FakeHost } from '@deploy-actions/testkit/fake-host'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it } from '@jest/globals'

const url = { url: new URL('http://[::1]:8080/health'), name: 'http://[::1]:8080/health', attempts: 1, interval: 0 }
const signal = new AbortController().signal

async function check(answer: () => Promise<Duplex>, from: 'server' | 'runner' = 'server', isPatient = true) {
  const asked: unknown[] = []
  const host = new FakeHost()
  host.stream = (target?: unknown) => {
    asked.push(target)
    return answer()
  }
  const clock = new ManualClock()
  if (isPatient) clock.sleep = () => new Promise(() => {})
  await checkHealthRoute({ ...url, from }, host, { clock, signal })
  return asked
}

/** As ssh2 reports it. */
const channelFailure = (reason: number) => async () => {
  throw Object.assign(new Error('(SSH) Channel open failure: open failed'), { reason })
}

describe('checkHealthRoute', () => {
  it('refuses a URL that the SSH server lets nobody request', async () => {
    await expect(check(channelFailure(1))).rejects.toMatchObject({
      title: expect.stringContaining('allows no connections through SSH'),
      message: expect.stringContaining('AllowTcpForwarding'),
    })
  })

  it('takes a port at which nothing listens yet, and a connection, for a way', async () => {
    expect(await check(channelFailure(2))).toEqual([{ host: '::1', port: 8080 }])
    const connection = new PassThrough()
    await check(async () => connection)
    expect(connection.destroyed).toBe(true)
  })

  it('waits for no connection that takes its time', async () => {
    expect(await check(() => new Promise(() => {}), 'server', false)).toHaveLength(1)
  })

  it('makes no connection for a URL that the runner requests', async () => {
    expect(await check(channelFailure(1), 'runner')).toEqual([])
  })
})
