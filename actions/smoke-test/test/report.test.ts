import { ANNOTATIONS_OF_A_STEP } from '@deploy-actions/core/runner/annotation'
import { describe, expect, it } from '@jest/globals'
import type { CheckResult } from '../src/result.ts'
import { bad, check, failing, good, runOf, tell } from './results.ts'

const many = (number: number, make: (index: number) => CheckResult) => Array.from({ length: number }, (_, i) => make(i))

describe('the log', () => {
  it('has a line for a check that passed at once, and a group for one with a story', async () => {
    const { lines } = await tell(
      runOf(
        check({ name: 'home' }),
        check({ name: 'api', attempts: [bad(1), bad(2), good(3)], durationMs: 4_000 }),
        check({ name: 'job', outcome: 'skipped', reason: '`api` did not pass', attempts: [] }),
      ),
    )
    expect(lines).toEqual([
      '✓ home (1 attempt, 12 ms): GET https://shop.example.org/health',
      '▸ ✓ api (3 attempts, 4.0 s): GET https://shop.example.org/health',
      '  GET https://shop.example.org/health (smoke.yml:4:5)',
      '  ✗ attempts 1 to 2, 30 ms: the status was 502, not 2xx',
      '  ✓ attempt 3, 12 ms',
      '– job: skipped: `api` did not pass',
      '2 of 3 checks passed, 1 skipped, 4.3 s',
    ])
  })

  it('says why a check failed in the line that is seen of its group', async () => {
    const { lines } = await tell(runOf(failing({ name: 'api', group: 'backend' })))
    expect(lines[0]).toBe('▸ ✗ backend: api (3 attempts, 4.2 s): the status was 502, not 2xx')
  })

  it('marks each line of what was answered, so that it cannot pass for one of the log', async () => {
    const excerpt = '::error::gone\r\n##[set-output name=result]passed\r\u001b[31m::stop-commands::x\u2028✓ attempt 4'
    const { lines } = await tell(runOf(failing({ attempts: [bad(1, 'no', excerpt)] })))
    expect(lines.slice(3, -1)).toEqual([
      '  │ ::error::gone',
      '  │ ##[set-output name=result]passed',
      '  │ ::stop-commands::x',
      '  │ ✓ attempt 4',
    ])
  })

  it('shows what was answered before the deadline cut an attempt', async () => {
    const attempts = [bad(1, 'the commit is old', '{"commit":"old"}'), { ...bad(2, 'no answer'), isCut: true as const }]
    const { lines } = await tell(runOf(failing({ attempts })))
    expect(lines.slice(2, -1)).toEqual([
      '  ✗ attempt 1, 30 ms: the commit is old',
      '  ✗ attempt 2, 30 ms, cut by the deadline: no answer',
      '  │ {"commit":"old"}',
    ])
  })

  it('stays short when each of a thousand attempts ends in another way', async () => {
    const attempts = Array.from({ length: 1_000 }, (_, index) => bad(index + 1, `it took ${index} s`))
    const { lines } = await tell(runOf(failing({ attempts })))
    expect(lines).toHaveLength(44)
    expect(lines[22]).toBe('  … 960 lines are left out; the JSON report has every attempt')
    expect(lines[42]).toBe('  ✗ attempt 1000, 30 ms: it took 999 s')
  })
})

