import type { Observed } from '@deploy-actions/core/probe/observed'
import { Secret } from '@deploy-actions/core/values/secret'
import { VirtualClock } from '@deploy-actions/testkit/virtual-clock'
import { describe, expect, it } from '@jest/globals'
import { CannotBeMade } from '../src/attempt/cannot-be-made.ts'
import type { Question } from '../src/attempt/observe.ts'
import type { Check, CheckPlan } from '../src/check.ts'
import type { CommandFacts, Observation } from '../src/observation.ts'
import type { CheckResult } from '../src/result.ts'
import { run, type Settings } from '../src/run.ts'
import { checkOf, planOf, RETRY, worldOf } from './making.ts'

const SETTINGS: Settings = { deadline: 60_000, concurrency: 100, failFast: false, secrets: [] }
const OK = { kind: 'value', source: { part: 'exit-code' }, matcher: { op: 'eq', value: 0 } } as const

/** A check whose command is its name; the script below says what it does. */
function check(name: string, more: Partial<Check> = {}): Check {
  return checkOf({
    name,
    subject: { kind: 'command', argv: [name], env: {}, cwd: undefined },
    expectations: [OK],
    retry: { ...RETRY, attempts: 3, interval: 1_000, deadline: 30_000 },
    ...more,
  })
}

type Step = Partial<CommandFacts> & { readonly takes?: number; readonly throws?: Error }
/** What the attempts of each command give, the last for all that follow. */
type Script = Readonly<Record<string, readonly Step[]>>

async function play(plans: readonly CheckPlan[], script: Script, settings: Partial<Settings> = {}) {
  const clock = new VirtualClock(0)
  const cancelled = new AbortController()
  const made: string[] = []
  const attempts = new Map<string, number>()
  let underWay = 0
  let most = 0
  const observe = async ({ subject, timeout, signal }: Question): Promise<Observed<Observation>> => {
    const name = subject.kind === 'command' ? (subject.argv[0] ?? '') : ''
    made.push(`${clock.now()} ${name}`)
    const number = attempts.get(name) ?? 0
    attempts.set(name, number + 1)
    const steps = script[name] ?? [{}]
    const { takes = 0, throws, ...facts } = steps[Math.min(number, steps.length - 1)] ?? {}
    underWay += 1
    most = Math.max(most, underWay)
    try {
      await clock.sleep(Math.min(takes, timeout), signal)
    } finally {
      underWay -= 1
    }
    if (throws) throw throws
    if (takes > timeout) return { ok: false, failure: { kind: 'host', reason: 'too late' }, durationMs: timeout }
    return {
      ok: true,
      facts: { kind: 'command', facts: { exitCode: 0, stdout: '', stderr: '', ...facts } },
      durationMs: takes,
    }
  }
  const world = worldOf({ clock, signal: cancelled.signal, observe })
  const running = run(plans, { ...SETTINGS, ...settings }, world)
  return { clock, cancelled, made, world, running, most: () => most }
}

async function outcomes(plans: readonly CheckPlan[], script: Script, settings: Partial<Settings> = {}) {
  const played = await play(plans, script, settings)
  const { result, secrets } = await played.clock.run(played.running)
  return { ...played, result, secrets, checks: result.checks, told: result.checks.map(tell) }
}

const tell = ({ name, outcome, reason }: CheckResult) => `${name} ${outcome}${reason ? `: ${reason}` : ''}`
const BAD: Step = { exitCode: 1 }

