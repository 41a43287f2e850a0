import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HeldProcess, Host } from '@deploy-actions/core/host/host'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { Enumeration, type Mode, type Point, pointsOf, RunKilled } from '@deploy-actions/testkit/enumerating-host'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const timeout = 30_000
let folder: string
const open: Enumeration[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enumeration-'))
})
afterEach(async () => {
  for (const enumeration of open.splice(0)) await enumeration.end()
  await rm(folder, { recursive: true, force: true })
})

function enumerate(point?: Point, whileSuspended = async () => {}): Enumeration {
  const local = () => new LocalHost({ PATH: process.env['PATH'] })
  const enumeration = new Enumeration({ open: local, whileSuspended, ...(point ? { point } : {}) })
  open.push(enumeration)
  return enumeration
}

const file = (name: string) => join(folder, name)
const touch = (host: Host, name: string) =>
  host.run({ argv: ['sh', '-c', `touch "$0"; echo touched`, file(name)], timeout })
const HOLD = 'touch "$0"; echo held; cat >/dev/null; rm "$0"'
const hold = (host: Host, name = 'held') => host.hold({ argv: ['sh', '-c', HOLD, file(name)], timeout })

/** A run that does each kind of thing once: effects 1 to 4. */
async function work(enumeration: Enumeration): Promise<string> {
  await using host = await enumeration.connect()
  const held = await hold(host)
  const line = await held.nextLine(timeout)
  const { exitCode, stdout } = await touch(host, 'file')
  await held.close()
  return `${line} ${exitCode} ${stdout.trim()}`
}

const outcomeOf = (enumeration: Enumeration): Promise<unknown> =>
  Promise.race([work(enumeration), enumeration.killed]).catch(thrown => thrown)

describe('without a point', () => {
  it('counts the effects and changes nothing', async () => {
    const enumeration = enumerate()
    expect(await outcomeOf(enumeration)).toBe('held 0 touched')
    expect(enumeration.effects.map(({ kind }) => kind)).toEqual(['connect', 'hold', 'run', 'close'])
    expect(enumeration.effects[2]?.label).toBe(`sh -c touch "$0"; echo touched ${file('file')}`)
    expect([existsSync(file('held')), existsSync(file('file')), enumeration.isHit]).toEqual([false, true, false])
  })

  it('names all points that a run has', async () => {
    const enumeration = enumerate()
    await outcomeOf(enumeration)
    const points = pointsOf(enumeration.effects)
    expect(points).toHaveLength(4 + 8 + 10 + 4)
    expect(points.filter(({ mode }) => mode === 'pipe-closed')).toEqual([{ effect: 3, mode: 'pipe-closed' }])
  })

  it('passes on results, output, input and the signal', async () => {
    const host = await enumerate().connect()
    const lines: string[] = []
    const onLine = (line: string) => lines.push(line)
    const argv = ['sh', '-c', 'cat; echo end >&2; exit 3']
    expect(await host.run({ argv, timeout, stdin: 'in\n', onLine })).toEqual({
      exitCode: 3,
      stdout: 'in\n',
      stderr: 'end\n',
    })
    expect(lines.toSorted()).toEqual(['end', 'in'])
    const control = new AbortController()
    const waiting = host.run({ argv: ['sleep', '60'], timeout, signal: control.signal })
    control.abort(new Error('cancelled'))
    await expect(waiting).rejects.toThrow('cancelled')
  })
})

