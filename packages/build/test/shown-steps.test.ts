import { stepsIn, stepsShown } from '@deploy-actions/build/shown-steps'
import { describe, expect, it } from '@jest/globals'

describe('stepsIn', () => {
  it('finds the steps with our actions in a workflow and in a part of one', () => {
    const step =
      '- uses: org/actions/smoke-test@v1\n  with: { checks: a }\n  env: { B: c }\n- uses: actions/checkout@v7\n'
    const found = [{ action: 'smoke-test', inputs: { checks: 'a' }, env: { B: 'c' } }]
    expect(stepsIn(step)).toEqual(found)
    expect(stepsIn(`jobs:\n  a:\n    steps:\n${step.replace(/^/gm, '      ')}`)).toEqual(found)
    expect(stepsIn('services: {}\n')).toEqual([])
  })
})

describe('stepsShown', () => {
  it('finds those of documents and of examples', () => {
    const steps = stepsShown('ssh-compose-deploy')
    expect(steps.filter(({ inputs }) => inputs['path'] === '/opt/shop').length).toBeGreaterThan(5)
    const ofPenpal = stepsShown('coolify-deploy').filter(({ inputs }) =>
      String(inputs['webhook']).includes('COOLIFY_PROD_WEBHOOK_URL'),
    )
    expect(ofPenpal).not.toHaveLength(0)
  })
})