describe('the checks of a run', () => {
  it('are made side by side, and told in the order in which they are written', async () => {
    const plans = ['a', 'b', 'c'].map(name => planOf(check(name)))
    const { told, result, checks } = await outcomes(plans, {
      a: [{ takes: 900 }],
      b: [{ takes: 100 }],
      c: [{ takes: 500 }],
    })
    expect(told).toEqual(['a passed', 'b passed', 'c passed'])
    expect(result.durationMs).toBe(900)
    expect(checks.map(({ startedMs, durationMs }) => [startedMs, durationMs])).toEqual([
      [0, 900],
      [0, 100],
      [0, 500],
    ])
  })

  it('are so many at once at most', async () => {
    const plans = Array.from({ length: 10 }, (_, index) => planOf(check(`c${index}`)))
    const script = Object.fromEntries(plans.map(({ name }) => [name, [{ takes: 100 }]]))
    const { most, result } = await outcomes(plans, script, { concurrency: 3 })
    expect(most()).toBe(3)
    expect(result.durationMs).toBe(400)
  })

  it('fail with the reasons of the last bad attempt, and tell every attempt', async () => {
    const { told, checks, world } = await outcomes([planOf(check('a'))], {
      a: [{ exitCode: 3, stderr: 'no database' }],
    })
    expect(told).toEqual(['a failed: the exit status is 3, not 0'])
    expect(checks[0]?.attempts).toHaveLength(3)
    expect(checks[0]?.attempts[2]).toMatchObject({ number: 3, ok: false, excerpt: 'no database' })
    // Not once for each attempt: it is the same all the time.
    expect(world.log.lines).toEqual(['info: a: attempt 1: the exit status is 3, not 0'])
  })

  it('fail when they wait for one whose failure is a warning only: nothing else would tell that they were not made', async () => {
    const plans = [
      planOf(check('a', { severity: 'warning' })),
      planOf(check('b'), ['a']),
      planOf(check('c', { severity: 'warning' }), ['a']),
      planOf(check('d'), ['b']),
    ]
    const { told } = await outcomes(plans, { a: [BAD] })
    expect(told.slice(1)).toEqual([
      'b failed: it needs "a", which did not pass',
      'c skipped: it needs "a", which did not pass',
      'd skipped: it needs "b", which did not pass',
    ])
  })

  it('pass after bad attempts', async () => {
    const { told, checks } = await outcomes([planOf(check('a'))], { a: [BAD, {}] })
    expect(told).toEqual(['a passed'])
    expect(checks[0]?.attempts.map(({ ok }) => ok)).toEqual([false, true])
  })

  it('say how near to enough good attempts they came', async () => {
    const retry = { ...RETRY, attempts: 3, successThreshold: 2, interval: 10 }
    const { told } = await outcomes([planOf(check('a', { retry }))], { a: [{}, BAD, {}, {}] })
    expect(told).toEqual(['a failed: the exit status is 1, not 0'])
    const late = await outcomes(
      [planOf(check('a', { retry: { ...retry, attempts: 9, interval: 700, deadline: 1_500 } }))],
      { a: [BAD, {}, BAD, {}] },
      {},
    )
    expect(late.told).toEqual(['a failed: the exit status is 1, not 0 (until its deadline of 1.5 s)'])
    const near = await outcomes(
      [planOf(check('a', { retry: { ...retry, attempts: 9, interval: 700, deadline: 1_000 } }))],
      { a: [BAD, {}] },
    )
    expect(near.told).toEqual([
      'a failed: 1 good attempt in a row, not 2; before: the exit status is 1, not 0 (until its deadline of 1.0 s)',
    ])
  })

  it('are not repeated when they cannot be made', async () => {
    const { told, checks } = await outcomes([planOf(check('a'))], {
      a: [{ throws: new CannotBeMade('has no server') }],
    })
    expect(told).toEqual(['a failed: has no server'])
    expect(checks[0]?.attempts).toHaveLength(1)
  })

  it('do not hide each other when one meets a bug of ours', async () => {
    const plans = [planOf(check('a')), planOf(check('b'))]
    const { told } = await outcomes(plans, { a: [{ throws: new TypeError('x is undefined') }] })
    expect(told).toEqual([
      'a failed: it failed in a way that is a bug of this action, please report it (x is undefined)',
      'b passed',
    ])
  })

  it('fail when they cannot be completed with what was captured', async () => {
    const plan = { ...planOf(check('a')), make: () => ({ ok: false, reason: 'its URL is none' }) as const }
    expect((await outcomes([plan], {})).told).toEqual(['a failed: its URL is none'])
  })
})

