import { readFileSync } from 'node:fs'
import { parseComposeConfig } from '@deploy-actions/core/compose/config'
import { parseContainers } from '@deploy-actions/core/compose/containers'
import { judge } from '@deploy-actions/core/compose/judge'
import { describe, expect, it } from '@jest/globals'

/** What the server's program printed 9 s after `up` of a project with a service of each kind. */
const recorded = ['20.10.24', '26.1.5'] as const
const printedBy = (version: string) =>
  readFileSync(new URL(`fixtures/containers/docker-${version}.txt`, import.meta.url), 'utf8')

describe.each(recorded)('parseContainers on the output of Docker %s', version => {
  const containers = parseContainers(printedBy(version))
  const named = (name: string) => containers.find(container => container.name === name)

  it('reads every container, in order', () => {
    expect(
      containers.map(({ name, state, exitCode, health, restartPolicy }) => [
        name,
        state,
        exitCode,
        health,
        restartPolicy,
      ]),
    ).toStrictEqual([
      ['t1-crash-1', 'restarting', 3, undefined, 'always'],
      ['t1-fail-1', 'exited', 1, undefined, 'no'],
      ['t1-good-1', 'running', 0, 'healthy', 'no'],
      ['t1-nocmd-1', 'created', 127, undefined, 'no'],
      ['t1-once-1', 'exited', 0, undefined, 'on-failure'],
      ['t1-web-1', 'running', 0, 'unhealthy', 'always'],
      ['t1-web-2', 'running', 0, 'unhealthy', 'always'],
    ])
  })

  it('reads what Compose and the engine tell of one', () => {
    const web = named('t1-web-2')
    expect(web).toMatchObject({ service: 'web', number: 2, oneoff: false, imageRef: 'busybox', error: '' })
    expect(web).toMatchObject({
      workingDir: '/opt/t1',
      configFiles: ['/opt/t1/compose.yml'],
      healthLog: ['probe says hi'],
    })
    expect(web?.id).toMatch(/^[0-9a-f]{64}$/)
    expect(web?.imageId).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(web?.configHash).toMatch(/^[0-9a-f]{64}$/)
    expect(web?.finishedAt).toBeUndefined()
    expect(named('t1-nocmd-1')?.error).toContain('exec: "/nope"')
    expect(named('t1-nocmd-1')?.startedAt).toBeUndefined()
  })

  it('reads times by the clock of the server', () => {
    const { seenAt = 0, startedAt = 0, createdAt = 0, healthySince = 0 } = named('t1-good-1') ?? {}
    expect(seenAt - startedAt).toBeGreaterThan(5_000)
    expect(startedAt).toBeGreaterThan(createdAt)
    expect(healthySince).toBeGreaterThan(startedAt)
    expect(named('t1-web-1')?.healthySince).toBeUndefined()
  })

  it('gives the judge what it needs', () => {
    const services = ['crash', 'fail', 'good', 'nocmd', 'once', 'web'].map(name => [
      name,
      { scale: name === 'web' ? 2 : 1 },
    ])
    const config = parseComposeConfig(JSON.stringify({ name: 't1', services: Object.fromEntries(services) }))
    const judgement = judge({ services: config.services, containers, elapsed: 9_000, timeout: 60_000 })
    expect(
      judgement.services.map(({ verdict, reason }) => `${verdict}: ${reason.replace(/failed .*: exec/, 'exec')}`),
    ).toStrictEqual([
      'unhealthy: crash: container t1-crash-1 exits with 3 again and again (7 restarts)',
      'unhealthy: fail: container t1-fail-1 exits with 1',
      'healthy: good: healthy',
      'unhealthy: nocmd: container t1-nocmd-1 could not be started: exec: "/nope": stat /nope: no such file or directory: unknown',
      'healthy: once: completed',
      'unhealthy: web: container t1-web-1 is unhealthy: the last probe said "probe says hi"',
    ])
  })
})

describe('parseContainers', () => {
  it('reads no output as no containers', () => {
    expect(parseContainers('')).toStrictEqual([])
  })

  it('tells runs by hand from services', () => {
    const line = { id: 'a', name: '/x', labels: { 'com.docker.compose.oneoff': 'True' }, status: 'exited' }
    expect(parseContainers(`2026-01-01T00:00:00Z\n${JSON.stringify(line)}\n`)[0]?.oneoff).toBe(true)
  })
})
