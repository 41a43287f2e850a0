import type { Service } from '@deploy-actions/core/compose/config'
import type { ContainerState } from '@deploy-actions/core/compose/containers'
import { judge, type Look } from '@deploy-actions/core/compose/judge'
import { describe, expect, it } from '@jest/globals'

const NOW = Date.UTC(2026, 0, 1)
const ago = (seconds: number) => NOW - seconds * 1_000

const service = (name: string, parts: Partial<Service> = {}): Service => ({
  name,
  image: `acme/${name}`,
  build: false,
  profiles: [],
  replicas: 1,
  restart: 'no',
  isJob: false,
  hasHealthcheck: false,
  stopGraceMs: 10_000,
  bindMounts: [],
  provided: [],
  volumes: [],
  ports: [],
  hasLogLimits: true,
  hasPredictableHash: true,
  dependsOn: [],
  xDeploy: {},
  ...parts,
})

/** A container that has been running for a minute, without a healthcheck. */
const container = (name: string, parts: Partial<ContainerState> = {}): ContainerState => ({
  id: `id of ${name}-${parts.number ?? 1}`,
  name: `shop-${name}-${parts.number ?? 1}`,
  service: name,
  number: 1,
  oneoff: false,
  imageId: 'sha256:1',
  imageRef: `acme/${name}`,
  state: 'running',
  exitCode: 0,
  health: undefined,
  healthLog: [],
  healthySince: undefined,
  restartCount: 0,
  restartPolicy: 'no',
  createdAt: ago(61),
  startedAt: ago(60),
  finishedAt: undefined,
  seenAt: NOW,
  oomKilled: false,
  error: '',
  configHash: '',
  workingDir: '/opt/shop',
  configFiles: [],
  labels: {},
  ...parts,
})

const healthy = { health: 'healthy', healthySince: ago(20) } as const
const starting = { health: 'starting', startedAt: ago(2) } as const
const crashing = {
  state: 'restarting',
  restartPolicy: 'always',
  exitCode: 1,
  restartCount: 3,
  startedAt: ago(2),
} as const
const ended = (exitCode: number) => ({ state: 'exited', exitCode, finishedAt: ago(1) }) as const

const look = (services: Service[], containers: ContainerState[], parts: Partial<Look> = {}): Look => ({
  services,
  containers,
  elapsed: 5_000,
  timeout: 60_000,
  ...parts,
})

