import { writeDotenv } from '@deploy-actions/core/compose/dotenv'
import { differingNames } from '@deploy-actions/core/compose/env-differences'
import { describe, expect, it } from '@jest/globals'

describe('differingNames', () => {
  it('names what has another value, what is new and what is gone', () => {
    const before = 'A=1\nB=\'2\'\n# note\nexport GONE = x # why\nSAME="a\\"b"\n'
    const after = 'A=2\nB=\'2\' # note\nSAME="a\\"b"\nNEW=\nA=3\n'
    expect(differingNames(before, after)).toEqual(['A', 'GONE'])
    expect(differingNames('', '')).toEqual([])
    expect(differingNames('A=1\u2028B=2\r\n', 'A=1\u2028B=3\n')).toEqual(['A'])
  })

  it('reads what the action writes, and takes no line of a value for a name', () => {
    const pem = '-----BEGIN KEY-----\nSECRET=a\nQUJDREVG==\n-----END KEY-----'
    const odd = `it's "a" \\ $HOME\r\n'=`
    const write = (key: string) =>
      writeDotenv([
        ['KEY', key],
        ['ODD', odd],
        ['LAST', ''],
      ])
    expect(differingNames(write(pem), write(`${pem}x`))).toEqual(['KEY'])
    expect(differingNames(write(pem), write(pem))).toEqual([])
    expect(differingNames(write(`${odd}1`), write(`${odd}2`))).toEqual(['KEY'])
  })

  it('takes no end of a secret in base64 for a name, though it ends in an equals sign', () => {
    const secret = (end: string) => `KEY=c2VjcmV0\n${end}=\n`
    expect(differingNames(secret('b2xkLXNlY3JldC1lbmQ'), secret('bmV3LXNlY3JldC1lbmQ'))).toEqual([])
  })

  it.each([
    ['a value of several lines without quotes', 'KEY=-----BEGIN-----\nTUlJRXZRSUJBREFO\n-----END-----'],
    ['padding that looks like an assignment', 'KEY=abc\nQUJDREVG=='],
    ['a line without an equals sign', 'KEY=abc\nQUJDREVG'],
    ['a quote that does not close', "KEY='abc\nA=1"],
    ['text behind a quote', "KEY='abc'def\nA=1"],
  ])('names nothing beside %s', (_, text) => {
    expect(differingNames(text, 'A=1')).toBeUndefined()
    expect(differingNames('A=1', text)).toBeUndefined()
  })
})
