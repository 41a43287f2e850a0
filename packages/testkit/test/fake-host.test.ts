import { Readable } from 'node:stream'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { acquireLock } from '@deploy-actions/core/release/lock'
import { ServerProgram } from '@deploy-actions/core/release/program'
import { BANNER, FakeHost } from '@deploy-actions/testkit/fake-host'
import { fakeProgram } from '@deploy-actions/testkit/fake-program'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { VirtualClock } from '@deploy-actions/testkit/virtual-clock'
import { describe, expect, it } from '@jest/globals'

const timeout = 1_000
const run = (host: FakeHost, ...argv: string[]) => host.run({ argv, timeout })

describe('run', () => {
  it('responds by the first words or by a condition; the newest rule counts', async () => {
    const host = new FakeHost()
      .on(['docker'], { exitCode: 1, stderr: 'down\n' })
      .on(['docker', 'ps'], { stdout: 'web\n' })
      .on(argv => argv.includes('-la'), { stdout: 'all\n' })
    expect(await run(host, 'docker', 'info')).toEqual({ exitCode: 1, stdout: '', stderr: 'down\n' })
    expect(await run(host, 'docker', 'ps', '-q')).toEqual({ exitCode: 0, stdout: 'web\n', stderr: '' })
    expect((await run(host, 'ls', '-la')).stdout).toBe('all\n')
    expect(host.calls.map(({ argv }) => argv.join(' '))).toEqual(['docker info', 'docker ps -q', 'ls -la'])
  })

  it('fails the test at a call without a rule, and shortens scripts in its message', async () => {
    await expect(run(new FakeHost(), 'sh', '-c', 'a\nb', 'x')).rejects.toThrow(
      'The fake host has no response to sh -c (script) x',
    )
  })

  it('gives one response after the other, and then the last one always', async () => {
    const host = new FakeHost().on(['date'], { stdout: '1' }, new Error('broken'), { stdout: '3' })
    expect((await run(host, 'date')).stdout).toBe('1')
    await expect(run(host, 'date')).rejects.toThrow('broken')
    expect((await run(host, 'date')).stdout).toBe('3')
    expect((await run(host, 'date')).stdout).toBe('3')
  })

  it('computes a response from arguments and input, of each form', async () => {
    const host = new FakeHost().on(['cat'], ({ argv, stdin }) => ({ stdout: `${argv.at(1) ?? ''}${stdin}` }))
    const inputs = ['text', Buffer.from('bytes'), Readable.from([Buffer.from('a '), Buffer.from('stream')]), undefined]
    const outputs: string[] = []
    for (const stdin of inputs) {
      const input = stdin === undefined ? {} : { stdin }
      outputs.push((await host.run({ argv: ['cat'], timeout, ...input })).stdout)
    }
    expect(outputs).toEqual(['text', 'bytes', 'a stream', ''])
    expect(host.calls.map(({ stdin }) => stdin)).toEqual(outputs)
  })

  it('passes on lines, keeps to the size of the output, and ends with the signal', async () => {
    const host = new FakeHost().on(['show'], { stdout: 'one\ntwo', stderr: 'three\n' })
    const lines: string[] = []
    const onLine = (line: string, stream: string) => lines.push(`${stream}: ${line}`)
    const result = await host.run({ argv: ['show'], timeout, maxOutput: 2, onLine })
    expect(lines).toEqual(['stdout: one', 'stdout: two', 'stderr: three'])
    expect(result).toEqual({ exitCode: 0, stdout: 'on', stderr: 'th' })
    const reason = new Error('cancelled')
    await expect(host.run({ argv: ['show'], timeout, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(host.calls).toHaveLength(1)
  })
})

describe('a fault at a step', () => {
  it('is a connection that is lost before or after the command', async () => {
    for (const [fault, commands] of [
      ['lost-before', 0],
      ['lost-after', 1],
    ] as const) {
      let started = 0
      const count = () => {
        started += 1
        return {}
      }
      const host = new FakeHost().on(['touch'], count).failAt(2, fault)
      expect((await run(host, 'touch')).exitCode).toBe(0)
      await expect(run(host, 'touch')).rejects.toThrow(ConnectionLost)
      expect(host.isLost).toBe(true)
      await expect(run(host, 'touch')).rejects.toThrow(ConnectionLost)
      await expect(host.hold({ argv: ['cat'], timeout })).rejects.toThrow(ConnectionLost)
      expect(started - 1).toBe(commands)
    }
  })

  it('is a timeout, a failure without an effect, or a banner before the output', async () => {
    const host = new FakeHost().on(['id'], { stdout: 'deploy\n' })
    host.failAt(1, 'timeout').failAt(2, 'exit-1').failAt(3, 'noise')
    await expect(run(host, 'id')).rejects.toThrow(CommandTimeout)
    expect((await run(host, 'id')).exitCode).toBe(1)
    expect((await run(host, 'id')).stdout).toBe(`${BANNER}deploy\n`)
    expect((await run(host, 'id')).stdout).toBe('deploy\n')
  })

  it('reaches held processes too', async () => {
    const host = new FakeHost().onHold(['lock'], process => process.say('locked'))
    host.failAt(1, 'noise').failAt(2, 'exit-1').failAt(3, 'timeout').failAt(4, 'lost-after')
    const noisy = await host.hold({ argv: ['lock'], timeout })
    expect(await noisy.nextLine(timeout)).toBe('Welcome to this server')
    const failed = await host.hold({ argv: ['lock'], timeout })
    expect(await failed.nextLine(timeout)).toBeUndefined()
    expect((await failed.close()).exitCode).toBe(1)
    const silent = await host.hold({ argv: ['lock'], timeout })
    await expect(silent.nextLine(timeout)).rejects.toThrow(CommandTimeout)
    await expect(host.hold({ argv: ['lock'], timeout })).rejects.toThrow(ConnectionLost)
    await expect(noisy.close()).rejects.toThrow(ConnectionLost)
  })
})

describe('hold', () => {
  it('prints scripted lines, answers what is written, and ends when its input is closed', async () => {
    const host = new FakeHost().onHold(['sh'], process => {
      process.say('ready')
      process.onWrite = text => process.say(`got ${text.trim()}`)
      process.onClose = () => process.end(4, 'bye\n')
    })
    const held = await host.hold({ argv: ['sh'], timeout })
    expect(await held.nextLine(timeout)).toBe('ready')
    held.write('a\n')
    expect(await held.nextLine(timeout)).toBe('got a')
    await expect(held.nextLine(timeout)).rejects.toThrow(CommandTimeout)
    expect(await held.close()).toEqual({ exitCode: 4, stdout: 'ready\ngot a\n', stderr: 'bye\n' })
    await held.ended
    expect(await held.nextLine(timeout)).toBeUndefined()
    held.write('nobody reads this')
    expect(host.held[0]?.written).toBe('a\n')
  })

  it('waits for a line by the clock', async () => {
    const clock = new VirtualClock()
    const host = new FakeHost({ clock }).onHold(['sh'], process => {
      void clock.sleep(700).then(() => process.say('late'))
    })
    const held = await host.hold({ argv: ['sh'], timeout })
    expect(await clock.run(held.nextLine(1_000))).toBe('late')
    await expect(clock.run(held.nextLine(1_000))).rejects.toThrow(CommandTimeout)
  })

  it('ends with the connection, by a signal, or by itself', async () => {
    const host = new FakeHost().onHold(['sh'], () => {})
    const control = new AbortController()
    const aborted = await host.hold({ argv: ['sh'], timeout, signal: control.signal })
    control.abort(new Error('cancelled'))
    await expect(aborted.nextLine(timeout)).rejects.toThrow('cancelled')
    const held = await host.hold({ argv: ['sh'], timeout })
    host.lose()
    await held.ended
    await expect(held.nextLine(timeout)).rejects.toThrow(ConnectionLost)
    await expect(held.close()).rejects.toThrow(ConnectionLost)
  })
})

describe('fakeProgram', () => {
  const MARK = 'boundary'
  const program = (host: FakeHost) => new ServerProgram(host, '/srv/shop', MARK)

  it('answers by verb, with sections', async () => {
    const host = new FakeHost()
    const fake = fakeProgram(host, {
      verbs: {
        survey: { sections: { user: 'deploy', missing: ['flock', 'sha256sum'] } },
        logs: ({ args, stdin }) => ({ sections: { args: args.join(' '), stdin } }),
      },
    })
    const survey = await program(host).run('survey', { timeout })
    expect(survey).toMatchObject({ status: 0, stderr: '' })
    expect(Object.fromEntries(survey.sections)).toEqual({ user: 'deploy\n', missing: 'flock\nsha256sum\n', end: '' })
    const logs = await program(host).run('logs', { args: ['5', 'abc'], stdin: 'input', timeout })
    expect(Object.fromEntries(logs.sections)).toMatchObject({ args: '5 abc\n', stdin: 'input\n' })
    expect(fake.calls.map(({ verb, project }) => [verb, project])).toEqual([
      ['survey', '/srv/shop'],
      ['logs', '/srv/shop'],
    ])
    expect(fake.callsOf('logs')).toHaveLength(1)
  })

  it('gives several answers in a row, failures and outputs that were cut', async () => {
    const host = new FakeHost()
    fakeProgram(host, {
      verbs: {
        activate: [
          {
            status: 69,
            before: 'Pulling web\n',
            stderr: 'no such image\n',
            sections: { result: ['step up', 'status 1'] },
          },
          { isCut: true },
        ],
      },
    })
    const lines: string[] = []
    const first = await program(host).run('activate', { timeout, onLine: line => lines.push(line) })
    expect(first).toMatchObject({ status: 69, stderr: 'no such image' })
    expect(first.sections.get('result')).toContain('step up')
    expect(lines).toContain('Pulling web')
    expect((await program(host).run('activate', { timeout })).sections.has('end')).toBe(false)
  })

  it('has the program installed when it is missing', async () => {
    const host = new FakeHost()
    const fake = fakeProgram(host, { verbs: { survey: {} }, isInstalled: false })
    expect((await program(host).run('survey', { timeout })).status).toBe(0)
    expect(fake.isInstalled).toBe(true)
    expect(host.calls).toHaveLength(3)
    expect(fake.calls).toHaveLength(1)
  })

  it('fails the test at a verb that was not given', async () => {
    const host = new FakeHost()
    fakeProgram(host, {})
    await expect(program(host).run('prune', { args: ['3'], timeout })).rejects.toThrow('no answer to prune 3')
  })

  it('holds the lock, until it is released', async () => {
    const host = new FakeHost()
    const fake = fakeProgram(host, {
      held: { open: { lines: ['held {"who":"another run"}', 'locked 7 /tmp/run.x'], sections: { epoch: '7' } } },
    })
    const clock = new ManualClock()
    const options = { owner: 'me', wait: 60_000, clock, log: new RecordingLog() }
    const holder = { who: 'this run', since: '2026-11-30T00:00:00Z', why: 'deploy' }
    const lock = await acquireLock(program(host), { ...options, holder })
    expect([lock.epoch, lock.folder, lock.sections.get('epoch')?.trim()]).toEqual(['7', '/tmp/run.x', '7'])
    expect(fake.callsOf('open')[0]?.args.at(-1)).toBe('me')
    expect(options.log.text).toContain('held by another run')
    await lock.release()
    await host.held[0]?.ended
  })
})
