import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { reportFailure } from '@deploy-actions/core/runner/failure'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { appendSummary } from '@deploy-actions/core/runner/summary'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { captureStdout } from './captured-stdout.ts'

const written = captureStdout()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'failure-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function report(thrown: unknown, env: Environment = {}, wroteSummary = false) {
  const file = path.join(folder, 'summary.md')
  writeFileSync(file, '')
  const all = { ...env, GITHUB_STEP_SUMMARY: file }
  if (wroteSummary) await appendSummary('### Its own', {})
  const status = await reportFailure(thrown, all)
  return { status, lines: written.text.trimEnd().split('\n'), summary: readFileSync(file, 'utf8') }
}

const WRONG = new ActionError({
  title: 'Wrong inputs: host, user',
  message: '- `host` is missing\n- `user` is "::error::x"',
  next: 'Correct the `with:` of the step.',
  exitStatus: 2,
})

describe('reportFailure', () => {
  it('is one annotation and a summary, with the next step in both', async () => {
    const { status, lines, summary } = await report(WRONG)
    expect(status).toBe(2)
    expect(lines).toEqual([
      '::error title=Wrong inputs%3A host%2C user::- `host` is missing%0A- `user` is "::error::x"%0A%0ANext: Correct the `with:` of the step.',
    ])
    expect(summary).toBe(
      [
        '### ❌ Wrong inputs: host, user',
        '',
        '> &#45; &#96;host&#96; is missing<br>',
        '> &#45; &#96;user&#96; is &#34;::error::x&#34;',
        '>',
        '> **Next:** Correct the &#96;with:&#96; of the step.',
        '',
      ].join('\n'),
    )
  })

  it.each([
    ['Gitea', { GITEA_ACTIONS: 'true', ACT: 'true' }],
    ['Forgejo', { GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true', ACT: 'true' }],
  ])('is plain lines in the log of %s, which shows no annotations', async (_, env) => {
    const { lines } = await report(WRONG, env)
    expect(lines).toEqual([
      '::error::Wrong inputs: host, user',
      '- `host` is missing',
      '- `user` is "::error::x"',
      '',
      'Next: Correct the `with:` of the step.',
    ])
  })

  it('fails with the failure itself where no summary can be written', async () => {
    expect(await reportFailure(WRONG, { GITHUB_STEP_SUMMARY: folder })).toBe(2)
    expect(written.text).toContain('Wrong inputs')
  })

  it('asks for a report of what nobody foresaw', async () => {
    const { status, lines, summary } = await report(new TypeError('x is undefined'))
    expect(status).toBe(1)
    expect(lines[0]).toBe(
      '::error title=Unexpected failure::x is undefined%0A%0ANext: Report this: it is a bug of the action, not of your workflow.',
    )
    expect(lines[1]).toBe('TypeError: x is undefined')
    expect(summary).toContain('> **Next:** Report this')
  })

  // The last one: from then on the action, this process, has a summary of its own.
  it('leaves the summary to an action that has written one', async () => {
    expect((await report(WRONG, {}, true)).summary).toBe('')
  })
})
