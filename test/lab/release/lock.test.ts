import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { SshHost } from '@deploy-actions/core/host/ssh-host'
import { acquireLock, type Lock, type LockOptions } from '@deploy-actions/core/release/lock'
import { ServerProgram } from '@deploy-actions/core/release/program'
import { PROGRAM } from '@deploy-actions/core/release/program.generated'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { login } from '../host/login.ts'
import { type Lab, openLab } from '../lab.ts'
import type { LabServer } from '../server.ts'

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

const PROJECT = '/opt/locked'
const TEMPORARY = `${PROJECT}/.deploy/tmp`
const LOCK = `${PROJECT}/.deploy/lock`

/** A run always surveys first, which installs the program. */
async function acquire(more: Partial<LockOptions> = {}): Promise<Lock> {
  const program = new ServerProgram(host, PROJECT, 'boundary-of-this-test')
  await program.run('survey', { timeout: 60_000 })
  return acquireLock(program, {
    holder: { who: 'this test', since: new Date().toISOString(), why: 'deploy' },
    owner: 'this-test',
    wait: 0,
    clock: systemClock,
    log: new RecordingLog(),
    ...more,
  })
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
    const failing = acquire({ wait: 1_500, log })
    await expect(failing).rejects.toThrow(
      /held by the other client \(test, since .* ago\)\. It did not become free within 1\.5 s\./,
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
    const lock = await acquire({ wait: 10_000 })
    expect((await server.exec(`ls ${TEMPORARY}`)).stdout.trim().split('\n')).toEqual([lock.folder.split('/').at(-1)])
    expect(folder).not.toBe(lock.folder)
    await lock.release()
    expect((await server.exec(`ls -A ${TEMPORARY}; cat ${LOCK}`)).stdout).toBe('')
  })

  it('is free a while after its client froze, which sshd does not notice', async () => {
    const { client } = await otherClient(3_000)
    client.kill('SIGSTOP')
    await expect(acquire()).rejects.toThrow('the other client')
    const lock = await acquire({ wait: 20_000 })
    await lock.release()
  })

  it('leaves no process behind', async () => {
    const lock = await acquire()
    expect((await server.exec('pgrep -fc " open boundary-of-this-test"')).stdout.trim()).not.toBe('0')
    await lock.release()
    await host[Symbol.asyncDispose]()
    expect((await server.exec('pgrep -fa "open [b]oundary-of-this-test" || true')).stdout).toBe('')
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
    await server.writeFile('/tmp/program.sh', PROGRAM)
    const hold = (silence: number, owner = 'me') =>
      `${prepare}${shell} /tmp/program.sh open M ${PROJECT} ${silence} '{"who":"x"}' ${owner} | while IFS= read -r line; do case $line in held* | locked*) printf '%s\\n' "$line" ;; esac; done`
    const run = async (script: string) => (await server.exec(script, { user: 'deploy' })).stdout
    const locked = `locked \\d+ ${TEMPORARY}/run\\.\\w+\n`
    expect(await run(`echo | (sleep 0.5; cat; sleep 0.5) | { ${hold(30)}; }; ls ${TEMPORARY}`)).toMatch(
      new RegExp(`^${locked}$`),
    )
    // A second one sees the first, which ends then, and gets it.
    const until = (condition: string) => `until ${condition}; do sleep 0.1; done`
    const both = `cd "$(mktemp -d)" && : >out
      ${until('grep -q held out')} | { ${hold(30)}; } >/dev/null &
      ${until(`test -s ${LOCK}`)}; ${until('grep -q locked out')} | { ${hold(30, 'another')}; } >out; wait; cat out`
    expect(await run(both)).toMatch(new RegExp(`^held \\{"who":"x"\\}\n(held \n)?${locked}$`))
    // Its own lock is asked back, and the first one ends although its input is open.
    const again = `cd "$(mktemp -d)" && : >out
      ${until('grep -q locked out')} | { ${hold(30)}; } >/dev/null &
      ${until(`test -s ${LOCK}`)}; ${until('grep -q locked out')} | { ${hold(30)}; } >out; wait; cat out`
    expect(await run(again)).toMatch(new RegExp(`^${locked}$`))
    // Silence ends it.
    expect(await run(`sleep 5 | { ${hold(1)}; echo ended; }`)).toMatch(/locked .*\nended\n$/)
  })
})
