import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readGitHubRun } from '@deploy-actions/core/runner/github-run'
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