describe('a killed run', () => {
  it.each<[number, Mode, boolean]>([
    [1, 'die-before', false],
    [1, 'die-after', false],
    [2, 'die-before', false],
    [2, 'die-after', false],
    [3, 'die-before', false],
    [3, 'die-after', true],
    [4, 'die-before', true],
    [4, 'die-after', true],
  ])('at effect %d, %s, ends there, and its held processes end with it', async (effect, mode, isDone) => {
    const enumeration = enumerate({ effect, mode })
    expect(await outcomeOf(enumeration)).toBeInstanceOf(RunKilled)
    expect([enumeration.isHit, enumeration.isKilled, enumeration.effects.length]).toEqual([true, true, effect])
    await enumeration.end()
    expect([existsSync(file('held')), existsSync(file('file'))]).toEqual([false, isDone])
  })

  it('meets its end again at every later call, whoever caught it', async () => {
    const enumeration = enumerate({ effect: 3, mode: 'die-before' })
    const host = await enumeration.connect()
    const held = await hold(host)
    await held.nextLine(timeout)
    const waiting = held.nextLine(timeout)
    const other = host.run({ argv: ['true'], timeout })
    for (const call of [
      other,
      waiting,
      touch(host, 'file'),
      hold(host, 'another'),
      held.nextLine(timeout),
      held.close(),
      enumeration.connect(),
    ]) {
      await expect(call).rejects.toThrow(RunKilled)
    }
    held.write('nobody reads this\n')
    await held.ended
    await enumeration.end()
    expect([existsSync(file('file')), existsSync(file('another'))]).toEqual([false, false])
  })

  it('ends a command that is under way', async () => {
    const enumeration = enumerate({ effect: 3, mode: 'die-before' })
    const host = await enumeration.connect()
    const long = host.run({ argv: ['sleep', '600'], timeout })
    const killing = touch(host, 'file')
    await expect(long).rejects.toThrow(RunKilled)
    await expect(killing).rejects.toThrow(RunKilled)
  })
})

describe('a lost connection', () => {
  it.each<[Mode, boolean]>([
    ['lost-before', false],
    ['lost-after', true],
    ['response-lost', true],
  ])('%s: a command, and a new connection works', async (mode, isDone) => {
    const enumeration = enumerate({ effect: 2, mode })
    const host = await enumeration.connect()
    await expect(touch(host, 'file')).rejects.toThrow(ConnectionLost)
    expect([host.isLost, existsSync(file('file'))]).toEqual([true, isDone])
    await expect(touch(host, 'other')).rejects.toThrow(ConnectionLost)
    await host[Symbol.asyncDispose]()
    const again = await enumeration.connect()
    expect((await touch(again, 'other')).stdout).toBe('touched\n')
    expect(enumeration.effects.map(({ kind }) => kind)).toEqual(['connect', 'run', 'connect', 'run'])
  })

  it('ends what was held: the server notices a reset', async () => {
    const enumeration = enumerate({ effect: 3, mode: 'lost-after' })
    const host = await enumeration.connect()
    const held = await hold(host)
    await held.nextLine(timeout)
    await expect(touch(host, 'file')).rejects.toThrow(ConnectionLost)
    await held.ended
    await expect(held.nextLine(timeout)).rejects.toThrow(ConnectionLost)
    await expect(held.close()).rejects.toThrow(ConnectionLost)
    await enumeration.connect()
    expect(existsSync(file('held'))).toBe(false)
  })

  it('leaves what was held when it is silent, until somebody else waits for it', async () => {
    const enumeration = enumerate({ effect: 3, mode: 'response-lost' })
    const host = await enumeration.connect()
    const held = await hold(host)
    await held.nextLine(timeout)
    await expect(touch(host, 'file')).rejects.toThrow(ConnectionLost)
    await host[Symbol.asyncDispose]()
    const again = await enumeration.connect()
    expect(existsSync(file('held'))).toBe(true)
    const waiter = 'echo waiting; while [ -e "$0" ]; do sleep 0.05; done; echo free'
    const waiting = await again.hold({ argv: ['sh', '-c', waiter, file('held')], timeout })
    expect([await waiting.nextLine(timeout), await waiting.nextLine(timeout)]).toEqual(['waiting', 'free'])
  })

  it.each<[Mode]>([['lost-before'], ['lost-after'], ['response-lost']])('%s: a held process', async mode => {
    const enumeration = enumerate({ effect: 2, mode })
    const host = await enumeration.connect()
    await expect(hold(host)).rejects.toThrow(ConnectionLost)
    if (mode === 'response-lost') expect(existsSync(file('held'))).toBe(true)
    await enumeration.end()
    expect(existsSync(file('held'))).toBe(false)
  })

  it('at the connecting itself, or right after it', async () => {
    await expect(enumerate({ effect: 1, mode: 'lost-before' }).connect()).rejects.toThrow(ConnectionLost)
    const host = await enumerate({ effect: 1, mode: 'lost-after' }).connect()
    await expect(touch(host, 'file')).rejects.toThrow(ConnectionLost)
    expect(existsSync(file('file'))).toBe(false)
  })

  it.each<[Mode]>([['lost-before'], ['lost-after']])('%s: the close of a held process', async mode => {
    const enumeration = enumerate({ effect: 3, mode })
    const host = await enumeration.connect()
    const held: HeldProcess = await hold(host)
    await held.nextLine(timeout)
    await expect(held.close()).rejects.toThrow(ConnectionLost)
    await enumeration.end()
    expect(existsSync(file('held'))).toBe(false)
  })

  it('ends a command at its first line of output', async () => {
    const enumeration = enumerate({ effect: 2, mode: 'pipe-closed' })
    const host = await enumeration.connect()
    const script = 'echo one >>"$0"; echo line; sleep 600; echo two >>"$0"'
    const lines: string[] = []
    const call = host.run({ argv: ['sh', '-c', script, file('log')], timeout, onLine: line => lines.push(line) })
    await expect(call).rejects.toThrow(ConnectionLost)
    expect(await readFile(file('log'), 'utf8')).toBe('one\n')
    expect(lines).toEqual([])
    expect(host.isLost).toBe(true)
  })
})

