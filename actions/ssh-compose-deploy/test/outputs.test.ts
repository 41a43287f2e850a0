import { readFileSync } from 'node:fs'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { outputsOf } from '../src/outputs.ts'
import { release } from './examples.ts'

const [first, second] = [release('r1'), release('r2', { web: '2' })]
const deployed: Outcome = { result: 'deployed', release: second, previous: first, headline: 'Deployed r2' }
const outputs = (outcome: Outcome) => outputsOf(outcome, 'srv', 1_234)

describe('outputsOf', () => {
  it('are all outputs of action.yml, in its order', () => {
    const text = readFileSync(new URL('../action.yml', import.meta.url), 'utf8')
    expect(Object.keys(outputs(deployed))).toEqual(Object.keys(parse(text).outputs))
  })

  it('name what runs now and what ran before', () => {
    expect(outputs(deployed)).toMatchObject({
      ...{ result: 'deployed', reason: '', release: 'r2', 'previous-release': 'r1', duration: '1.2' },
      ...{ 'failed-release': undefined, 'failed-service': '', images: '{"web":"acme/web:2"}' },
    })
  })

  it('name the release and the services that failed, and why, after a rollback', () => {
    const message = 'web: container shop-web-1 is unhealthy:\nsmtp.internal:25 refuses connections'
    const failure = new ActionError({ title: 'r2 is unhealthy; rolled back to r1', message })
    const services = { failedRelease: second, failedServices: ['web', 'worker'] }
    expect(outputs({ ...deployed, result: 'rolled-back', release: first, failure, ...services })).toMatchObject({
      ...{ release: 'r1', 'previous-release': 'r1', 'failed-release': 'r2', 'failed-service': 'web,worker' },
      reason: 'web: container shop-web-1 is unhealthy: smtp.internal:25 refuses connections',
    })
  })

  it('say what failed when the run ended before the switch, and when its rollback failed', () => {
    const failure = new ActionError({ title: 'The image does not exist', message: 'There is no web:9.' })
    const reason = 'The image does not exist: There is no web:9.'
    expect(outputs({ ...deployed, result: 'failed', release: first, failure })).toMatchObject({ reason })
    expect(outputs({ ...deployed, result: 'rollback-failed', failedRelease: second, failure })).toMatchObject({
      reason,
    })
  })
})