describe('the summary', () => {
  const mixed = runOf(
    check({ name: 'home' }),
    failing({ name: 'slow', severity: 'warning', reason: 'it took 4 s, more than 1 s' }),
    failing({ name: 'api', kind: 'tcp', target: 'redis:6379 from deploy@shop', startedMs: 100 }),
    check({ name: 'job', outcome: 'skipped', reason: '`api` did not pass', attempts: [] }),
    check({ name: 'web', attempts: [bad(1, 'nothing listens'), good(2)] }),
  )

  it('says the verdict, then a row for each check with the worst first', async () => {
    const { summary } = await tell(mixed)
    expect(summary.split('\n\n').slice(0, 2).join('\n').split('\n')).toEqual([
      '### ❌ Smoke test: 1 of 5 checks failed, 1 warning, 1 skipped, 4.3 s',
      '| Result | Check | Reason | Attempts | Time |',
      '| --- | --- | --- | --- | --- |',
      '| ❌ failed | **api**<br>redis:6379 from deploy@shop | the status was 502, not 2xx | 3 | 4.2 s |',
      '| ⚠️ failed | **slow**<br>GET https://shop.example.org/health | it took 4 s, more than 1 s | 3 | 4.2 s |',
      '| ➖ skipped | **job**<br>GET https://shop.example.org/health | &#96;api&#96; did not pass | 0 | 12 ms |',
      '| ✅ passed | **home**<br>GET https://shop.example.org/health |  | 1 | 12 ms |',
      '| ✅ passed | **web**<br>GET https://shop.example.org/health | before: nothing listens | 2 | 12 ms |',
    ])
  })

  it('draws when each check was done, where that took a while', async () => {
    const { summary } = await tell(mixed)
    expect(summary).toContain('    ✗ api :crit, 100, 4300\n')
    const short = await tell({ ...mixed, durationMs: 900 })
    expect(short.summary).not.toContain('gantt')
  })

  it('names the group before the check', async () => {
    const { summary } = await tell(runOf(check({ group: 'a|b' }), check()))
    expect(summary).toContain('| ✅ passed | **a&#124;b: shop**<br>GET ')
    expect(summary).toContain('| ✅ passed | **shop**<br>GET ')
  })

  it('leaves the reason room on the page beside a long URL, which does not wrap', async () => {
    const url = `https://shop.example.org/${'long/'.repeat(30)}health?lang=de`
    const reason = 'status is 502, not 2xx'
    const { summary } = await tell(runOf(failing({ name: url, target: `GET ${url}`, group: 'shop', reason })))
    const row = summary.split('\n').find(line => line.startsWith('| ❌')) ?? ''
    expect(row.indexOf(reason)).toBeLessThan(70)
    expect(row).toContain('health?lang=de')
    expect(summary).toContain(`GET ${url} (smoke.yml:4:5)`)
  })

  it('shows the target of a check once, and opens the first failure', async () => {
    const name = 'https://shop.example.org/health'
    const { summary, lines } = await tell(runOf(check({ name }), failing({ name: 'one' }), failing({ name: 'two' })))
    expect(summary).toContain('| ✅ passed | **https://shop.example.org/health** |')
    expect(lines[0]?.split('https://')).toHaveLength(2)
    expect(summary.match(/<details open>/g)).toHaveLength(1)
    expect(summary.match(/<details>/g)).toHaveLength(1)
  })

  it('stays far below what the runner takes, and says how much is left out', async () => {
    const excerpt = '|`<'.repeat(200)
    const checks = many(3_000, index =>
      failing({
        name: `check ${index} ${excerpt}`,
        target: excerpt,
        reason: excerpt,
        attempts: [bad(1, excerpt, excerpt)],
      }),
    )
    const { summary } = await tell(runOf(...checks))
    expect(Buffer.byteLength(summary)).toBeLessThan(256 * 1_024)
    const rows = summary.split('\n').filter(line => line.includes(' | **')).length
    expect(rows).toBeGreaterThan(5)
    expect(summary).toContain(`and ${3_000 - rows} checks more, for which there is no room here`)
  })

  it('tells of a check that is not steady', async () => {
    const { summary, annotations } = await tell(runOf(check({ attempts: [good(1), bad(2), good(3), good(4)] })))
    expect(summary).toContain('✅ passed, not steadily')
    expect(annotations).toMatchObject([{ level: 'notice', title: 'shop' }])
    expect(annotations[0]?.text).toContain('after a good attempt the status was 502, not 2xx')
  })
})

