import type { Outcome } from '@deploy-actions/core/deploy/result'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import { type Run, summaryOf } from '../src/report.ts'
import { release } from './examples.ts'

const run: Run = { server: 'deploy@srv', mode: 'deploy', dryRun: false, phases: [], commit: undefined }
const asIs = (text: string) => text
const [first, second] = [release('r1'), release('r2', { web: '2' })]
const failure = new ActionError({ title: 'r2 is unhealthy', message: 'web exits with status 1', next: 'Fix it.' })
const failed: Outcome = { result: 'failed', release: undefined, previous: undefined, headline: 'x', failure }

/** The cells of the one row of the first table. */
function cellsOf(outcome: Outcome, more: Partial<Run> = {}): Record<string, string> {
  const lines = summaryOf(outcome, { ...run, ...more }, asIs).split('\n')
  const [header = '', , row = ''] = lines.slice(lines.findIndex(line => line.startsWith('| Server')))
  const cells = (line: string) => line.split('|').map(cell => cell.trim())
  return Object.fromEntries(cells(header).map((name, index) => [name, cells(row)[index] ?? '']))
}

describe('summaryOf', () => {
  it('cannot be broken out of by a log line', () => {
    const evidence = [{ title: 'logs of <b>', lines: ['```', '</details><h1>'] }]
    const summary = summaryOf({ ...failed, evidence }, run, asIs)
    expect(summary).toContain('````text\n```\n</details><h1>\n````')
    expect(summary).not.toContain('<b>')
  })

  it('names the release that failed, the one that runs, the cause and the next step', () => {
    const outcome = {
      ...failed,
      result: 'rolled-back',
      release: first,
      previous: first,
      failedRelease: second,
    } as const
    expect(cellsOf(outcome)).toMatchObject({ 'Runs now': 'r1', 'Ran before': 'r1', 'Failed release': 'r2' })
    const summary = summaryOf(outcome, run, asIs)
    expect(summary).toContain('> web exits with status 1\n>\n> **Next:** Fix it.')
  })

  it.each<[string, string, Partial<Outcome>]>([
    ['r1 (unchanged)', 'r1', { release: first, previous: first, runsNow: 'r1' }],
    ['not what r1 records', 'r1', { previous: first, runsNow: 'not what r1 records' }],
    ['nothing', 'nothing (first deploy)', { failedRelease: second }],
    ['r2', 'r1', { release: second, previous: first, failedRelease: second }],
    ['nothing (the project is stopped)', 'r1', { result: 'stopped', previous: first, failedRelease: second }],
    ['not known', 'r1', { result: 'rollback-failed', previous: first, failedRelease: second }],
    ['not inspected', '-', { runsNow: 'not inspected' }],
    ['r1', 'nothing (first deploy)', { result: 'deployed', release: first }],
    ['r2', 'nothing (first deploy)', { result: 'deployed', release: second, previous: release('r1', {}) }],
    ['r1 (unchanged)', 'r1', { release: first, previous: first }],
  ])('names what really runs: %s', (now, before, parts) => {
    expect(cellsOf({ ...failed, ...parts })).toMatchObject({ 'Runs now': now, 'Ran before': before })
  })

  it('does not take a rollback for a first deploy', () => {
    const outcome = { ...failed, result: 'rolled-back', release: first } as const
    expect(cellsOf(outcome, { mode: 'rollback' })).toMatchObject({ 'Ran before': '-' })
  })

  it('shows what changed, and names a service that was removed', () => {
    const before = release('r1', { web: '1', db: '17', cache: '7' })
    const after = release('r2', { web: '2', db: '17', worker: '1' })
    const summary = summaryOf({ result: 'deployed', release: after, previous: before, headline: 'x' }, run, asIs)
    expect(summary).toContain('> ⚠️ Removed, as the release no longer contains them: cache')
    expect(summary.match(/^\| (?:web|db|worker|cache) .*$/gm)?.map(row => row.split('|').at(-2)?.trim())).toEqual([
      ...['new image', 'same image', 'new', 'removed'],
    ])
  })

  it('links a health URL only where others than the server can open it', () => {
    const shown = (url: string) =>
      summaryOf({ result: 'deployed', release: first, previous: undefined, headline: 'x', url }, run, asIs)
    expect(shown('https://shop.example.org/health')).toContain('(https://shop.example.org/health)')
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:80', 'shop.localhost'])
      expect(shown(`http://${host}/health`)).not.toContain('health')
  })

  it.each([
    ['Plan', { dryRun: true }],
    ['Status', { mode: 'status' }],
  ] as const)('shows at once what the run was for: %s', (title, more) => {
    const outcome: Outcome = { result: 'planned', release: first, previous: first, headline: 'x', details: ['one'] }
    expect(summaryOf(outcome, { ...run, ...more }, asIs)).toContain(`<details open><summary>${title}</summary>`)
  })
})