describe('what a check needs', () => {
  it('is made before it', async () => {
    const plans = [planOf(check('a')), planOf(check('b'), ['a']), planOf(check('c'), ['b', 'a'])]
    const { made, told } = await outcomes(plans, { a: [{ takes: 50 }], b: [{ takes: 50 }] })
    expect(told).toEqual(['a passed', 'b passed', 'c passed'])
    expect(made).toEqual(['0 a', '50 b', '100 c'])
  })

  it('leaves it out when it fails, and what needs that too', async () => {
    const plans = [planOf(check('a')), planOf(check('b'), ['a']), planOf(check('c'), ['b']), planOf(check('d'))]
    const { told } = await outcomes(plans, { a: [BAD] })
    expect(told).toEqual([
      'a failed: the exit status is 1, not 0',
      'b skipped: it needs "a", which did not pass',
      'c skipped: it needs "b", which did not pass',
      'd passed',
    ])
  })

  it('hands on what it captured, which is masked and never told', async () => {
    const login = check('login', { captures: [{ name: 'token', source: { part: 'json', path: '$.token' } }] })
    const given: string[] = []
    const user = planOf(check('user'), ['login'], captured => {
      const token = captured.get('token') ?? new Secret('')
      given.push(token.reveal())
      return check('user', { subject: { kind: 'command', argv: ['user', token.reveal()], env: {}, cwd: undefined } })
    })
    const { checks, world, secrets } = await outcomes([planOf(login), user], {
      login: [{ stdout: '{"token":"s3cr3t-token"}' }],
      user: [{ exitCode: 1, stdout: 'refused s3cr3t-token' }],
    })
    expect(given).toEqual(['s3cr3t-token'])
    expect(world.masked.map(secret => secret.reveal())).toContain('s3cr3t-token')
    expect(secrets.map(secret => secret.reveal())).toContain('s3cr3t-token')
    expect(JSON.stringify(checks) + world.log.text).not.toContain('s3cr3t-token')
    expect(checks[1]?.attempts[0]?.excerpt).toBe('refused ***')
  })

  it('has failed when there is nothing to capture', async () => {
    const login = check('login', { captures: [{ name: 'token', source: { part: 'json', path: '$.token' } }] })
    const { told } = await outcomes([planOf(login)], { login: [{ stdout: '{}' }] })
    expect(told).toEqual(['login failed: `token` cannot be captured: $.token is missing'])
  })
})