describe('annotations', () => {
  it('stand beside the lines of a checks file', async () => {
    const { annotations } = await tell(runOf(failing({ name: 'api' })))
    expect(annotations).toEqual([
      {
        level: 'error',
        title: 'api',
        text: 'the status was 502, not 2xx (GET https://shop.example.org/health, 3 attempts, 4.2 s)',
        place: { file: 'smoke.yml', line: 4, column: 5 },
      },
    ])
  })

  it('are the failure alone for checks of an input', async () => {
    const at = { source: 'checks', isFile: false, line: 1, column: 1 }
    const { annotations, failure } = await tell(runOf(failing({ name: 'api', at }), failing({ name: 'web', at })))
    expect(annotations).toEqual([])
    expect(failure?.title).toBe('2 of 2 checks failed')
    expect(failure?.message).toBe(
      [
        '- api: the status was 502, not 2xx (GET https://shop.example.org/health, 3 attempts, 4.2 s)',
        '- web: the status was 502, not 2xx (GET https://shop.example.org/health, 3 attempts, 4.2 s)',
      ].join('\n'),
    )
  })

  it('are never more of a level than the runner shows, nor longer, with the failure among them', async () => {
    const long = 'x'.repeat(9_000)
    const { annotations, failure } = await tell(
      runOf(
        ...many(30, index => failing({ name: `error ${index}`, reason: long })),
        ...many(30, index => failing({ name: `warning ${index}`, severity: 'warning', reason: long })),
        ...many(30, index => check({ name: `notice ${index}`, attempts: [good(1), bad(2, long), good(3)] })),
      ),
    )
    const of = (level: string) => annotations.filter(annotation => annotation.level === level)
    expect(of('error')).toHaveLength(ANNOTATIONS_OF_A_STEP - 1)
    expect(of('warning')).toHaveLength(ANNOTATIONS_OF_A_STEP)
    expect(of('warning').at(-1)?.title).toBe('And 21 more')
    expect(of('notice')).toHaveLength(ANNOTATIONS_OF_A_STEP)
    for (const { text } of annotations) expect(text.length).toBeLessThan(4_096)
    const message = `${failure?.message}\n\nNext: ${failure?.next}`
    expect(message.length).toBeLessThan(4_096)
    expect(message).toMatch(/and \d+ more: the log and the job summary have all of them/)
  })
})

describe('the verdict', () => {
  it('is a failure when a check failed', async () => {
    const { failure, outputs } = await tell(runOf(check({ name: 'home' }), failing({ name: 'api' })))
    expect(failure?.title).toBe('1 of 2 checks failed')
    expect(failure?.next).toBe(
      'Read the attempts and responses in the job summary, then fix the release or roll back. The new release is not verified.',
    )
    expect(outputs).toEqual({
      result: 'failed',
      passed: '1',
      failed: '1',
      warnings: '0',
      total: '2',
      'failed-names': '["api"]',
      duration: '4.3',
      'report-path': 'report.json',
      'junit-path': 'junit.xml',
    })
  })

  it('is no failure when only a warning failed', async () => {
    const { failure, outputs } = await tell(runOf(check(), failing({ name: 'slow', severity: 'warning' })))
    expect(failure).toBeUndefined()
    expect(outputs).toMatchObject({ result: 'passed', passed: '1', failed: '0', warnings: '1', 'failed-names': '[]' })
  })

  it('writes no report that nobody asked for', async () => {
    const { files, outputs } = await tell(runOf(check()), { reportPath: undefined, junitPath: undefined })
    expect(files).toEqual({})
    expect(outputs).toMatchObject({ 'report-path': '', 'junit-path': '' })
  })

  it.each([
    ['passed', runOf(check())],
    ['failed', runOf(failing())],
  ])('stays "%s" when no report can be written', async (result, run) => {
    const refuse = async () => {
      throw new Error('EACCES: permission denied')
    }
    const told = await tell(run, { sink: { summary: refuse, file: refuse } })
    expect(told.outputs).toMatchObject({ result, 'report-path': '', 'junit-path': '' })
    expect(told.failure?.title).toBe(result === 'failed' ? 'Smoke test failed: shop' : undefined)
    expect(told.warnings).toHaveLength(3)
    expect(told.warnings[1]).toBe(
      "The report of `report-path` could not be written: EACCES: permission denied. The checks' verdict stands.",
    )
  })
})
