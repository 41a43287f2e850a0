import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it } from '@jest/globals'
import { client } from './client.ts'

describe('POST /deploy by uuid', () => {
  it('queues a deployment that runs and finishes', async () => {
    await using coolify = await FakeCoolify.start({
      apps: [{ uuid: 'a1', name: 'api', docker_registry_image_tag: '1.2.3' }],
    })
    const api = client(coolify, coolify.token('deploy', 'read'))
    const deployed = await api.post('/deploy', { uuid: 'a1' })
    expect(deployed).toMatchObject({
      status: 200,
      body: { deployments: [{ message: 'Application api deployment queued.', resource_uuid: 'a1' }] },
    })
    const uuid = coolify.deployments[0]?.uuid ?? ''
    expect(uuid).toMatch(/^[a-z0-9]{24}$/)
    expect((await api.get(`/deployments/${uuid}`)).body).toMatchObject({ deployment_uuid: uuid, status: 'in_progress' })
    expect(await api.settled(uuid)).toMatchObject({ status: 'finished', commit: 'HEAD' })
    expect(coolify.runningTag('a1')).toBe('1.2.3')
  })
})
