import { type Project, surveyProject, withProject } from '@deploy-actions/core/deploy/project'
import type { Pending } from '@deploy-actions/core/release/pending'
import { LockLost } from '@deploy-actions/core/release/program-failure'
import type { FakeHost } from '@deploy-actions/testkit/fake-host'
import { describe, expect, it } from '@jest/globals'
import { release } from '../release/examples.ts'
import { type FakeServer, fakeServer, projectOptions, storeSections } from './fake-project.ts'

const pending = (owner: string): Pending => ({
  owner,
  target: 'r1',
  rollbackTarget: '',
  phase: 'started',
  confirm: 'none',
  confirmTimeout: 0,
  wallDeadline: 0,
  attempts: 0,
})

const within = (server: FakeServer, work: (project: Project) => Promise<unknown>) =>
  withProject(projectOptions, server.context, work)

describe('surveyProject', () => {
  it('takes the time of the server', async () => {
    const { context, clock } = fakeServer({})
    clock.advance(3_600_000)
    await using surveyed = await surveyProject(projectOptions, context)
    expect(new Date(surveyed.now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
    clock.advance(1_000)
    expect(new Date(surveyed.now()).toISOString()).toBe('2026-01-01T00:00:01.000Z')
  })

  it('warns of a damaged release and goes on', async () => {
    const { context, log } = fakeServer({}, { ...storeSections([release(1)]), 'release r1': '{' })
    await using surveyed = await surveyProject(projectOptions, context)
    expect(surveyed.store.releases).toEqual([])
    expect(log.text).toContain('warning: Damaged release: The record of release r1 is not JSON')
  })
})

describe('withProject', () => {
  it('takes the projects of the server as of the lock', async () => {
    const sections = storeSections([])
    // Set when the connection is made, after the survey's answer was.
    const { context } = fakeServer({}, sections, () => {
      sections['projects'] = 'blog\t/opt/blog\t/opt/blog'
    })
    await withProject(projectOptions, context, async project => {
      expect(project.server.projects).toEqual([{ project: 'blog', directory: '/opt/blog', realDirectory: '/opt/blog' }])
    })
  })

  it.each<[string, () => Promise<void>]>([
    ['succeeds', () => Promise.resolve()],
    ['fails', () => Promise.reject(new Error('failed by a test'))],
  ])('holds one process on the server, and has closed it when the work %s', async (_, work) => {
    const hosts: FakeHost[] = []
    const server = fakeServer({}, storeSections([]), host => void hosts.push(host))
    await within(server, work).catch(() => {})
    const held = hosts.flatMap(host => host.held)
    expect(held.map(({ argv }) => argv[5])).toEqual(['open'])
    // A process that the end of the connection had to end would fail with its loss.
    expect(await held[0]?.close()).toMatchObject({ exitCode: 0 })
  })
})

describe('Project.survive', () => {
  it('connects and locks again, and repeats the step with the new epoch', async () => {
    const server = fakeServer({ stop: { sections: {} } }, storeSections([]), (host, number) => {
      if (number === 1) host.failAt(3, 'lost-before')
    })
    await within(server, project => project.survive(() => project.program.stop(project.epoch, 'shop', 1_000)))
    expect(server.programs.map(program => program.callsOf('stop').map(({ args }) => args[0]))).toEqual([[], ['2']])
    expect(server.log.text).toContain('Connecting again; what was started on the server is completed there.')
  })

  it('ends when another run has acted meanwhile', async () => {
    const sections = storeSections([release(1)])
    const server = fakeServer({}, sections, (host, number) => {
      if (number === 1) host.failAt(3, 'lost-before')
      else Object.assign(sections, storeSections([release(1)], pending('somebody else')))
    })
    const failing = within(server, project => project.survive(() => project.program.stop(project.epoch, 'shop', 1_000)))
    await expect(failing).rejects.toThrow(LockLost)
  })

  it('goes on with its own switch', async () => {
    const sections = storeSections([release(1)])
    const server = fakeServer({ stop: { sections: {} } }, sections, (host, number) => {
      if (number === 1) host.failAt(3, 'lost-before')
      else Object.assign(sections, storeSections([release(1)], pending('this-run')))
    })
    await within(server, project => project.survive(() => project.program.stop(project.epoch, 'shop', 1_000)))
    expect(server.programs).toHaveLength(2)
  })
})