describe('a run that stands still for long', () => {
  it('goes on when its held processes are ended and others have acted', async () => {
    const seen: boolean[] = []
    const whileSuspended = async () => void seen.push(existsSync(file('held')), existsSync(file('file')))
    const enumeration = enumerate({ effect: 3, mode: 'suspended' }, whileSuspended)
    const host = await enumeration.connect()
    const held = await hold(host)
    await held.nextLine(timeout)
    expect((await touch(host, 'file')).exitCode).toBe(0)
    expect(seen).toEqual([false, false])
    await held.ended
    expect([await held.nextLine(timeout), host.isLost]).toEqual([undefined, false])
  })
})

describe('a command that does not respond as it should', () => {
  it('times out although it completes', async () => {
    const host = await enumerate({ effect: 2, mode: 'timeout' }).connect()
    await expect(touch(host, 'file')).rejects.toThrow(CommandTimeout)
    expect([existsSync(file('file')), host.isLost]).toEqual([true, false])
    expect((await touch(host, 'other')).exitCode).toBe(0)
  })

  it('fails without having done anything', async () => {
    const host = await enumerate({ effect: 2, mode: 'exit-1' }).connect()
    expect(await touch(host, 'file')).toEqual({ exitCode: 1, stdout: '', stderr: 'failed by the test\n' })
    expect(existsSync(file('file'))).toBe(false)
  })

  it('prints a banner first', async () => {
    const host = await enumerate({ effect: 2, mode: 'noise' }).connect()
    const lines: string[] = []
    const onLine = (line: string) => lines.push(line)
    const { stdout } = await host.run({ argv: ['echo', 'id'], timeout, onLine })
    expect(stdout).toMatch(/^Welcome to this server\n.*\nid\n$/s)
    expect([lines[0], lines.at(-1)]).toEqual(['Welcome to this server', 'id'])
  })

  it('does so as a held process too', async () => {
    const noisy = await hold(await enumerate({ effect: 2, mode: 'noise' }).connect())
    const lines = [await noisy.nextLine(timeout)]
    while (lines.at(-1) !== 'held') lines.push(await noisy.nextLine(timeout))
    expect(lines[0]).toBe('Welcome to this server')
    const failed = await hold(await enumerate({ effect: 2, mode: 'exit-1' }).connect(), 'failed')
    expect(await failed.nextLine(timeout)).toBeUndefined()
    expect((await failed.close()).exitCode).toBe(1)
    const silent = await hold(await enumerate({ effect: 2, mode: 'timeout' }).connect(), 'silent')
    await expect(silent.nextLine(timeout)).rejects.toThrow(CommandTimeout)
    expect([existsSync(file('failed')), existsSync(file('silent'))]).toEqual([false, false])
  })
})