const oneService: [string, Partial<Service>, Partial<ContainerState>[], string, string][] = [
  // Running.
  ['one that runs', {}, [{}], 'healthy', 'web: running, without a healthcheck'],
  ['one that is healthy', {}, [healthy], 'healthy', 'web: healthy'],
  ['one that starts', {}, [starting], 'waiting', 'web: container shop-web-1 is starting'],
  [
    'one that is unhealthy',
    {},
    [{ health: 'unhealthy', healthLog: ['refused', 'gave up'] }],
    'unhealthy',
    'web: container shop-web-1 is unhealthy: the last probe said "refused ⏎ gave up"',
  ],
  // Replicas.
  ['none at all', {}, [], 'waiting', 'web: has no container'],
  ['two of three', { replicas: 3 }, [{ number: 1 }, { number: 2 }], 'waiting', 'web: has 2 of 3 containers'],
  [
    'three of three',
    { replicas: 3 },
    [{ number: 1 }, { number: 2 }, { number: 3 }],
    'healthy',
    'web: 3 containers running, without a healthcheck',
  ],
  [
    'three of which two are dead',
    { replicas: 3 },
    [{ number: 1 }, { number: 2, ...ended(9) }, { number: 3, ...ended(9) }],
    'unhealthy',
    'web: container shop-web-2 exits with 9',
  ],
  ['a run by hand beside it', {}, [{}, { oneoff: true, ...ended(1) }], 'healthy', 'running'],
  // Ended.
  ['one that failed', {}, [ended(1)], 'unhealthy', 'web: container shop-web-1 exits with 1'],
  ['one without its command', {}, [ended(127)], 'unhealthy', 'exits with 127 (its command was not found)'],
  ['one without memory', {}, [{ ...ended(137), oomKilled: true }], 'unhealthy', 'exits with 137 (out of memory)'],
  [
    'one that used up its tries',
    {},
    [{ ...ended(1), restartPolicy: 'on-failure', restartCount: 5 }],
    'unhealthy',
    'exits with 1, after 5 restarts',
  ],
  ['a task that is done', {}, [ended(0)], 'healthy', 'web: completed'],
  ['a task that is done, after a try', {}, [{ ...ended(0), restartPolicy: 'on-failure' }], 'healthy', 'completed'],
  [
    'one with a port that ended with 0',
    { ports: [{ target: 80, published: '80', protocol: 'tcp' }] },
    [ended(0)],
    'unhealthy',
    'has ended (exit status 0), but it should stay',
  ],
  ['one with a healthcheck that ended with 0', {}, [{ ...ended(0), health: 'starting' }], 'unhealthy', 'should stay'],
  [
    'a job with a healthcheck of its image that ended with 0',
    { isJob: true },
    [{ ...ended(0), health: 'unhealthy' }],
    'healthy',
    'web: completed',
  ],
  [
    'a job with a healthcheck of its image that still works',
    { isJob: true },
    [{ health: 'unhealthy' }],
    'waiting',
    'has not finished its task yet',
  ],
  [
    'a job with a healthcheck of its own',
    { isJob: true, hasHealthcheck: true },
    [{ health: 'unhealthy' }],
    'unhealthy',
    'is unhealthy',
  ],
  [
    'a job with a healthcheck of its own that ended with 0',
    { isJob: true, hasHealthcheck: true },
    [{ ...ended(0), health: 'starting' }],
    'unhealthy',
    'should stay',
  ],
  [
    'a job with a port that ended with 0',
    { isJob: true, ports: [{ target: 80, published: '80', protocol: 'tcp' }] },
    [ended(0)],
    'unhealthy',
    'should stay',
  ],
  ['a job that failed', { isJob: true }, [{ ...ended(1), health: 'unhealthy' }], 'unhealthy', 'exits with 1'],
  [
    'one that somebody stopped',
    {},
    [{ ...ended(143), restartPolicy: 'unless-stopped' }],
    'waiting',
    'is stopped (it exits with 143 (terminated))',
  ],
  // Crashing.
  [
    'a second start',
    {},
    [{ ...crashing, restartCount: 1 }],
    'waiting',
    'exits with 1 and is started again (1 restart)',
  ],
  ['a crash loop', {}, [crashing], 'unhealthy', 'web: container shop-web-1 exits with 1 again and again (3 restarts)'],
  [
    'a crash loop between two crashes',
    {},
    [{ restartCount: 4, restartPolicy: 'always', startedAt: ago(3) }],
    'waiting',
    'runs again after 4 restarts',
  ],
  ['one that crashed once and runs since', {}, [{ restartCount: 1, startedAt: ago(30) }], 'healthy', 'running'],
  ['one that is healthy for the moment', {}, [{ ...healthy, restartCount: 2, startedAt: ago(4) }], 'waiting', 'again'],
  // Not started.
  ['one that is only created', {}, [{ state: 'created' }], 'waiting', 'was created but is not started'],
  [
    'one that cannot start',
    {},
    [{ state: 'created', error: 'exec: "/nope": no such file' }],
    'unhealthy',
    'could not be started: exec: "/nope"',
  ],
  [
    'a leftover beside it',
    {},
    [{}, { id: 'x', name: '0123456789ab_shop-web-1', state: 'created' }],
    'waiting',
    'container 0123456789ab_shop-web-1 was created but is not started',
  ],
  ['one that is paused', {}, [{ state: 'paused' }], 'waiting', 'is paused'],
  ['one that is dead', {}, [{ state: 'dead' }], 'waiting', 'is dead'],
  ['one on its way out', {}, [{ state: 'removing' }], 'waiting', 'is being removed'],
]

describe('judge', () => {
  it.each(oneService)('judges %s', (_, definition, states, verdict, reason) => {
    const judgement = judge(
      look(
        [service('web', definition)],
        states.map(state => container('web', state)),
      ),
    )
    expect(judgement.verdict).toBe(verdict)
    expect(judgement.services).toMatchObject([{ service: 'web', verdict, reason: expect.stringContaining(reason) }])
  })

  it.each([
    ['a service that is not required', service('web', { xDeploy: { required: false } }), [ended(1)]],
    ['a service scaled to none', service('web', { replicas: 0 }), []],
  ])('expects nothing of %s', (_, definition, states) => {
    expect(
      judge(
        look(
          [definition],
          states.map(state => container('web', state)),
        ),
      ),
    ).toStrictEqual({
      verdict: 'healthy',
      services: [],
    })
  })

  it.each([
    ['is unhealthy', [container('web', { health: 'unhealthy' })], 'unhealthy'],
    ['has no container', [], 'waiting'],
  ] as const)('judges a service of an active profile as any other: one that %s', (_, containers, verdict) => {
    expect(judge(look([service('web', { profiles: ['tools'] })], [...containers])).verdict).toBe(verdict)
  })

  it('gives the worst verdict, and the container that it is about', () => {
    const services = ['a', 'b', 'c'].map(name => service(name))
    const containers = [container('a'), container('b', starting), container('c', ended(1))]
    const judgement = judge(look(services, containers))
    expect(judgement.verdict).toBe('unhealthy')
    expect(judgement.services.map(({ verdict }) => verdict)).toStrictEqual(['healthy', 'waiting', 'unhealthy'])
    expect(judgement.services[2]?.container).toBe('shop-c-1')
  })
})

