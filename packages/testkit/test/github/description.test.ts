import { cutOpenApi } from '@deploy-actions/testkit/github/cut-openapi'
import { description } from '@deploy-actions/testkit/github/description'
import { ROUTES } from '@deploy-actions/testkit/github/routes'
import { FakeGitHub } from '@deploy-actions/testkit/github/server'
import { describe, expect, it, test } from '@jest/globals'
import { Ajv } from 'ajv'

const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const OLDER = '1dcb09b5b57875f334f61aebed695e2e4193db51'

// The formats are GitHub's own words for dates and addresses; the shapes are what is checked here.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })

function problems(operation: string, body: unknown): unknown {
  const answer = description.operations[operation]?.answer
  const validate = ajv.compile({ ...Object(answer), components: description.components })
  validate(body)
  return validate.errors ?? []
}

async function world(): Promise<FakeGitHub> {
  const github = await FakeGitHub.start()
  const { repository } = github
  repository.push(OLDER)
  repository.push(SHA)
  const steps = [
    { name: 'Set up job', conclusion: 'success' },
    { name: 'npm test', conclusion: 'failure' },
    { name: 'Later', conclusion: null },
  ]
  repository
    .run(SHA, { jobs: ['queued'] })
    .job('test (ubuntu / 24) 🚀', 'failure', steps)
    .rerun(['build'])
    .finish('cancelled')
  repository.run(SHA, { workflow: 'Broken' }).set('startup_failure')
  repository.run(SHA, { workflow: 'Waiting', jobs: ['deploy'] }).set('waiting')
  for (const word of ['queued', 'in_progress', 'success', 'neutral', 'stale', 'startup_failure', 'action_required']) {
    repository.check(SHA, `check ${word}`, word)
  }
  repository.status(SHA, 'ci/old', 'pending', 'https://ci.example/1')
  repository.status(SHA, 'ci/old', 'error')
  repository.suite(SHA, 'dependabot')
  return github
}

const PATHS: Readonly<Record<string, string>> = {
  'GET /repos/{owner}/{repo}/actions/runs': '/actions/runs?head_sha={sha}',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': '/actions/runs/{run}',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs': '/actions/runs/{run}/jobs?filter=all',
  'GET /repos/{owner}/{repo}/branches/{branch}': '/branches/main',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': '/commits/{sha}/check-runs?per_page=100',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-suites': '/commits/{sha}/check-suites',
  'GET /repos/{owner}/{repo}/commits/{ref}/status': '/commits/main/status',
  'GET /repos/{owner}/{repo}/compare/{basehead}': `/compare/${OLDER}...{sha}`,
  'GET /rate_limit': '/rate_limit',
}

async function read(github: FakeGitHub, operation: string) {
  const run = github.repository.runs.at(-1)?.id
  const place = (PATHS[operation] ?? '').replace('{sha}', SHA).replace('{run}', String(run))
  const home = operation === 'GET /rate_limit' ? '' : `/repos/${github.repository.fullName}`
  const headers = { authorization: `Bearer ${github.token}`, 'x-github-api-version': '2022-11-28' }
  return fetch(`${github.apiUrl}${home}${place}`, { headers })
}

describe('the fake by the published description', () => {
  test.each(Object.keys(description.operations))('%s', async operation => {
    await using github = await world()
    const response = await read(github, operation)
    expect(response.status).toBe(200)
    expect(problems(operation, await response.json())).toEqual([])
    expect(github.findings).toEqual([])
  })

  it('finds an answer that is not as described', async () => {
    await using github = await world()
    const operation = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'
    const body: unknown = await (await read(github, operation)).json()
    const [first] = Object(body).check_runs
    expect(problems(operation, { total_count: 1, check_runs: [{ ...first, conclusion: 'perfect' }] })).not.toEqual([])
    expect(problems(operation, { total_count: 1, check_runs: [{ id: 1 }] })).not.toEqual([])
  })

  it('answers each call of the description, and no other', () => {
    const operations = ROUTES.map(({ operation }) => operation)
    expect([...operations, 'GET /rate_limit'].toSorted()).toEqual(Object.keys(description.operations).toSorted())
  })
})

describe('the cut', () => {
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const answer = (schema: unknown) => ({ responses: { 200: { content: { 'application/json': { schema } } } } })
  const check = {
    type: 'object',
    description: 'For people',
    properties: {
      title: { type: 'string', example: 'x' },
      conclusion: { type: 'string', enum: ['success'], nullable: true },
    },
  }

  function api(paths: object = {}) {
    const operation = {
      get: {
        ...answer(ref('check-run')),
        parameters: [
          { name: 'page', in: 'query' },
          { name: 'ref', in: 'path' },
        ],
      },
    }
    const all = Object.keys(description.operations).map(call => [call.replace('GET ', ''), operation])
    return {
      paths: { ...Object.fromEntries(all), ...paths },
      components: { schemas: { 'check-run': check, unused: {} } },
    }
  }

  it('keeps what a machine needs: properties of any name, and null where an enum is nullable', () => {
    const { components, operations, source } = cutOpenApi(api(), 'test 1')
    expect(source).toBe('test 1')
    expect(components.schemas).toEqual({
      'check-run': {
        type: 'object',
        properties: {
          title: { type: 'string' },
          conclusion: { type: 'string', enum: ['success', null, 'stale', 'startup_failure'], nullable: true },
        },
      },
    })
    expect(operations['GET /rate_limit']).toEqual({ query: ['page'], answer: ref('check-run') })
  })

  it('fails for a description without a call that the fake answers', () => {
    expect(() => cutOpenApi(api({ '/rate_limit': {} }), 'test 1')).toThrow(
      'The description has no answer of GET /rate_limit.',
    )
  })
})
