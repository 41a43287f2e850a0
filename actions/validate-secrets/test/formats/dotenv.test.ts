import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readDotenv } from '../../src/formats/dotenv.ts'
import { complaint, judgeBy } from '../judging.ts'

describe('dotenv', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# comment\n\n  export A = x y \n', { A: 'x y' }],
    ['A=pa#ss # comment', { A: 'pa#ss' }],
    ['A=\'x # y\'\nB="two\nlines" # comment\nC=', { A: 'x # y', B: 'two\nlines', C: '' }],
    ['A="a\\nb\\"c"', { A: 'a\nb"c' }],
    ['A=postgres://u:p@h/d?x=y', { A: 'postgres://u:p@h/d?x=y' }],
  ])('reads %j', async (text, expected) => {
    expect(Object.fromEntries(readDotenv(text).entries)).toEqual(expected)
    expect(await complaint('dotenv', text)).toBe('')
  })

  it.each([
    ['A=1\nB', 'is wrong in line 2'],
    ['A=1\n- B: 2', 'is wrong in line 2'],
    ['A=1\nB="x\nC=2', 'has a quote without its end in line 2'],
    ['A=1\nB=2\nA=3', 'sets a name again in line 3'],
    ['# nothing', 'sets no name'],
    ['{"A": 1}', 'is wrong in line 1'],
  ])('refuses %j', async (text, expected) => {
    expect(await complaint('dotenv', text)).toContain(expected)
  })

  it('reads back what is written with quotes', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/)
    const value = fc.string().filter(text => !/[\r]/.test(text))
    fc.assert(
      fc.property(fc.dictionary(name, value), entries => {
        const lines = Object.entries(entries).map(
          ([key, text]) => `${key}="${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
        )
        const { entries: read, flaws } = readDotenv(lines.join('\n'))
        expect([Object.fromEntries(read), flaws]).toEqual([entries, []])
      }),
    )
  })
})

describe('the rules for the names in a .env', () => {
  const RULES = `secrets:
  ENV_FILE:
    type: dotenv
    names:
      JWT_SECRET: { min-length: 32 }
      DATABASE_URL: { type: database-url, schemes: [postgres] }
      KEY: { type: base64, required: false, not-equal-to: [JWT_SECRET] }
      DEBUG: { type: boolean, required: false, environments: { production: { forbidden: true } } }
      MODE: { required: false, severity: warning, enum: [a, b] }`
  const found = async (text: string, environment = '') =>
    (await judgeBy(RULES, { ENV_FILE: text }, { environment })).verdicts[0]?.problems.map(
      ({ severity, code, text: told }) => `${severity} ${code}: ${told}`,
    )
  const GOOD = 'JWT_SECRET=f8Kq2zPw9Lm4Xr7tf8Kq2zPw9Lm4Xr7v\nDATABASE_URL=postgresql://app:S3cure-pw-91@db/app'

  it('hold for each name, and say which', async () => {
    expect(await found(GOOD)).toEqual([])
    expect(await found('JWT_SECRET=f8Kq2zPw9\nKEY=hello!\nMODE=c')).toEqual([
      'error too-short: has `JWT_SECRET`, which has fewer than 32 characters',
      'error missing: lacks `DATABASE_URL`',
      'error format: has `KEY`, which has characters that base64 does not have',
      'warning forbidden: has `MODE`, which is none of `a`, `b`',
    ])
  })

  it('hold by environment', async () => {
    expect(await found(`${GOOD}\nDEBUG=true`, 'staging')).toEqual([])
    expect(await found(`${GOOD}\nDEBUG=true`, 'Production')).toEqual([
      'error forbidden: has `DEBUG`, which is set, and must not be',
    ])
  })

  it('find the text of a template', async () => {
    expect(await found(GOOD.replace(/JWT_SECRET=.*/, 'JWT_SECRET=change-me'))).toEqual([
      'error placeholder: has a text of a template in line 1, not a value',
    ])
  })
})
