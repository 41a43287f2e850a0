import { createServer } from 'node:net'
import { ConnectFailure } from '@deploy-actions/core/host/connect-failure'
import type { Host } from '@deploy-actions/core/host/host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { Secret } from '@deploy-actions/core/values/secret'
import { connectedHost, PASSWORD } from '@deploy-actions/testkit/connected-host'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Server } from '../../src/attempt/server.ts'
import type { Check, Subject } from '../../src/check.ts'
import type { Expectation } from '../../src/expect/expectation.ts'
import { summaryOf } from '../../src/report/summary.ts'
import { run } from '../../src/run.ts'
import { runCheck } from '../../src/run-check.ts'
import { checkOf, httpSubject, ONCE, observerWorld, planOf, RETRY, worldOf } from '../making.ts'

const closing: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of closing.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

const log = new RecordingLog()

async function serverOf(connect?: (signal: AbortSignal) => Promise<Host>) {
  const ssh = await startSshServer({ password: PASSWORD })
  const hosts: Host[] = []
  const connectOurs = async () => {
    const host = await connectedHost(ssh)
    hosts.push(host)
    return host
  }
  const server = new Server({ connect: connect ?? connectOurs, clock: systemClock, log })
  closing.push(ssh, server)
  const project = { name: undefined, path: undefined }
  return { ssh, hosts, server, world: worldOf({}, observerWorld({ server, project })) }
}

const frame = () => ({
  start: Date.now(),
  end: Date.now() + 60_000,
  signal: new AbortController().signal,
  secrets: [],
})
const from = { kind: 'server' } as const
const make = (subject: Subject, world: ReturnType<typeof worldOf>, more: Partial<Check> = {}) =>
  runCheck(checkOf({ subject, from, retry: ONCE, timeout: 5_000, ...more }), frame(), world)

const stdout = (value: string): Expectation => ({
  kind: 'value',
  source: { part: 'stdout' },
  matcher: { op: 'eq', value },
})
const command = (argv: readonly string[], env: Record<string, Secret> = {}, cwd?: string) =>
  ({ kind: 'command', argv, env, cwd }) as const

