import { execFileSync } from 'node:child_process'
import { quoteArgument, quoteCommand } from '@deploy-actions/core/host/quote'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

/** What a real shell makes of the line: its words, apart by NUL. */
function wordsOf(line: string): string[] {
  const output = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
  return output.split('\0').slice(0, -1)
}

describe('quoteArgument', () => {
  it.each([
    ['plain', 'docker-compose.prod.yml', 'docker-compose.prod.yml'],
    ['empty', '', "''"],
    ['a space', 'a b', "'a b'"],
    ['a quote', "it's", "'it'\\''s'"],
    ['a backslash, which fish would eat inside of quotes', 'a\\b', "'a'\\\\'b'"],
    ['an assignment', 'A=b', "'A=b'"],
    ['a home folder', '~root', "'~root'"],
  ])('%s', (_, argument, quoted) => {
    expect(quoteArgument(argument)).toBe(quoted)
  })

  it('brings any argument through a real shell, byte for byte', () => {
    const argument = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed())
    const awkward = fc.string({ unit: fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;~#=% \t\n\r-aé😀') })
    fc.assert(
      fc.property(fc.array(fc.oneof(argument, awkward), { minLength: 1, maxLength: 40 }), words => {
        expect(wordsOf(words.map(quoteArgument).join(' '))).toEqual(words)
      }),
    )
  })

  it('refuses NUL, which no argument can hold', () => {
    expect(() => quoteArgument('a\0b')).toThrow('NUL')
  })
})

describe('quoteCommand', () => {
  it('keeps the program from being taken for a word of the shell', () => {
    expect(quoteCommand(['if', 'true'])).toBe("'if' true")
  })

  it('refuses a command without a program', () => {
    expect(() => quoteCommand([])).toThrow('needs a program')
  })
})