describe('judge, of dependencies', () => {
  const waiter = (condition: Service['dependsOn'][number]['condition']) =>
    service('app', { dependsOn: [{ service: 'task', condition }] })

  it.each([
    ['service_completed_successfully', ended(0), 'healthy', 'completed'],
    ['service_completed_successfully', {}, 'waiting', 'has not finished its task yet'],
    ['service_started', ended(0), 'healthy', 'completed'],
    ['service_healthy', { ...ended(0), health: 'healthy' }, 'unhealthy', 'should stay'],
  ] as const)('with %s', (condition, state, verdict, reason) => {
    const judgement = judge(look([service('task'), waiter(condition)], [container('task', state), container('app')]))
    expect(judgement.services[0]).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  })

  it('takes a job that others waited for until it was healthy for done when it has ended', () => {
    const setup = service('task', { isJob: true, hasHealthcheck: true })
    const containers = [container('task', { ...ended(0), health: 'unhealthy' }), container('app')]
    expect(judge(look([setup, waiter('service_healthy')], containers)).verdict).toBe('healthy')
    // Also without any restart policy, but not where something else speaks for a server.
    const verdictOf = (parts: Partial<Service>) =>
      judge(look([service('task', { hasHealthcheck: true, ...parts }), waiter('service_healthy')], containers)).verdict
    expect(verdictOf({ restart: 'no' })).toBe('healthy')
    expect(verdictOf({ restart: 'unless-stopped' })).toBe('unhealthy')
    expect(verdictOf({ restart: 'no', ports: [{ target: 80, protocol: 'tcp' }] })).toBe('unhealthy')
    expect(verdictOf({ restart: 'no', hasHealthcheck: false })).toBe('unhealthy')
  })

  it.each([
    ['while another service is starting', starting, 'waiting'],
    ['when the other was ready after the last run began', { ...healthy, healthySince: ago(1) }, 'waiting'],
    ['when the other was ready before the last run began', { ...healthy, healthySince: ago(3) }, 'unhealthy'],
    ['just after a start of another without a healthcheck', { startedAt: ago(8) }, 'waiting'],
    ['long after a start of another without a healthcheck', { startedAt: ago(30) }, 'unhealthy'],
    ['when the other is in a crash loop too', crashing, 'unhealthy'],
    ['when the other waits to be started', { state: 'created' }, 'unhealthy'],
  ] as const)('judges a crash loop %s', (_, state, verdict) => {
    const judgement = judge(look([service('web'), service('db')], [container('web', crashing), container('db', state)]))
    expect(judgement.services[0]?.verdict).toBe(verdict)
  })
})

describe('judge, at a second look', () => {
  const before = container('web', { restartCount: 1, startedAt: ago(60) })

  it.each([
    ['the same run', before, 'healthy'],
    ['a restart', { ...before, restartCount: 2, startedAt: ago(11) }, 'waiting'],
    ['a start by hand', { ...before, startedAt: ago(11) }, 'waiting'],
    ['another container', { ...before, id: 'other' }, 'waiting'],
  ])('finds %s', (_, now, verdict) => {
    const judgement = judge(look([service('web')], [now], { previous: [before] }))
    expect(judgement.verdict).toBe(verdict)
  })
})

describe('judge, when the time is up', () => {
  const verdict = (definition: Partial<Service>, states: Partial<ContainerState>[], elapsed: number, timeout: number) =>
    judge(
      look(
        [service('web', definition)],
        states.map(state => container('web', state)),
        { elapsed, timeout },
      ),
    ).services[0]

  it.each([
    [
      [starting],
      'web: container shop-web-1 never became healthy: its healthcheck has not passed and says nothing (after 60 s)',
    ],
    [[{ ...starting, healthLog: ['no'] }], 'never became healthy: the last probe said "no" (after 60 s)'],
    [[{ ...starting, restartCount: 2 }], 'ends again and again before it becomes healthy (2 restarts)'],
    [[{ ...crashing, restartCount: 1 }], 'exits with 1 again and again (1 restart)'],
    [[{ restartCount: 9, startedAt: ago(3) }], 'ends again and again (9 restarts)'],
    [[], 'web: has no container (after 60 s)'],
    [[{ state: 'created' }], 'was created but is not started (after 60 s)'],
  ] as const)('takes %j for sick', (states, reason) => {
    const found = verdict({}, [...states], 60_000, 60_000)
    expect(found).toMatchObject({
      verdict: 'unhealthy',
      reason: expect.stringContaining(reason.replace('60 s', '1 m')),
    })
  })

  it('keeps to the limit of the service, and of all', () => {
    const quick = { xDeploy: { readyWithin: 10_000 } }
    expect(verdict(quick, [starting], 9_999, 60_000)?.verdict).toBe('waiting')
    expect(verdict(quick, [starting], 10_000, 60_000)?.verdict).toBe('unhealthy')
    expect(verdict({ xDeploy: { readyWithin: 600_000 } }, [starting], 60_000, 60_000)?.verdict).toBe('unhealthy')
  })

  it('judges by one look when there is no time', () => {
    expect(verdict({}, [{}], 0, 0)?.verdict).toBe('healthy')
    expect(verdict({}, [starting], 0, 0)?.reason).toBe(
      'web: container shop-web-1 never became healthy: its healthcheck has not passed and says nothing',
    )
  })

  it('cuts what a probe said', () => {
    expect(verdict({}, [{ health: 'unhealthy', healthLog: ['x'.repeat(999)] }], 0, 1)?.reason.length).toBeLessThan(400)
  })
})
