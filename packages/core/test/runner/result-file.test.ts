import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  createResultFile,
  readOtherResults,
  readResultFile,
  resultNumber,
  type StepResult,
  writeResultFile,
} from '@deploy-actions/core/runner/result-file'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const NOW = Date.parse('2026-11-30T14:20:00Z')
const RESULT: StepResult = {
  action: 'ssh-compose-deploy',
  step: 'deploy',
  stage: 'main',
  startedAt: '2026-11-30T14:15:02Z',
  writtenAt: '2026-11-30T14:17:40Z',
  result: 'pending',
  reason: '',
  next: ['Run the workflow again.'],
  environment: 'production',
  url: 'https://shop.example.org',
  hosts: ['deploy@shop.example.org:22'],
  path: '/opt/shop',
  release: '20261130T141502Z-12c26b6',
  previousRelease: '20261129T090011Z-32a149d',
  version: '1.4.0',
  sha: '12c26b6',
  pending: { until: '2026-11-30T14:47:00Z' },
}

let temp: string
let env: Record<string, string>
beforeEach(() => {
  temp = mkdtempSync(path.join(tmpdir(), 'result-file-'))
  env = { RUNNER_TEMP: temp, GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '2', GITHUB_JOB: 'deploy' }
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const folder = () => path.join(temp, 'deploy-actions/7-2-deploy')
const add = (name: string, text: string) => {
  mkdirSync(folder(), { recursive: true })
  writeFileSync(path.join(folder(), name), text)
}

describe('createResultFile', () => {
  it('numbers the files in the order of the steps, for the user of the runner alone', async () => {
    const first = await createResultFile({ ...RESULT, action: 'discord-notify' }, env)
    const second = await createResultFile(RESULT, env)
    const third = await createResultFile(RESULT, env)
    expect([first, second, third].map(file => path.relative(folder(), file))).toEqual([
      '01-discord-notify.json',
      '02-ssh-compose-deploy.json',
      '03-ssh-compose-deploy.json',
    ])
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    expect(statSync(second).mode & 0o777).toBe(0o600)
    expect(await readResultFile(second)).toEqual(RESULT)
    expect(JSON.parse(readFileSync(second, 'utf8'))).toEqual({ format: 1, ...RESULT })
  })

  it('never replaces a file that another step created at the same moment', async () => {
    const files = await Promise.all(Array.from({ length: 12 }, () => createResultFile(RESULT, env)))
    expect(new Set(files).size).toBe(12)
  })

  it('takes the first attempt for a runner that names none, and leaves no path in a name', async () => {
    const file = await createResultFile(RESULT, { RUNNER_TEMP: temp, GITHUB_RUN_ID: '1', GITHUB_JOB: '../up' })
    expect(path.relative(path.join(temp, 'deploy-actions'), file)).toBe('1-1-.._up/01-ssh-compose-deploy.json')
  })

  it('fails where the folder cannot be written to', async () => {
    writeFileSync(path.join(temp, 'deploy-actions'), 'in the way')
    await expect(createResultFile(RESULT, env)).rejects.toThrow()
  })
})

describe('writeResultFile', () => {
  it('replaces the file as a whole and leaves no draft', async () => {
    const file = await createResultFile(RESULT, env)
    await writeResultFile(file, { ...RESULT, stage: 'post', result: 'rolled-back', pending: null })
    expect(await readResultFile(file)).toMatchObject({ stage: 'post', result: 'rolled-back', pending: null })
    expect(readdirSync(folder())).toEqual(['01-ssh-compose-deploy.json'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a long reason', { reason: 'x'.repeat(100_000) }],
    [
      'control characters, which JSON writes as six',
      { reason: '\u0001'.repeat(20_000), path: '\u0001'.repeat(20_000) },
    ],
    ['many hosts', { hosts: Array.from({ length: 5_000 }, (_, index) => `deploy@host-${index}.example.org:22`) }],
    ['letters of four bytes', { next: Array.from({ length: 100 }, () => '🚀'.repeat(3_000)) }],
  ])('keeps within 16 KiB: %s', async (_, large) => {
    const file = await createResultFile({ ...RESULT, ...large }, env)
    expect(statSync(file).size).toBeLessThanOrEqual(16 * 1_024)
    expect(await readResultFile(file)).toMatchObject({ result: 'pending', action: 'ssh-compose-deploy' })
  })
})

describe('readOtherResults', () => {
  it("reads the other steps' files in the order of their numbers", async () => {
    const own = await createResultFile({ ...RESULT, action: 'discord-notify' }, env)
    for (const number of ['02', '10', '09', '100'])
      add(`${number}-coolify-deploy.json`, JSON.stringify({ format: 1, ...RESULT }))
    const { results, problems } = await readOtherResults(own, env, NOW)
    expect(results.map(({ number }) => number)).toEqual([2, 9, 10, 100])
    expect(results[0]).toEqual({ ...RESULT, number: 2 })
    expect(problems).toEqual([])
  })

  it('has nothing to read in a job whose other steps wrote nothing', async () => {
    expect(await readOtherResults(undefined, env, NOW)).toEqual({ results: [], problems: [] })
  })

  it('skips with a word what it cannot read', async () => {
    add('01-a.json', '{"format":1,')
    add('02-b.json', JSON.stringify({ ...RESULT, format: 2 }))
    add('03-c.json', '[]')
    add('04-d.json', JSON.stringify({ format: 1, result: 'deployed' }))
    add('05-e.json', JSON.stringify({ format: 1, ...RESULT, more: 'x'.repeat(20_000) }))
    mkdirSync(path.join(folder(), '06-f.json'))
    symlinkSync('/nowhere', path.join(folder(), '07-g.json'))
    add('notes.txt', 'not a result')
    add('.08-h.json.123', 'a draft')
    const { results, problems } = await readOtherResults(undefined, env, NOW)
    expect(results).toEqual([])
    expect(problems).toEqual([
      'The result file 01-a.json is skipped: it is not valid JSON.',
      'The result file 02-b.json is skipped: it has another format than 1.',
      'The result file 03-c.json is skipped: it is not a JSON object.',
      'The result file 04-d.json is skipped: it has no time in `writtenAt`.',
      'The result file 05-e.json is skipped: it is larger than 16 KiB.',
      'The result file 06-f.json is skipped: it is not a file.',
      'The result file 07-g.json is skipped: it cannot be read (ENOENT).',
    ])
  })

  it('takes values of another type for empty, and ignores unknown keys', async () => {
    const odd = {
      ...RESULT,
      format: 1,
      stage: 7,
      reason: null,
      next: [1, 'a'],
      hosts: 'x',
      pending: 'soon',
      extra: true,
    }
    add('01-a.json', JSON.stringify(odd))
    const { results } = await readOtherResults(undefined, env, NOW)
    expect(results).toEqual([
      { ...RESULT, number: 1, stage: 'main', reason: '', next: ['a'], hosts: [], pending: null },
    ])
  })

  it('ignores what an earlier run of the same id left', async () => {
    add('01-a.json', JSON.stringify({ format: 1, ...RESULT }))
    const written = Date.parse(RESULT.writtenAt)
    const day = 24 * 60 * 60 * 1_000
    expect((await readOtherResults(undefined, env, written + day - 1)).results).toHaveLength(1)
    expect(await readOtherResults(undefined, env, written + day)).toEqual({ results: [], problems: [] })
  })
})

it('resultNumber reads the names of result files only', () => {
  expect(
    ['01-a.json', '/tmp/x/12-ssh-compose-deploy.json', '1-a.json', '.01-a.json.5', '01-a.txt'].map(resultNumber),
  ).toEqual([1, 12, undefined, undefined, undefined])
})
