import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@deploy-actions/core/host/host'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { acquireLock, LockHeld, type LockOptions } from '@deploy-actions/core/host/lock'
import { connectSsh } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

let folder: string
const open: AsyncDisposable[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock it's "))
})

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function local(path = process.env['PATH']): Host {
  const host = new LocalHost({ PATH: path })
  open.push(host)
  return host
}

function request(who: string, more: Partial<LockOptions> = {}): LockOptions {
  return {
    path: join(folder, 'lock'),
    temporary: join(folder, 'tmp'),
    holder: { who, since: '2026-11-21T12:00:00Z', why: 'deploy of "é\\n1"' },
    wait: 0,
    clock: systemClock,
    log: new RecordingLog(),
    ...more,
  }
}

describe('acquireLock', () => {
  it('takes the lock, makes a private folder, and leaves neither behind', async () => {
    const lock = await acquireLock(local(), request('run 1'))
    expect((await stat(lock.tempDir)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'lock'))).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(join(folder, 'lock'), 'utf8'))).toEqual(request('run 1').holder)
    await writeFile(join(lock.tempDir, 'secret'), 'x')
    await lock.release()
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect(await readFile(join(folder, 'lock'), 'utf8')).toBe('')
  })

  it('says who has it, since when and why', async () => {
    open.push(await acquireLock(local(), request('run 1')))
    const failure = await acquireLock(local(), request('run 2')).catch(thrown => thrown)
    expect(failure).toBeInstanceOf(LockHeld)
    expect(failure.message).toMatch(
      /^The lock on this runner is held by run 1 \(deploy of "é\\n1", since 2026-11-21T12:00:00Z(, .* ago)?\)\.$/,
    )
  })

  it('waits as long as it was told to, then gives up', async () => {
    open.push(await acquireLock(local(), request('run 1')))
    const log = new RecordingLog()
    const waiting = acquireLock(local(), request('run 2', { wait: 300, log }))
    await expect(waiting).rejects.toThrow('It did not come free within 300 ms.')
    expect(log.text).toContain('Waiting for the lock on this runner, up to 300 ms: held by run 1')
  })

  it('gets it when the first one lets go', async () => {
    const first = await acquireLock(local(), request('run 1'))
    const second = acquireLock(local(), request('run 2', { wait: 10_000 }))
    await new Promise(resolve => setTimeout(resolve, 100))
    await first.release()
    const lock = await second
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1)
    await lock.release()
  })

  it('stops waiting when the run is cancelled, and leaves nothing running', async () => {
    const first = await acquireLock(local(), request('run 1'))
    const controller = new AbortController()
    const waiting = acquireLock(local(), request('run 2', { wait: 10_000, signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('cancelled')), 100)
    await expect(waiting).rejects.toThrow('cancelled')
    await first.release()
    await (await acquireLock(local(), request('run 3'))).release()
  })

  it('removes what killed holders left behind', async () => {
    await mkdir(join(folder, 'tmp/tmp.old'), { recursive: true })
    await writeFile(join(folder, 'tmp/tmp.old/secret'), 'x')
    const lock = await acquireLock(local(), request('run 1'))
    expect(existsSync(join(folder, 'tmp/tmp.old'))).toBe(false)
    await lock.release()
  })

  it('tells that the lock is gone when the connection goes, and another one gets it at once', async () => {
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
    const lock = await acquireLock(host, request('run 1'))
    ssh.reset()
    expect(await lock.lost).toBeInstanceOf(ConnectionLost)
    await lock.release()
    await (await acquireLock(local(), request('run 2', { wait: 5_000 }))).release()
  })

  it('lets go when nothing was heard for too long', async () => {
    const silent = { every: 60_000, silence: 1_000 }
    const lock = await acquireLock(local(), request('run 1', { heartbeat: silent }))
    expect((await lock.lost).message).toContain('heard nothing of this runner for too long')
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
  })

  it('keeps it while it is heard of', async () => {
    const lock = await acquireLock(local(), request('run 1', { heartbeat: { every: 200, silence: 1_000 } }))
    await new Promise(resolve => setTimeout(resolve, 1_500))
    await expect(acquireLock(local(), request('run 2'))).rejects.toThrow('held by run 1')
    await lock.release()
  })

  it('names the program that a machine lacks', async () => {
    const sh = spawnSync('sh', ['-c', 'command -v sh'], { encoding: 'utf8' }).stdout.trim()
    await mkdir(join(folder, 'bin'))
    spawnSync('ln', ['-s', sh, join(folder, 'bin/sh')])
    await expect(acquireLock(local(join(folder, 'bin')), request('run 1'))).rejects.toThrow(
      'has no flock, which the lock needs',
    )
  })

  it('says why the lock file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const failing = acquireLock(local(), request('run 1', { path: join(folder, 'file/lock') }))
    await expect(failing).rejects.toThrow(/could not be taken: .*(Not a directory|Directory nonexistent)/)
  })
})
