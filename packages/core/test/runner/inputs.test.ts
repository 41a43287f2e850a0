import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'

describe('InputReader', () => {
  it('reads each kind', () => {
    const read = new InputReader({
      'INPUT_KNOWN-HOSTS': ' a \n# comment\n\n b ',
      INPUT_FORCE: 'True',
      INPUT_WAIT: '2m',
      INPUT_MODE: 'deploy',
      INPUT_TRIES: '3',
    })
    expect(read.lines('known-hosts')).toEqual(['a', 'b'])
    expect(read.boolean('force')).toBe(true)
    expect(read.duration('wait')).toBe(120_000)
    expect(read.choice('mode', ['deploy', 'status'])).toBe('deploy')
    expect(read.integer('tries', { min: 1, max: 9 })).toBe(3)
    expect(read.secret('key')).toBeUndefined()
    expect(() => read.finish()).not.toThrow()
  })

  it('accepts an alias with a notice, and refuses it beside the name itself', () => {
    const read = new InputReader({ INPUT_USERNAME: 'deploy', INPUT_KEY: 'a', INPUT_OTHER: 'b' })
    expect(read.text(read.nameOf('user', 'username'))).toBe('deploy')
    expect(read.text(read.nameOf('key', 'secret'))).toBe('a')
    expect(read.notices).toEqual(['`username` was read as `user`, which is the name of this input.'])
    read.nameOf('key', 'other')
    expect(() => read.finish()).toThrow('`other` and `key` are both set; keep only `key`')
  })

  it('tells all problems in one message', () => {
    const read = new InputReader({ INPUT_FORCE: 'yes', INPUT_WAIT: '30', INPUT_MODE: 'go', INPUT_TRIES: '0' })
    read.required('host', 'name the server')
    read.boolean('force')
    read.duration('wait')
    read.choice('mode', ['deploy', 'status'])
    read.integer('tries', { min: 1, max: 9 })
    expect(() => read.finish()).toThrow(
      [
        '- `host` is missing; name the server',
        '- `force` is "yes"; write true or false',
        '- `wait` is "30", a number without a unit; write 30s for seconds or 30m for minutes',
        '- `mode` is "go"; choose one of deploy, status',
        '- `tries` is "0"; write a whole number from 1 to 9',
      ].join('\n'),
    )
  })
})
