import { describe, expect, it } from '@jest/globals'
import { outputsOf } from '../src/outcome.ts'
import { NEW, SHOP, stage } from './fixture.ts'

describe('the outputs of a failed deploy', () => {
  it.each([
    ['crash-after', 'rolled-back', 'sha-0000001'],
    ['failed', 'rolled-back', 'sha-0000001'],
    ['failed-running', 'failed', undefined],
  ] as const)('name what was attempted, and why it failed: %s', async (outcome, result, runs) => {
    await using here = await stage({ apps: [{ ...SHOP, script: [outcome, 'finished'] }] })
    const outputs = outputsOf(await here.run(NEW), here.coolify.url, 0)
    expect(outputs).toMatchObject({ result, 'failed-image-tag': 'sha-0000002', 'previous-image-tag': 'sha-0000001' })
    expect(outputs['image-tag']).toBe(runs)
    expect(outputs['reason']).toMatch(/^shop \S.*\.$/)
  })

  it('name it also when it could not be started', async () => {
    await using here = await stage({ queueLimit: 0 })
    const outputs = outputsOf(await here.run({ ...NEW, 'wait-timeout': '1s' }), here.coolify.url, 0)
    expect(outputs).toMatchObject({
      'failed-image-tag': 'sha-0000002',
      reason: expect.stringContaining('queue is full'),
    })
  })

  it('are empty after a deploy that went well', async () => {
    await using here = await stage()
    const outputs = outputsOf(await here.run(NEW), here.coolify.url, 0)
    expect(outputs).toMatchObject({ 'image-tag': 'sha-0000002', 'failed-image-tag': undefined, reason: '' })
  })
})
