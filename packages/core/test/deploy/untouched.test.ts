import { withProject } from '@deploy-actions/core/deploy/project'
import { EndedBeforeSwitch, orPresent, presentOf } from '@deploy-actions/core/deploy/untouched'
import { LockLost } from '@deploy-actions/core/release/program-failure'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import { container, containerJson, release } from '../release/examples.ts'
import { fakeServer, projectOptions, storeSections } from './fake-project.ts'

const held = release(1)

describe('presentOf', () => {
  it.each([
    ['r1', held, [container()]],
    ['nothing', held, [container({ status: 'exited' })]],
    ['nothing', undefined, []],
    ['containers that were started manually', undefined, [container()]],
    ['r1, stopped: shop-db-1', held, [container(), container({ service: 'db', status: 'exited' })]],
    ['not what r1 records: shop-web-1 runs', held, [container({ imageId: 'sha256:v2' })]],
  ])('is %s', (text, release, containers) => {
    const present = presentOf(release, containers)
    expect(present.text).toMatch(new RegExp(`^${text}`))
    expect(present.release).toBe(text.startsWith('r1') ? held : undefined)
  })
})

describe('orPresent', () => {
  const failure = new ActionError({
    title: 'The image does not exist',
    message: 'There is no web:9.',
    next: 'Push it.',
  })
  const inspection = `2026-01-01T00:01:00Z\n${containerJson()}`
  const failing = (thrown: unknown, verify: object = { sections: { containers: inspection } }) => {
    const { context } = fakeServer({ verify }, storeSections([held]))
    const { signal } = context
    return withProject(projectOptions, context, project =>
      orPresent(project, '/opt/shop', signal, () => Promise.reject(thrown)),
    )
  }

  it('adds what runs to the failure of a run that has not switched anything', async () => {
    const { title, message, next } = failure
    await expect(failing(failure)).rejects.toMatchObject({
      ...{ title, message, next, exitStatus: 1, cause: failure },
      present: { release: { id: 'r1' }, text: 'r1' },
      previous: { id: 'r1' },
    })
  })

  it.each<[string, unknown]>([
    ['whose state is not known', new ActionError({ title: 't', message: 'm', exitStatus: 2 })],
    ['that lost its lock', new LockLost({ title: 't', message: 'm' })],
    ['that is a bug', new Error('m')],
  ])('leaves one alone %s', async (_, thrown) => {
    await expect(failing(thrown)).rejects.not.toBeInstanceOf(EndedBeforeSwitch)
  })

  it('leaves it alone when nobody can look', async () => {
    await expect(failing(failure, { status: 1, stderr: 'Cannot connect to the Docker daemon' })).rejects.toBe(failure)
    await expect(failing(failure)).rejects.toBeInstanceOf(EndedBeforeSwitch)
  })
})
