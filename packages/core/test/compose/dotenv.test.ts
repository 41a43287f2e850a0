import { parseEnvJson, parseEnvLines, writeDotenv } from '@deploy-actions/core/compose/dotenv'
import { describe, expect, it } from '@jest/globals'

describe('writeDotenv', () => {
  it.each([
    ['plain', "K='plain'\n"],
    ['', "K=''\n"],
    ['a $B #c "d"', `K='a $B #c "d"'\n`],
    ['two\nlines', "K='two\nlines'\n"],
    ["it's $5", `K="it's $$5"\n`],
    ['back\\slash', 'K="back\\0134slash"\n'],
    [`'"\\\n`, `K="'\\0042\\0134\\n"\n`],
    ['a\r\nb', 'K="a\\r\\nb"\n'],
  ])('writes %j', (value, line) => {
    expect(writeDotenv([['K', value]])).toBe(line)
  })

  it('keeps the order, and of two values the last', () => {
    const entries: [string, string][] = [
      ['B', '1'],
      ['A', '2'],
      ['B', '3'],
    ]
    expect(writeDotenv(entries)).toBe("B='3'\nA='2'\n")
    expect(writeDotenv(new Map(entries))).toBe("B='3'\nA='2'\n")
  })

  it.each(['', '1A', 'A B', 'A=B', 'Ä', 'A\n', 'export A'])('refuses the name %j', name => {
    expect(() => writeDotenv([[name, 'value']])).toThrow('write letters, digits')
  })

  it.each([
    ['a NUL byte', 'hush\0hush'],
    ['half a surrogate pair', 'hush\uD800'],
  ])('refuses %s and does not tell the value', (what, value) => {
    expect(() => writeDotenv([['KEY', value]])).toThrow(what)
    expect(() => writeDotenv([['KEY', value]])).not.toThrow('hush')
  })
})

describe('parseEnvLines', () => {
  it.each([
    ['A=1', 'A', '1'],
    ['  A = 1  ', 'A', '1'],
    ['export A=1', 'A', '1'],
    ['A=', 'A', ''],
    ['A=p$w#rd "x" \\n', 'A', 'p$w#rd "x" \\n'],
    ['A="  spaced  "', 'A', '  spaced  '],
    ["A='it is'", 'A', 'it is'],
    [`A="it's"`, 'A', "it's"],
    [`A=a "b"`, 'A', 'a "b"'],
    [`A=""`, 'A', ''],
    ['A=b=c', 'A', 'b=c'],
    ['A=<<b', 'A', '<<b'],
    ['a.b-c=1', 'a.b-c', '1'],
    ['A<<END\none\n\n # two=2\nEND', 'A', 'one\n\n # two=2'],
    ['A << END\none\n  END', 'A', 'one'],
    ['A<<END\nEND', 'A', ''],
    ['\uFEFFA=1\r', 'A', '1'],
  ])('reads %j', (text, name, value) => {
    expect(parseEnvLines(text)).toStrictEqual([[name, value]])
  })

  it('skips empty lines and comments', () => {
    expect(parseEnvLines('\n# a comment\n  # A=2\nA=1\r\n\r\nB=2\n')).toStrictEqual([
      ['A', '1'],
      ['B', '2'],
    ])
  })

  it.each([
    ['A', 'line 1 is not NAME=value'],
    ['A: hush', 'line 1 has ":" for "="'],
    ['A=1\n\n1B=hush', 'line 3 has a name'],
    ['A=1\nA=hush', 'line 2 sets A again, which line 1 sets'],
    ['A<<END\nhush', 'line 1 opens A<<, but no later line closes it'],
    ['A="hush" "b"', 'line 1 begins the value of A with a quote'],
    ["A='hush'x", 'line 1 begins the value of A with a quote'],
    ['A="hush # b', 'line 1 begins the value of A with a quote'],
    ['A="', 'line 1 begins the value of A with a quote'],
    ['A="hush\\"', 'use `env-json` or `env-names`'],
    ['A=-----BEGIN KEY-----\nhush+/', 'line 2 goes on with a value of several lines'],
  ])('refuses %j and quotes nothing of it', (text, complaint) => {
    expect(() => parseEnvLines(text)).toThrow(complaint)
    expect(() => parseEnvLines(text)).not.toThrow('hush')
  })

  it('names every problem at once', () => {
    expect(() => parseEnvLines('x\nA=1\ny z')).toThrow(/line 1 .*; line 3 /)
  })
})

describe('parseEnvJson', () => {
  it('keeps every character of a value', () => {
    const values = { A: 'plain', B: ' $x "q" \'s\' #\\ ', C: 'one\ntwo\n', D: '' }
    expect(parseEnvJson(JSON.stringify(values))).toStrictEqual(Object.entries(values))
  })
  it('is empty for an empty text', () => {
    expect(parseEnvJson(' \n')).toStrictEqual([])
  })
  it.each([
    ['{"A": "hush', 'is not one JSON object; write {"NAME": "value"}'],
    ['["hush"]', 'is not one JSON object'],
    ['null', 'is not one JSON object'],
    ['"hush"', 'is not one JSON object'],
    ['{"A": 1, "B": null, "C": ["hush"], "D": true}', 'A is not a text in quotes; B is null: set that secret'],
    ['{"A": "hush", "hush 1": "x"}', 'key 2 is not a name'],
  ])('refuses %j without quoting it', (text, complaint) => {
    expect(() => parseEnvJson(text)).toThrow(complaint)
    expect(() => parseEnvJson(text)).not.toThrow('hush')
  })
})
