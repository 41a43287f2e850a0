import { disarmCommands } from '@deploy-actions/core/runner/log'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

const COMMANDS = ['error', 'set-output', 'add-mask', 'stop-commands', 'group']

/**
 * Whether a runner would take a line for a command, as its own two readers do: `::name` after any white space of .NET's, and
 * `##[name` anywhere. https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
function isCommand(line: string): boolean {
  const [, second] =
    /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*::([^ :]*)/.exec(line) ?? []
  const [, first] = /##\[([^ \]]*)/.exec(line) ?? []
  return [first, second].some(name => COMMANDS.includes(name ?? ''))
}

/** The runner reads lines as .NET's StreamReader does. */
const linesOf = (text: string) => text.split(/\r\n|\r|\n/)

describe('disarmCommands', () => {
  it.each([
    '::set-output name=result::passed',
    '  ::add-mask::x',
    '\t\u00a0\u2028::error::x',
    '\u0085::error::x',
    'one\r::stop-commands::x',
    'one\r\n::error::x',
    '##[group]x',
    '  ##[error]x',
    '{"message":"##[set-output name=result]passed"}',
  ])('leaves no command in %j', text => {
    expect(linesOf(text).some(isCommand)).toBe(true)
    expect(linesOf(disarmCommands(text)).filter(isCommand)).toEqual([])
  })

  it('leaves no command in any text', () => {
    const part = fc.constantFrom('::', '##[', 'error', 'group', ' ', '\r', '\n', '\u0085', '\u200b', ']', ':', '#', 'x')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), parts => {
        expect(linesOf(disarmCommands(parts.join(''))).filter(isCommand)).toEqual([])
      }),
    )
  })

  it('changes nothing else', () => {
    expect(disarmCommands('a::b\n# [x] ::\nstd::vector')).toBe('a::b\n# [x] ::\nstd::vector')
  })
})