describe('the end of a run', () => {
  it('comes at its deadline, whatever the checks still want', async () => {
    const retry = { ...RETRY, attempts: 100, interval: 1_000, deadline: 600_000 }
    const plans = [planOf(check('a', { retry })), planOf(check('b', { retry, timeout: 60_000 })), planOf(check('c'))]
    const { told, result } = await outcomes(
      plans,
      { a: [BAD], b: [{ takes: 60_000 }] },
      { deadline: 5_500, concurrency: 2 },
    )
    expect(result.durationMs).toBe(5_500)
    expect(told).toEqual([
      'a failed: the exit status is 1, not 0 (until the deadline of all checks)',
      'b failed: too late (until the deadline of all checks)',
      'c passed',
    ])
  })

  it('is told as that of all checks where a check has none of its own', async () => {
    const plan = planOf(check('a', { retry: { ...RETRY, attempts: 100, interval: 1_000, deadline: 5_500 } }))
    const { told } = await outcomes([plan], { a: [BAD] }, { deadline: 5_500 })
    expect(told).toEqual(['a failed: the exit status is 1, not 0 (until the deadline of all checks)'])
  })

  it('hides no cause behind a last attempt that it cuts', async () => {
    const slow = check('slow', { retry: { ...RETRY, attempts: 9, interval: 1_000, deadline: 3_500 } })
    const { told, checks } = await outcomes([planOf(slow)], { slow: [{ ...BAD, takes: 1_000 }, { takes: 9_000 }] })
    expect(told).toEqual(['slow failed: the exit status is 1, not 0 (until its deadline of 3.5 s)'])
    expect(checks[0]?.attempts.map(({ isCut }) => isCut)).toEqual([undefined, true])
  })

  it('fails what was never made', async () => {
    const plans = [planOf(check('a', { timeout: 60_000 })), planOf(check('b'))]
    const { told } = await outcomes(plans, { a: [{ takes: 60_000 }] }, { deadline: 5_000, concurrency: 1 })
    expect(told[1]).toBe('b failed: the deadline of all checks was over before the first attempt')
  })

  it('comes with the first failure when that is wanted', async () => {
    const slow = check('slow', { retry: { ...RETRY, attempts: 100, interval: 700 } })
    const plans = [planOf(slow), planOf(check('bad')), planOf(check('later'), ['slow'])]
    const { told, result } = await outcomes(plans, { slow: [BAD], bad: [BAD] }, { failFast: true })
    expect(told).toEqual([
      'slow skipped: stopped, since "bad" failed (fail-fast); until then: the exit status is 1, not 0',
      'bad failed: the exit status is 1, not 0',
      'later skipped: it needs "slow", which did not pass',
    ])
    expect(result.durationMs).toBe(2_000)
  })

  it('does not come with a failure that is only told', async () => {
    const plans = [planOf(check('bad', { severity: 'warning' })), planOf(check('slow'))]
    const { told } = await outcomes(plans, { bad: [BAD], slow: [{ takes: 5_000 }] }, { failFast: true })
    expect(told[1]).toBe('slow failed: too late')
    const patient = await outcomes([planOf(check('slow', { timeout: 9_000 }))], { slow: [{ takes: 5_000 }] })
    expect(patient.told).toEqual(['slow passed'])
  })

  it('comes at once when it is cancelled, and tells what was seen until then', async () => {
    const plans = [
      planOf(check('a', { retry: { ...RETRY, attempts: 100, interval: 1_000 } })),
      planOf(check('b'), ['a']),
    ]
    const { clock, cancelled, running } = await play(plans, { a: [BAD] })
    const cancelling = clock.sleep(3_500).then(() => cancelled.abort(new Error('SIGINT')))
    const { result } = await clock.run(running)
    await cancelling
    expect(result.durationMs).toBe(3_500)
    expect(result.checks.map(tell)).toEqual([
      'a failed: the run was cancelled; until then: the exit status is 1, not 0',
      'b skipped: it needs "a", which did not pass',
    ])
    expect(result.checks[0]?.attempts).toHaveLength(4)
  })

  it('comes before the beginning when it was cancelled already', async () => {
    const { clock, cancelled, running } = await play([planOf(check('a'))], {})
    cancelled.abort(new Error('SIGINT'))
    const { result } = await clock.run(running)
    expect(result.checks.map(tell)).toEqual(['a skipped: the run was cancelled'])
  })
})

describe('secrets', () => {
  it('are in nothing that is told, in whatever form they come back', async () => {
    const password = new Secret('hunter2-hunter2')
    const plans = [planOf(check('a', { secrets: [password] }))]
    const encoded = Buffer.from('user:hunter2-hunter2').toString('base64')
    const { checks, world, secrets } = await outcomes(
      plans,
      {
        a: [
          { exitCode: 1, stderr: `hunter2-hunter2 ${encoded} ${encodeURIComponent('hunter2-hunter2')} key-of-input` },
        ],
      },
      { secrets: [new Secret('key-of-input')] },
    )
    expect(JSON.stringify(checks) + world.log.text).not.toMatch(/hunter2|key-of-input/)
    expect(world.masked).toContain(password)
    expect(secrets).toHaveLength(2)
  })

  it('are cut out before an output is cut, and outputs are short', async () => {
    const secret = new Secret('0123456789abcdef')
    const stderr = `${'x'.repeat(10_000)}0123456789abcdef${'y'.repeat(495)}`
    const { checks } = await outcomes([planOf(check('a', { secrets: [secret] }))], { a: [{ exitCode: 1, stderr }] })
    const excerpt = checks[0]?.attempts[0]?.excerpt ?? ''
    expect(excerpt.length).toBeLessThanOrEqual(500)
    expect(excerpt).not.toMatch(/[0-9a-f]{2}/)
  })
})
