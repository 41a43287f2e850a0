import { parseComposeConfig } from '@deploy-actions/core/compose/config'
import type { HealthOptions } from '@deploy-actions/core/deploy/options'
import { withProject } from '@deploy-actions/core/deploy/project'
import { evidenceAfterStart, isUnchanged, verifyRelease } from '@deploy-actions/core/deploy/verify'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LockLost } from '@deploy-actions/core/release/program-failure'
import type { ServiceRecord } from '@deploy-actions/core/release/record'
import type { ProgramAnswer, ProgramCall } from '@deploy-actions/testkit/fake-program'
import { describe, expect, it } from '@jest/globals'
import { type ContainerParts, containerJson, release } from '../release/examples.ts'
import { type FakeServer, fakeServer, projectOptions } from './fake-project.ts'

const target = release(1)
const { services } = parseComposeConfig('{"name":"shop","services":{"web":{"image":"acme/web:v1"}}}\n---\n')
const withJob = parseComposeConfig(
  '{"name":"shop","services":{"web":{"image":"acme/web:v1"},"job":{"image":"job","restart":"on-failure"}}}\n---\n',
).services
const DOWN = { status: 1, stderr: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' }
const health: HealthOptions = { waitTimeout: 10_000, stableFor: 5_000, url: undefined }

function inspection(containers: readonly ContainerParts[], more: ProgramAnswer['sections'] = {}): ProgramAnswer {
  const lines = ['2026-01-01T00:01:00Z', ...containers.map(containerJson)]
  return { sections: { differences: '', hashes: 'web hash-web', ...more, project: 'shop', containers: lines } }
}

const logs = (call: ProgramCall): ProgramAnswer => ({ sections: { [call.args[1] ?? '']: 'cannot read settings.json' } })

function verifying(looks: readonly ProgramAnswer[], more: Partial<FakeServer['context']> = {}, options = health) {
  const server = fakeServer({ verify: looks, logs })
  const context = { ...server.context, ...more }
  const result = withProject(projectOptions, context, project =>
    verifyRelease(target, services, options, project, context),
  )
  return { ...server, result }
}

describe('verifyRelease', () => {
  it('inspects twice, compares the files at the second inspection, and waits in between', async () => {
    const { result, clock, programs } = verifying([inspection([{}])])
    expect(await result).toBeUndefined()
    expect(programs[0]?.callsOf('verify').map(({ args }) => args)).toEqual([['none', 'shop'], ['r1']])
    expect(clock.sleeps).toEqual([5_000])
  })

  it.each<[string, ContainerParts, number[]]>([
    [
      'waits until a container has run for 5 s, though its healthcheck has passed',
      { health: 'healthy', startedAt: '2026-01-01T00:00:59Z' },
      [4_000],
    ],
    ['waits until a container without a healthcheck has run for 5 s', { startedAt: '2026-01-01T00:00:57Z' }, [2_000]],
    ['waits for none that has run for longer', {}, []],
    ['waits for the whole time where the start is not known', { startedAt: '' }, [5_000]],
    ['does not take a clock that runs behind for a longer wait', { startedAt: '2026-01-01T00:02:00Z' }, [5_000]],
  ])('%s, unless a time was chosen', async (_, parts, sleeps) => {
    const looks = [inspection([parts])]
    const left = verifying(looks, {}, { ...health, stableFor: undefined })
    expect([await left.result, left.clock.sleeps]).toEqual([undefined, sleeps])
    const chosen = verifying(looks)
    expect([await chosen.result, chosen.clock.sleeps]).toEqual([undefined, [5_000]])
  })

  it('waits for a service that is starting', async () => {
    const starting = inspection([{ health: 'starting' }])
    const { result, clock, log } = verifying([starting, starting, inspection([{ health: 'healthy' }])])
    expect(await result).toBeUndefined()
    expect(clock.sleeps).toEqual([1_000, 1_000, 5_000])
    expect(log.text).toContain('web: container shop-web-1 is starting')
  })

  it('reports an unhealthy service with its last log lines', async () => {
    const { result } = verifying([inspection([{ health: 'unhealthy' }])])
    expect(await result).toMatchObject({
      kind: 'unhealthy',
      reason: expect.stringContaining('web: container shop-web-1 is unhealthy'),
      next: expect.stringContaining('`healthcheck: { disable: true }`'),
      evidence: [{ title: 'Last log lines of shop-web-1', lines: ['cannot read settings.json'] }],
    })
  })

  it('keeps its verdict when the logs cannot be read', async () => {
    const { context } = fakeServer({ verify: inspection([{ health: 'unhealthy' }]), logs: { status: 1 } })
    const found = await withProject(projectOptions, context, project =>
      verifyRelease(target, services, health, project, context),
    )
    expect(found).toMatchObject({ kind: 'unhealthy', evidence: [{ lines: ['(it wrote nothing)'] }] })
  })

  it.each<[string, ProgramAnswer, string]>([
    ['another image', inspection([{ imageId: 'sha256:other' }]), 'shop-web-1 runs other, not v1 (acme/web:v1)'],
    ['another .env', inspection([{}], { differences: 'changed .env' }), '.env (changed)'],
    ['a file that should be gone', inspection([{}], { differences: 'extra old.conf' }), 'old.conf (extra)'],
  ])('reports %s as not exact', async (_, second, text) => {
    expect(await verifying([inspection([{}]), second]).result).toMatchObject({
      kind: 'inexact',
      reason: expect.stringContaining(text),
    })
  })

  it('names a path that it cannot read, and does not count it', async () => {
    const { result, log } = verifying([inspection([{}], { differences: 'unreadable data/x' })])
    expect(await result).toBeUndefined()
    expect(log.text).toContain('no permission to read them: data/x')
  })

  it('only warns of a configuration hash, since `up` has just compared it', async () => {
    const { result, log } = verifying([inspection([{}], { hashes: 'web other' })])
    expect(await result).toBeUndefined()
    expect(log.text).toContain('warning: Configuration hash differs: shop-web-1 has another configuration')
  })

  it('starts the release again, once, when a container was stopped', async () => {
    const stopped = inspection([{ status: 'exited' }])
    const { context, log } = fakeServer({ verify: [stopped, stopped, inspection([{}])], logs })
    const starts: string[] = []
    const startAgain = async () => void starts.push('start')
    const verified = withProject(projectOptions, context, project =>
      verifyRelease(target, services, health, project, context, startAgain),
    )
    expect([await verified, starts]).toEqual([undefined, ['start']])
    expect(log.text).toContain('shop-web-1 is stopped, and the engine does not start a stopped container again')
  })

  it.each<[string, ContainerParts, ContainerParts, string[]]>([
    ['starts again a service', {}, { restartPolicy: 'on-failure' }, ['start']],
    ['starts again a service that does not restart', {}, { restartPolicy: 'no', exitCode: 143 }, ['start']],
    ['leaves a job', { status: 'exited' }, { restartPolicy: 'on-failure' }, []],
    ['leaves a job', { startedAt: '2026-01-01T00:00:10Z' }, { restartPolicy: 'on-failure' }, []],
  ])('%s that ran before the engine went, and not one that had ended: %j, %j', async (_, before, after, expected) => {
    const restartPolicy = 'on-failure'
    const looks = [
      inspection([
        { restartPolicy, health: 'starting' },
        { service: 'job', restartPolicy, ...before },
      ]),
      DOWN,
      inspection([{ restartPolicy }, { service: 'job', status: 'exited', ...after }]),
      inspection([{ restartPolicy }, { service: 'job', restartPolicy }]),
    ]
    const { context } = fakeServer({ verify: looks, logs })
    const starts: string[] = []
    const verified = withProject(projectOptions, context, project =>
      verifyRelease(target, withJob, health, project, context, async () => void starts.push('start')),
    )
    await verified
    expect(starts).toEqual(expected)
  })

  it('waits while the engine does not respond, up to the limit', async () => {
    expect(await verifying([DOWN, DOWN, inspection([{}])]).result).toBeUndefined()
    await expect(verifying([DOWN]).result).rejects.toMatchObject({ title: expect.stringContaining('Docker engine') })
  })

  it('reports a full disk, on which nothing can be compared', async () => {
    const full = { status: 1, stderr: 'printf: I/O error\nno space left on device: /opt/shop/.deploy' }
    expect(await verifying([inspection([{}]), full]).result).toMatchObject({
      kind: 'disk',
      reason: expect.stringContaining('no space left'),
    })
  })

  it('requests the URL as often as it may, and names it without its secrets', async () => {
    const url = {
      url: new URL('http://u:p@h/?t=s'),
      name: 'http://h/?t=…',
      from: 'server',
      attempts: 3,
      interval: 100,
    } as const
    const answers = ['503', '503', undefined]
    const good = verifying([inspection([{}])], { probe: async () => answers.shift() }, { ...health, url })
    expect(await good.result).toBeUndefined()
    expect(good.clock.sleeps).toEqual([5_000, 100, 100])
    const bad = await verifying([inspection([{}])], { probe: async () => '503' }, { ...health, url }).result
    expect(bad).toMatchObject({ kind: 'url', reason: 'http://h/?t=… did not respond as expected in 3 attempts: 503' })
  })
})

describe('isUnchanged', () => {
  const unchanged = (look: ProgramAnswer) => {
    const { context } = fakeServer({ verify: look })
    return withProject(projectOptions, context, project => isUnchanged(target, services, project))
  }

  it.each<[boolean, string, ProgramAnswer]>([
    [true, 'the same runs and is healthy', inspection([{ health: 'healthy' }])],
    [false, 'it is unhealthy', inspection([{ health: 'unhealthy' }])],
    [false, 'it is stopped', inspection([{ status: 'exited' }])],
    [false, 'the .env on the server gives another configuration', inspection([{}], { hashes: 'web other' })],
    [false, 'a file differs', inspection([{}], { differences: 'changed a' })],
  ])('is %s when %s', async (expected, _, look) => {
    expect(await unchanged(look)).toBe(expected)
  })
})

describe('verifyRelease of an adopted release', () => {
  const compose = '{"name":"shop","services":{"web":{"image":"acme/web:v1"},"worker":{"image":"w"}}}\n---\n'
  const both = parseComposeConfig(compose).services
  const verified = (adopted: boolean, ...containers: readonly ContainerParts[]) => {
    const { context } = fakeServer({ verify: inspection(containers), logs })
    return withProject(projectOptions, context, project =>
      verifyRelease(release(1, { adopted }), both, health, project, context),
    )
  }

  it('expects only the services that ran then', async () => {
    expect(await verified(true, {})).toBeUndefined()
    expect(await verified(false, {})).toMatchObject({ kind: 'unhealthy' })
  })

  it('accepts the service that was not healthy when it was adopted, in whatever state it is now', async () => {
    const [web] = release(1).services
    const worker = { ...web, name: 'worker', image: 'w', imageId: 'sha256:w', pin: 'w', found: 'exited (1)' }
    const adopted = release(1, { adopted: true, services: [...release(1).services, worker as ServiceRecord] })
    const failing = { service: 'worker', imageId: 'sha256:w', status: 'exited', health: 'unhealthy' }
    const { context } = fakeServer({ verify: inspection([{}, failing]), logs })
    const found = withProject(projectOptions, context, project =>
      verifyRelease(adopted, both, health, project, context),
    )
    expect(await found).toBeUndefined()
  })

  it('allows a service of its compose file that Compose started with them, and no other', async () => {
    expect(await verified(true, {}, { service: 'worker' })).toBeUndefined()
    expect(await verified(true, {}, { service: 'other' })).toMatchObject({ kind: 'inexact' })
  })
})

describe('evidenceAfterStart', () => {
  const evidence = (prepare: Parameters<typeof fakeServer>[2], verify: ProgramAnswer) => {
    const { context } = fakeServer({ verify, logs }, undefined, prepare)
    return withProject(projectOptions, context, project => evidenceAfterStart(target, services, project))
  }

  it('is nothing when it cannot be collected, so that the rollback goes on', async () => {
    expect(await evidence(undefined, { status: 1, stderr: 'Cannot connect to the Docker daemon' })).toEqual({
      evidence: [],
    })
  })

  it('reports a lost connection and a lost lock', async () => {
    await expect(evidence(undefined, { status: 75 })).rejects.toThrow(LockLost)
    await expect(evidence(host => host.failAt(3, 'lost-before'), {})).rejects.toThrow(ConnectionLost)
  })
})
