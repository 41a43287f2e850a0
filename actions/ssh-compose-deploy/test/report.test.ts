import type { Release } from '@deploy-actions/core/release/record'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import { summaryOf } from '../src/report.ts'

const run = { server: 'deploy@srv', phases: [], isPlan: false }
const asIs = (text: string) => text

function release(id: string, services: Release['services']): Release {
  const createdAt = '2026-01-01T00:00:00.000Z'
  const common = { format: 2, sequence: 1, adopted: false, createdAt, project: 'shop', composeFiles: [] } as const
  return { ...common, id, services, env: 'kept', fingerprint: id, state: 'confirmed' }
}

const web = { name: 'web', image: 'acme/web:1', imageId: 'sha256:1', pin: 'acme/web:deploy-shop-1' }

describe('summaryOf', () => {
  it('cannot be broken out of by a log line', () => {
    const evidence = [{ title: 'logs of <b>', lines: ['```', '</details><h1>'] }]
    const summary = summaryOf(
      { result: 'failed', release: undefined, previous: undefined, headline: 'x', evidence },
      run,
      asIs,
    )
    expect(summary).toContain('````text\n```\n</details><h1>\n````')
    expect(summary).not.toContain('<b>')
  })

  it('names the release that failed, the one that runs and the next step', () => {
    const [first, second] = [release('r1', [web]), release('r2', [web])]
    const failure = new ActionError({ title: 'r2 is unhealthy', message: 'web exits with status 1', next: 'Fix it.' })
    const outcome = {
      result: 'rolled-back',
      release: first,
      previous: first,
      failedRelease: second,
      headline: 'x',
      failure,
    }
    const summary = summaryOf({ ...outcome, result: 'rolled-back' }, run, asIs)
    expect(summary).toMatch(/r1.*r1.*r2/)
    expect(summary).toContain('web exits with status 1')
    expect(summary).toContain('Fix it.')
  })

  it('calls the state before a first deploy nothing', () => {
    const empty = release('20261130T000000Z-found', [])
    expect(summaryOf({ result: 'failed', release: undefined, previous: empty, headline: 'x' }, run, asIs)).toContain(
      'nothing (first deploy)',
    )
  })
})
