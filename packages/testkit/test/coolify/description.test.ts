import { compareWithOpenApi } from '@deploy-actions/testkit/coolify/compare-openapi'
import { DISAGREEMENTS } from '@deploy-actions/testkit/coolify/disagreements'
import { CALLS, PATCH_FIELDS, SCHEMAS } from '@deploy-actions/testkit/coolify/facts'
import { ROUTES } from '@deploy-actions/testkit/coolify/routes'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { describe, expect, it, test } from '@jest/globals'
import { type ApiClient, client } from './client.ts'

/** Keys that the source has and the description not, or the other way round: each is told in `DISAGREEMENTS`. */
const HIDDEN = ['configuration_snapshot', 'configuration_diff']
const UNDESCRIBED: Readonly<Record<string, readonly string[]>> = {
  ApplicationDeploymentQueue: ['application', 'build_server_id', 'finished_at', 'horizon_job_id', 'horizon_job_worker'],
  Application: ['last_online_at', 'last_restart_at', 'last_restart_type', 'restart_count', 'server_status'],
  Service: ['applications', 'databases', 'server_status', 'status'],
  EnvironmentVariable: ['is_buildpack_control', 'is_coolify', 'is_really_required', 'is_required', 'order'],
}
const NEVER: Readonly<Record<string, readonly string[]>> = {
  ApplicationDeploymentQueue: HIDDEN,
  Application: ['id'],
  Service: ['id'],
  EnvironmentVariable: ['id', 'resourceable_id', 'resourceable_type'],
}

async function world(): Promise<{ coolify: FakeCoolify; api: ApiClient; uuid: string }> {
  const coolify = await FakeCoolify.start({
    apps: [{ uuid: 'a1', script: ['stuck'], envs: { KEY: 'value' }, previews: { 7: null } }],
    services: [{ uuid: 's1', status: 'exited', envs: { KEY: 'value' } }],
    databases: [{ uuid: 'd1', status: 'exited' }],
  })
  const api = client(coolify, coolify.token('root'))
  await api.post('/deploy', { uuid: 'a1' })
  return { coolify, api, uuid: coolify.deployments[0]?.uuid ?? '' }
}

const send = (api: ApiClient, call: string, uuid: string) => {
  const [method = '', path = ''] = call.split(' ')
  const id = path.startsWith('/services') ? 's1' : path.startsWith('/databases') ? 'd1' : 'a1'
  const isDeployment = path.startsWith('/deployments/{uuid}')
  const body = {
    'PATCH /applications/{uuid}': { name: 'x' },
    'PATCH /applications/{uuid}/envs/bulk': { data: [{ key: 'KEY', value: '2' }] },
    'PATCH /services/{uuid}/envs/bulk': { data: [{ key: 'KEY', value: '2' }] },
    'POST /applications/{uuid}/rollback': { commit: 'x' },
    'POST /applications/{uuid}/start': { force: true },
    'POST /applications/{uuid}/restart': undefined,
    'POST /deploy': { uuid: 'a1' },
  }[call]
  return api.call(method, path.replace('{uuid}', isDeployment ? uuid : id).replace('{pull_request_id}', '7'), {
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  })
}

describe('the fake by the facts of the description', () => {
  test.each(Object.entries(CALLS))('%s answers what is described, or what the source does', async (call, fact) => {
    const { coolify, api, uuid } = await world()
    await using _ = coolify
    // The only deployment is stuck, so a restart is a duplicate; its answer without an id is told in DISAGREEMENTS.
    if (call.endsWith('/restart')) await api.post(`/deployments/${uuid}/cancel`)
    if (call.startsWith('POST /services/{uuid}/stop')) await api.post('/services/s1/restart')
    const { status, text, headers } = await send(api, call, uuid)
    expect(status).toBe(call.endsWith('envs/bulk') ? 201 : 200)
    if (fact.answer === undefined && !call.includes('databases')) {
      expect(headers.get('content-type')).toContain('text/html')
      return
    }
    const answer: unknown = JSON.parse(text)
    if (call === 'GET /deployments/applications/{uuid}') {
      expect(Object.keys(answer as object)).toEqual(['count', 'deployments'])
    } else if (typeof fact.answer === 'string') {
      const name = fact.answer.replace('[]', '') as keyof typeof SCHEMAS
      const record = fact.answer.endsWith('[]') ? (answer as object[])[0] : answer
      const wanted = [...SCHEMAS[name], ...(UNDESCRIBED[name] ?? [])]
      const missing = [...(NEVER[name] ?? [])]
      if (call === 'GET /deployments') missing.push('application')
      if (call === 'GET /applications') missing.push('settings')
      expect(Object.keys(record as object).sort()).toEqual(wanted.filter(key => !missing.includes(key)).sort())
    } else if (fact.answer !== undefined) {
      expect(Object.keys(answer as object).sort()).toEqual([...fact.answer].sort())
    }
  })

  it('has each call of the facts as a route, and no other', () => {
    const routes = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect([...routes, 'GET /health'].sort()).toEqual(Object.keys(CALLS).sort())
  })

  test.each(PATCH_FIELDS)('PATCH takes %s, or refuses it as the source does', async field => {
    const { coolify, api } = await world()
    await using _ = coolify
    const refused = 'project_uuid server_uuid environment_name destination_uuid github_app_uuid dockerfile'.split(' ')
    const { body } = await api.patch('/applications/a1', { [field]: true })
    const errors = (body['errors'] ?? {}) as Record<string, unknown>
    expect([field, JSON.stringify(errors[field] ?? '').includes('This field is not allowed.')]).toEqual([
      field,
      refused.includes(field),
    ])
  })
})

describe('the comparison', () => {
  it('tells what a description lacks', () => {
    const differences = compareWithOpenApi({ paths: {}, components: {} })
    expect(differences).toContain('POST /deploy is not described')
    expect(differences).toContain('Application: fqdn is not described')
  })

  it('tells what is new in one', () => {
    const parameters = [{ name: 'later', in: 'query' }]
    const responses = { 200: {}, 401: {}, 410: {} }
    const differences = compareWithOpenApi({ paths: { '/deploy': { post: { parameters, responses } } } })
    expect(differences).toContain('POST /deploy: query: later is described and missing here')
    expect(differences).toContain('POST /deploy: status: 410 is described and missing here')
    expect(differences).toContain('POST /deploy: answer: deployments is not described')
  })

  it('has a source at one commit for each disagreement', () => {
    for (const { source, described, real } of DISAGREEMENTS) {
      expect(source).toMatch(/^https:\/\/github\.com\/coollabsio\/coolify\/blob\/[0-9a-f]{40}\/\S+$/)
      expect(described).not.toBe(real)
    }
  })
})
