import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { acquireLock, type LockOptions } from '@deploy-actions/core/host/lock'
import { LOCK_SCRIPT } from '@deploy-actions/core/host/lock-script'
import type { SshHost } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type Lab, openLab } from '../lab.ts'
import type { LabServer } from '../server.ts'
import { login } from './login.ts'

jest.setTimeout(60_000)
let lab: Lab
let server: LabServer
let host: SshHost
const clients: ChildProcessByStdio<Writable, Readable, null>[] = []

beforeAll(async () => {
  lab = await openLab({ name: 'lock', servers: [{ name: 'door', docker: false }] })
  server = lab.server()
}, 600_000)

beforeEach(async () => {
  host = await login(server)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.kill('SIGKILL')
  await host[Symbol.asyncDispose]()
})

afterAll(async () => {
  await lab?.close()
}, 60_000)

function options(more: Partial<LockOptions> = {}): LockOptions {
  return {
    path: '/opt/lock',
    temporary: '/opt/temporary',
    holder: { who: 'this test', since: new Date().toISOString(), why: 'deploy' },
    wait: 0,
    clock: systemClock,
    log: new RecordingLog(),
    ...more,
  }
}

/** A client in a process of its own that has the lock, and its private folder. */
async function otherClient(silence = 60_000) {
  const script = join(import.meta.dirname, 'hold-lock.ts')
  const client = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  clients.push(client)
  client.stdin.end(JSON.stringify({ server, silence }))
  const [line] = await once(createInterface(client.stdout), 'line')
  expect(line).toMatch(/^locked /)
  return { client, folder: String(line).slice(7) }
}

describe('the lock on a real server', () => {
  it('keeps out a second client and tells it who is in', async () => {
    await otherClient()
    const log = new RecordingLog()
    const failing = acquireLock(host, options({ wait: 1_500, log }))
    await expect(failing).rejects.toThrow(
      /held by the other client \(test, since .* ago\)\. It did not come free within 1\.5 s\./,
    )
    expect(log.text).toContain('Waiting for the lock on deploy@127.0.0.1')
  })

  it.each([
    ['is killed', (client: { kill(signal: NodeJS.Signals): boolean }) => void client.kill('SIGKILL')],
    ['loses its connection', () => server.dropSessions()],
  ])('is free at once when its client %s, with its folder', async (_, end) => {
    const { client, folder } = await otherClient()
    await end(client)
    await host[Symbol.asyncDispose]()
    host = await login(server)
    const lock = await acquireLock(host, options({ wait: 10_000 }))
    expect((await server.exec('ls /opt/temporary')).stdout.trim().split('\n')).toEqual([lock.tempDir.split('/').at(-1)])
    expect(folder).not.toBe(lock.tempDir)
    await lock.release()
    expect((await server.exec('ls -A /opt/temporary; cat /opt/lock')).stdout).toBe('')
  })

  it('is free a while after its client froze, which sshd does not notice', async () => {
    const { client } = await otherClient(3_000)
    client.kill('SIGSTOP')
    await expect(acquireLock(host, options())).rejects.toThrow('the other client')
    const lock = await acquireLock(host, options({ wait: 20_000 }))
    await lock.release()
  })

  it('leaves no process behind', async () => {
    const lock = await acquireLock(host, options())
    expect((await server.exec('pgrep -fc "lock /opt/lock"')).stdout.trim()).not.toBe('0')
    await lock.release()
    await host[Symbol.asyncDispose]()
    expect((await server.exec('pgrep -fa "[/]opt/temporary" || true')).stdout).toBe('')
  })

  it.each([
    ['dash', '/bin/dash', ''],
    ['bash', '/bin/bash', ''],
    [
      'busybox, but for flock',
      '/bin/busybox sh',
      'mkdir -p /tmp/bb && busybox --install -s /tmp/bb && export PATH=/tmp/bb:$PATH && ',
    ],
  ])('works in %s, with its tools', async (_, shell, prepare) => {
    await server.writeFile('/tmp/lock.sh', LOCK_SCRIPT)
    const hold = `${prepare}${shell} /tmp/lock.sh /opt/lock '{"who":"x"}' /opt/temporary 30`
    const run = async (script: string) => (await server.exec(script, { user: 'deploy' })).stdout
    expect(await run(`echo | (sleep 0.5; cat; sleep 0.5) | { ${hold}; }; ls /opt/temporary`)).toMatch(
      /^locked \/opt\/temporary\/tmp\.\w+\n$/,
    )
    // A second one sees the first, which ends after two seconds, and then gets it.
    const both = `sleep 2 | { ${hold}; } >/dev/null & sleep 0.5; sleep 5 | { ${hold}; }; wait`
    expect(await run(both)).toMatch(/^held \{"who":"x"\}\n(held \n)?locked \/opt\/temporary\/tmp\.\w+\n$/)
    // Silence ends it.
    expect(await run(`sleep 5 | { ${hold.replace(/30$/, '1')}; echo "ended after $?"; }`)).toMatch(
      /locked .*\nended after 0\n$/,
    )
  })
})