describe('checks through a server', () => {
  it('share one connection, which is made when the first one needs it', async () => {
    await using web = await serve((_request, response) => response.end('ok'))
    const { ssh, world } = await serverOf()
    expect(ssh.connections).toBe(0)
    const subjects: Subject[] = [
      httpSubject(web.url),
      { kind: 'tcp', host: '127.0.0.1', port: web.port, family: undefined, send: undefined },
      command(['true']),
      { kind: 'dns', name: 'localhost', type: 'A', server: undefined },
    ]
    const plans = Array.from({ length: 40 }, (_, index) => {
      const subject = subjects[index % subjects.length] ?? command(['true'])
      return planOf(checkOf({ name: `c${index}`, subject, from, retry: ONCE, timeout: 20_000 }))
    })
    const { result } = await run(plans, { deadline: 60_000, concurrency: 100, failFast: false, secrets: [] }, world)
    expect(result.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(ssh.connections).toBe(1)
  })

  it('do not take the end of the connection to the server for the end of what they ask', async () => {
    const { ssh, world } = await serverOf()
    await using web = await serve(() => ssh.reset())
    const seen = await make(httpSubject(web.url), world, { expectations: [{ kind: 'unreachable' }] })
    expect(seen).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('does not show') })
  })

  it('wait for their turn to run a command outside of the time of their attempt', async () => {
    const { world } = await serverOf()
    const plans = Array.from({ length: 24 }, (_, index) =>
      planOf(checkOf({ name: `c${index}`, subject: command(['sleep', '1']), from, retry: ONCE, timeout: 3_000 })),
    )
    const { result } = await run(plans, { deadline: 60_000, concurrency: 100, failFast: false, secrets: [] }, world)
    expect(result.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  })

  it('do not wait for it for longer than their deadline', async () => {
    const { world } = await serverOf()
    const one = (name: string, seconds: string, deadline: number) =>
      planOf(
        checkOf({ name, subject: command(['sleep', seconds]), from, retry: { ...ONCE, deadline }, timeout: 30_000 }),
      )
    const plans = [...Array.from({ length: 8 }, (_, index) => one(`c${index}`, '2', 30_000)), one('late', '0', 400)]
    const { result } = await run(plans, { deadline: 60_000, concurrency: 100, failFast: false, secrets: [] }, world)
    expect(result.checks.at(-1)?.reason).toMatch(/^the commands of other checks left no place for this one within/)
  })

  it('connect again for the next attempt when the connection was lost', async () => {
    const { ssh, hosts, world } = await serverOf()
    let asked = 0
    await using web = await serve((_request, response) => {
      asked += 1
      if (asked === 1) ssh.reset()
      response.end('ok')
    })
    const seen = await make(httpSubject(web.url), world, { retry: RETRY })
    expect(seen.outcome).toBe('passed')
    expect(seen.attempts.map(({ ok }) => ok)).toEqual([false, true])
    expect(ssh.connections).toBe(2)
    // One that is lost between two checks costs no attempt.
    ssh.reset()
    while (!hosts.at(-1)?.isLost) await systemClock.sleep(5)
    expect((await make(httpSubject(web.url), world)).outcome).toBe('passed')
  })

  it('tell a connection that is lost in a command', async () => {
    const { ssh, world } = await serverOf()
    await using web = await serve(() => ssh.reset())
    const begun = `fetch('${web.url}'); setInterval(() => {}, 1_000)`
    const seen = await make(command([process.execPath, '-e', begun]), world, { timeout: 30_000 })
    expect(seen.reason).toMatch(/^the connection to deploy@127\.0\.0\.1:\d+ was lost: /)
  })

  it('tell what the server finds closed', async () => {
    const closed = createServer()
    const port = await listen(closed)
    await new Promise(resolve => closed.close(resolve))
    const { world } = await serverOf()
    const seen = await make(httpSubject(`http://127.0.0.1:${port}/`), world)
    expect(seen.reason).toMatch(/server/)
  })

  it('are not made again when the server will never let us in, and say why once', async () => {
    const refusal = new ActionError({
      title: 'No trust',
      message: 'The key is\nunknown.\n\nIt offers:\n  known-hosts: |\n    [h]:2222 ssh-ed25519 AAAA',
      next: 'set `known-hosts`.',
    })
    let asked = 0
    const { server, world } = await serverOf(() => {
      asked += 1
      return Promise.reject(refusal)
    })
    const plans = ['a', 'b'].map(name => planOf(checkOf({ name, subject: command(['true']), from })))
    log.lines.length = 0
    const { result } = await run(plans, { deadline: 60_000, concurrency: 2, failFast: false, secrets: [] }, world)
    expect(result.checks.map(({ reason, attempts }) => [reason, attempts.length])).toEqual([
      ['the server cannot be reached: the key is unknown', 1],
      ['the server cannot be reached: the key is unknown', 1],
    ])
    expect(log.lines).toEqual([
      'group: No trust',
      '  The key is',
      '  unknown.',
      '  ',
      '  It offers:',
      '    known-hosts: |',
      '      [h]:2222 ssh-ed25519 AAAA',
      '  Next: set `known-hosts`.',
    ])
    expect(result.checks[0]?.attempts[0]).toMatchObject({ excerpt: undefined })
    const pasted = ['It offers:', '  known-hosts: |', '    [h]:2222 ssh-ed25519 AAAA', 'Next: set `known-hosts`.']
    expect(summaryOf(result)).toContain(`\n${pasted.join('\n')}\n\`\`\``)
    expect(asked).toBe(1)
    await server[Symbol.asyncDispose]()
  })

  it('are made again when the server cannot be reached just now', async () => {
    let asked = 0
    const { ssh, world } = await serverOf(async () => {
      asked += 1
      if (asked < 3) throw new ConnectFailure('refused', true, '127.0.0.1:22 refused the connection.', 'wait.')
      return connectedHost(ssh)
    })
    const seen = await make(command(['true']), world, { retry: RETRY })
    expect(seen.outcome).toBe('passed')
    expect(seen.attempts[0]?.reasons).toEqual(['the server cannot be reached: 127.0.0.1:22 refused the connection'])
    expect(seen.attempts).toHaveLength(3)
  })

  it('wait for a connection no longer than their deadline', async () => {
    const { world } = await serverOf(
      signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const seen = await make(command(['true']), world, { retry: { ...RETRY, deadline: 300 } })
    expect(seen.reason).toMatch(/^the server could not be reached within \d+ ms \(until its deadline of 300 ms\)$/)
  })

  it('need a server', async () => {
    const seen = await make(command(['true']), worldOf())
    expect(seen.reason).toBe('is made through a server, and none is named: set `host`')
  })

  it('look names up as the server does', async () => {
    const { world } = await serverOf()
    const records: Expectation = {
      kind: 'value',
      source: { part: 'records' },
      matcher: { op: 'contains', value: '127.0.0.1' },
    }
    const subject = { kind: 'dns', name: 'localhost', type: 'A', server: undefined } as const
    expect((await make(subject, world, { expectations: [records] })).reason).toBeUndefined()
    const unknown = await make({ ...subject, name: 'no-such-name.invalid' }, world)
    expect(unknown.reason).toBe('no address of IPv4 is known for the name there')
    const mx = await make({ ...subject, type: 'MX' }, world)
    expect(mx.reason).toContain('only A and AAAA')
  })
})

describe.each([
  ['on a server', async () => (await serverOf()).world, from],
  ['on the runner', async () => worldOf(), { kind: 'runner' } as const],
])('a command %s', (_, worldFor, vantage) => {
  const go = async (subject: Subject, more: Partial<Check> = {}) =>
    make(subject, await worldFor(), { from: vantage, ...more })

  it('gets its arguments as they are, with no shell between', async () => {
    const argv = ['printf', '%s|', '$HOME', '`id`', "it's", 'a b', '', '; exit 9', 'ü\n']
    const seen = await go(command(argv), { expectations: [stdout("$HOME|`id`|it's|a b||; exit 9|ü\n|")] })
    expect(seen.reason).toBeUndefined()
  })

  it('gets its environment, which no list of processes shows', async () => {
    const value = `quote ' double " dollar $HOME back\` \\ newline\nend`
    const seen = await go(command(['printenv', 'API_TOKEN'], { API_TOKEN: new Secret(value) }), {
      expectations: [stdout(value)],
    })
    expect(seen.reason).toBeUndefined()
    const listed = await go(
      command(['sh', '-c', 'cat /proc/$PPID/cmdline /proc/*/cmdline 2>/dev/null | grep -ac to-be-[h]idden || true'], {
        API_TOKEN: new Secret('to-be-hidden'),
      }),
      {
        expectations: [stdout('0')],
      },
    )
    expect(listed.reason).toBeUndefined()
  })

  it('reads an empty input', async () => {
    expect((await go(command(['cat'], { A: new Secret('b') }), { expectations: [stdout('')] })).reason).toBeUndefined()
  })

  it('runs where it is told to', async () => {
    expect((await go(command(['pwd'], {}, '/'), { expectations: [stdout('/')] })).reason).toBeUndefined()
    const seen = await go(command(['pwd'], {}, '/no/such/folder'), { expectations: [stdout('/')] })
    expect(seen.attempts[0]?.excerpt).toMatch(/no\/such\/folder/)
  })

  it('is told with its exit status and what it said', async () => {
    const ok: Expectation = { kind: 'value', source: { part: 'exit-code' }, matcher: { op: 'eq', value: 0 } }
    const seen = await go(command(['sh', '-c', 'echo pending: 3; exit 4']), { expectations: [ok] })
    expect(seen.reason).toBe('the exit status is 4, not 0')
    expect(seen.attempts[0]?.excerpt).toBe('pending: 3')
    const missing = await go(command(['no-such-program']), { expectations: [ok] })
    expect(missing.reason).toBe('the exit status is 127, not 0')
    expect(missing.attempts[0]?.excerpt).toMatch(/no-such-program/)
  })

  it.each([
    ['that heeds a signal', ''],
    ['that heeds none', 'trap "" TERM; '],
  ])('is ended with all that it started when its time is up: one %s', async (_name, trap) => {
    const mark = `${process.pid}${Math.floor(Math.random() * 1e6)}`
    const script = `${trap}echo waiting; sleep 60.${mark} & sleep 61.${mark}; true`
    const seen = await go(command(['sh', '-c', script]), { timeout: 2_000 })
    expect(seen.reason).toBe('it did not end within 2.0 s; the last it said: waiting')
    const left = command(['sh', '-c', `pgrep -f "^sleep 6[01].${mark}$" || true`])
    const retry = { ...RETRY, attempts: 100, interval: 200, deadline: 30_000 }
    expect((await make(left, worldOf(), { from: { kind: 'runner' }, expectations: [stdout('')], retry })).outcome).toBe(
      'passed',
    )
  })

  it('that writes without end is read as far as it is looked at', async () => {
    const seen = await go(command(['sh', '-c', 'head -c 20000000 /dev/zero | tr "\\0" x']), {
      expectations: [stdout('')],
      timeout: 20_000,
    })
    expect(seen.outcome).toBe('failed')
    expect(seen.attempts[0]?.excerpt?.length).toBeLessThanOrEqual(500)
  })
})
