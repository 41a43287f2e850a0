import { describe, expect, it } from '@jest/globals'
import { outcomeOf } from '../src/start.ts'

describe('a refusal that was sent with status 200', () => {
  it.each([
    [
      'Unauthorized to deploy this resource',
      'Coolify responded: Unauthorized to deploy this resource',
      'create the token',
    ],
    ['Pull request 7 not found', 'Coolify responded: Pull request 7 not found', 'set `image-tag`'],
    [undefined, 'Coolify responded: the response names no started resource', 'Check the resource in Coolify.'],
  ])('is a failure, with the words of Coolify: %j', (message, cause, next) => {
    const started =
      message === undefined ? undefined : ({ resourceUuid: 'u', outcome: { kind: 'refused' }, message } as const)
    expect(() => outcomeOf(started, 'shop')).toThrow(
      expect.objectContaining({
        title: 'Coolify did not start shop',
        message: cause,
        next: expect.stringContaining(next),
      }),
    )
  })
})
