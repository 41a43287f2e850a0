import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@deploy-actions/core/host/host'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { connectSsh } from '@deploy-actions/core/host/ssh-host'
import { acquireLock, type Lock, LockHeld, type LockOptions } from '@deploy-actions/core/release/lock'
import { ServerProgram } from '@deploy-actions/core/release/program'
import { LockLost } from '@deploy-actions/core/release/program-failure'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

let folder: string
const open: AsyncDisposable[] = []

const usual = process.env['PATH']

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock it's "))
  // An engine without any containers.
  await mkdir(join(folder, 'engine'))
  await writeFile(join(folder, 'engine/docker'), '#!/bin/sh\n', { mode: 0o755 })
  process.env['PATH'] = `${join(folder, 'engine')}:${usual}`
})

afterEach(async () => {
  process.env['PATH'] = usual
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const project = () => join(folder, 'shop')

function local(path = process.env['PATH']): Host {
  const host = new LocalHost({ PATH: path, HOME: folder })
  open.push(host)
  return host
}

function request(who: string, more: Partial<LockOptions> = {}): LockOptions {
  return {
    holder: { who, since: '2026-11-21T12:00:00Z', why: 'deploy of "é\\n1"' },
    owner: `token of ${who}`,
    wait: 0,
    clock: systemClock,
    log: new RecordingLog(),
    ...more,
  }
}

/** A run always surveys first, which installs the program. */
async function acquire(host: Host, options: LockOptions, path = project()): Promise<Lock> {
  const program = new ServerProgram(host, path, 'boundary-of-a-test')
  await program.run('survey', { timeout: 60_000 })
  return acquireLock(program, options)
}

/** Why it is gone, as soon as it is. */
async function lossOf(lock: Lock): Promise<Error> {
  if (!lock.signal.aborted) await once(lock.signal, 'abort')
  return lock.signal.reason
}

const folders = () => readdir(join(project(), '.deploy/tmp'))

describe('acquireLock', () => {
  it('takes the lock, makes a private folder, and leaves neither behind', async () => {
    const lock = await acquire(local(), request('run 1'))
    expect((await stat(lock.folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(project(), '.deploy/lock'))).mode & 0o777).toBe(0o600)
    const [holder = '', owner] = (await readFile(join(project(), '.deploy/lock'), 'utf8')).split('\n')
    expect([JSON.parse(holder), owner]).toEqual([request('run 1').holder, 'token of run 1'])
    await writeFile(join(lock.folder, 'secret'), 'x')
    await lock.release()
    expect(await folders()).toEqual([])
    expect(await readFile(join(project(), '.deploy/lock'), 'utf8')).toBe('')
  })

  it('reports who has it, since when and why', async () => {
    open.push(await acquire(local(), request('run 1')))
    const failure = await acquire(local(), request('run 2')).catch(thrown => thrown)
    expect(failure).toBeInstanceOf(LockHeld)
    expect(failure.title).toBe('Another deploy of this project is running')
    expect(failure.message).toMatch(
      /^The lock on this runner is held by run 1 \(deploy of "é\\n1", since 2026-11-21T12:00:00Z(, .* ago)?\)\.$/,
    )
  })

  it('waits as long as requested, then gives up', async () => {
    open.push(await acquire(local(), request('run 1')))
    const log = new RecordingLog()
    const waiting = acquire(local(), request('run 2', { wait: 300, log }))
    await expect(waiting).rejects.toThrow('It did not become free within 300 ms.')
    expect(log.text).toMatch(/Waiting for the lock on this runner, up to \d+ ms: held by run 1/)
  })

  it('gets it when the first one releases it', async () => {
    const first = await acquire(local(), request('run 1'))
    const second = acquire(local(), request('run 2', { wait: 10_000 }))
    await new Promise(resolve => setTimeout(resolve, 100))
    await first.release()
    const lock = await second
    expect(await folders()).toHaveLength(1)
    await lock.release()
  })

  it('stops waiting when the run is cancelled, and leaves nothing running', async () => {
    const first = await acquire(local(), request('run 1'))
    const controller = new AbortController()
    const waiting = acquire(local(), request('run 2', { wait: 10_000, signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('cancelled')), 100)
    await expect(waiting).rejects.toThrow('cancelled')
    await first.release()
    await (await acquire(local(), request('run 3'))).release()
  })

  it('removes what killed holders left behind', async () => {
    await mkdir(join(project(), '.deploy/tmp/run.old'), { recursive: true })
    await writeFile(join(project(), '.deploy/tmp/run.old/secret'), 'x')
    const lock = await acquire(local(), request('run 1'))
    expect(existsSync(join(project(), '.deploy/tmp/run.old'))).toBe(false)
    await lock.release()
  })

  it('reports that the lock is gone when the connection goes, and another run gets it at once', async () => {
    const ssh = await startSshServer({ password: 'pw' })
    open.push(ssh)
    const target = {
      host: '127.0.0.1',
      port: ssh.port,
      user: 'deploy',
      password: new Secret('pw'),
      connectTimeout: 5_000,
    }
    const host = await connectSsh(
      { ...target, hostKey: { kind: 'accept-any' } },
      { clock: systemClock, log: new RecordingLog() },
    )
    open.push(host)
    const lock = await acquire(host, request('run 1'))
    ssh.reset()
    expect(await lossOf(lock)).toBeInstanceOf(ConnectionLost)
    await lock.release()
    await (await acquire(local(), request('run 2', { wait: 50_000 }))).release()
  })

  it('is given back at once to the run that has it, when that comes over a new connection', async () => {
    const first = await acquire(local(), request('run 1'))
    const log = new RecordingLog()
    const second = await acquire(local(), request('run 1', { log }))
    expect(Number(second.epoch)).toBe(Number(first.epoch) + 1)
    expect(await lossOf(first)).toMatchObject({ title: 'Lock lost' })
    expect(log.lines).toEqual([])
    await expect(acquire(local(), request('run 2'))).rejects.toThrow('held by run 1')
    await second.release()
  })

  it('frees it after a long silence', async () => {
    const silent = { every: 60_000, silence: 1_000 }
    const lock = await acquire(local(), request('run 1', { heartbeat: silent }))
    expect((await lossOf(lock)).message).toContain('heard nothing from this runner for too long')
    expect(() => lock.check()).toThrow(LockLost)
    expect(await folders()).toEqual([])
  })

  it('is lost to a run that was suspended for as long, before the server has reported that', async () => {
    const lock = await acquire(local(), request('run 1', { heartbeat: { every: 60_000, silence: 90_000 } }))
    const started = Date.now()
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => started + 80_000)
    try {
      lock.check()
      clock.mockImplementation(() => started + 91_000)
      expect(() => lock.check()).toThrow('this runner was suspended')
      expect(lock.signal.reason).toBeInstanceOf(LockLost)
    } finally {
      clock.mockRestore()
      await lock.release()
    }
  })

  it('keeps it while there are signs of life', async () => {
    const lock = await acquire(local(), request('run 1', { heartbeat: { every: 200, silence: 5_000 } }))
    await new Promise(resolve => setTimeout(resolve, 6_000))
    await expect(acquire(local(), request('run 2'))).rejects.toThrow('held by run 1')
    await lock.release()
  })

  it('names the program that a machine lacks', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    const others = 'for each in /usr/bin/*; do [ "${each##*/}" = flock ] || ln -s "$each" "$1/"; done'
    spawnSync('sh', ['-c', others, 'link', bin])
    await expect(acquire(local(bin), request('run 1'))).rejects.toThrow('has no flock, which the lock needs')
  })

  it('shows the cause where the lock file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const failing = acquire(local(), request('run 1'), join(folder, 'file/shop'))
    await expect(failing).rejects.toThrow(/could not be taken: .*(Not a directory|Directory nonexistent)/)
  })

  it('takes the lock while the engine does not respond', async () => {
    await writeFile(join(folder, 'engine/docker'), '#!/bin/sh\nexit 1\n')
    const lock = await acquire(local(), request('run 1'))
    expect([lock.sections.has('projects'), lock.sections.has('release-ids')]).toEqual([false, true])
    await lock.release()
  })

  it('gives each holder a higher epoch, and the store as it is then', async () => {
    const first = await acquire(local(), request('run 1'))
    await first.release()
    await mkdir(join(project(), '.deploy/releases/r1'))
    const second = await acquire(local(), request('run 2'))
    expect(Number(second.epoch)).toBe(Number(first.epoch) + 1)
    expect(first.sections.get('release-ids')).toBe('')
    expect(second.sections.get('release-ids')?.trim()).toBe('r1')
    await second.release()
  })
})
