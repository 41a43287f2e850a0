import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pullRequestUrl, readGitHubRun, readRunVariables } from '@deploy-actions/core/runner/github-run'
import { writeTempFiles } from '@deploy-actions/core/runner/temp-files'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'github-run-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('readGitHubRun', () => {
  it('reads the variables and the payload', async () => {
    const file = path.join(folder, 'event.json')
    writeFileSync(file, '{"ref":"refs/heads/main"}')
    const run = await readGitHubRun({
      GITHUB_EVENT_NAME: 'push',
      GITHUB_EVENT_PATH: file,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SHA: 'abc',
    })
    expect(run).toMatchObject({
      eventName: 'push',
      ref: 'refs/heads/main',
      sha: 'abc',
      payload: { ref: 'refs/heads/main' },
    })
    expect(run.apiUrl).toBe('https://api.github.com')
  })

  it.each([
    ['no file', undefined],
    ['a file that is not there', '/nowhere/event.json'],
  ])('takes %s for an empty payload', async (_, file) => {
    expect((await readGitHubRun({ GITHUB_EVENT_PATH: file })).payload).toEqual({})
  })

  it('names a file that is no JSON', async () => {
    const file = path.join(folder, 'event.json')
    writeFileSync(file, '{')
    await expect(readGitHubRun({ GITHUB_EVENT_PATH: file })).rejects.toMatchObject({
      title: 'The event cannot be read',
    })
  })
})

describe('readGitHubRun in a called workflow of Gitea', () => {
  const startedBy = async (payload: object, env: Record<string, string> = {}) => {
    const file = path.join(folder, 'event.json')
    writeFileSync(file, JSON.stringify(payload))
    const run = await readGitHubRun({
      GITEA_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'workflow_call',
      GITHUB_EVENT_PATH: file,
      GITHUB_REF: 'refs/heads/main',
      ...env,
    })
    return run.eventName
  }
  const inputs = { environment: 'production' }

  it.each([
    ['push', { inputs, ref: 'refs/heads/main', commits: [], head_commit: {} }, {}],
    ['schedule', { inputs, schedule: '0 4 * * *', commits: [] }, {}],
    ['workflow_dispatch', { inputs, ref: 'main', workflow: '.gitea/workflows/main.yml' }, {}],
    ['pull_request', { inputs, number: 1, pull_request: { number: 1 } }, { GITHUB_REF: 'refs/pull/1/head' }],
    ['pull_request_target', { inputs, number: 1, pull_request: { number: 1 } }, {}],
    ['workflow_run', { inputs, workflow: {}, workflow_run: { conclusion: 'success' } }, {}],
    ['workflow_call', { inputs }, {}],
    ['push', {}, { GITHUB_EVENT_NAME: 'push' }],
  ])('takes %s for the event from what the payload is of', async (event, payload, env) => {
    expect(await startedBy(payload, env)).toBe(event)
  })
})

describe('readRunVariables', () => {
  const variables = {
    GITHUB_SERVER_URL: 'https://git.example.org/',
    GITHUB_REPOSITORY: 'team/app',
    GITHUB_RUN_ID: '272',
    GITHUB_RUN_NUMBER: '43',
    ACT: 'true',
  }

  it.each([
    ['GitHub', 272, { ACT: undefined }],
    ['act', 272, {}],
    ['Gitea', 272, { GITEA_ACTIONS: 'true', GITEA_ACTIONS_RUNNER_VERSION: 'v1.0.8' }],
    ['Gitea', 272, { GITEA_ACTIONS: 'true' }],
    ['Gitea', 43, { GITEA_ACTIONS: 'true', GITEA_ACTIONS_RUNNER_VERSION: 'v0.2.13' }],
    ['Forgejo', 43, { GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' }],
  ])('knows %s, and its page of a run', (service, id, env) => {
    const run = readRunVariables({ ...variables, ...env })
    expect(run).toMatchObject({ service, url: `https://git.example.org/team/app/actions/runs/${id}` })
  })

  it('has no page of a run that the runner does not name', () => {
    expect(readRunVariables({ ...variables, GITHUB_REPOSITORY: undefined }).url).toBe('')
    expect(readRunVariables({ ...variables, GITHUB_RUN_ID: undefined }).url).toBe('')
  })

  it.each([
    ['pull', {}],
    ['pulls', { GITEA_ACTIONS: 'true' }],
  ])('has a pull request below /%s', (folder, env) => {
    const run = readRunVariables({ ...variables, ...env })
    expect(pullRequestUrl(run, '7')).toBe(`https://git.example.org/team/app/${folder}/7`)
  })
})

describe('writeTempFiles', () => {
  it('writes into a new folder below the runner’s', async () => {
    const env = { RUNNER_TEMP: path.join(folder, 'deep/temp') }
    const files = [{ key: 'a', name: 'a.json', text: '{}' }]
    const [first, second] = [await writeTempFiles('x-', files, env), await writeTempFiles('x-', files, env)]
    expect(first['a']).toMatch(/deep\/temp\/x-\w+\/a\.json$/)
    expect(readFileSync(String(second['a']), 'utf8')).toBe('{}')
    expect(first['a']).not.toBe(second['a'])
  })
})
