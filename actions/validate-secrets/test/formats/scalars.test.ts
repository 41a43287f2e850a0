import { describe, expect, it } from '@jest/globals'
import { complaint } from '../judging.ts'

describe('text', () => {
  it.each([
    'a-fine-value',
    'with inner spaces',
    '0',
    'false',
    'pässwörd-Ω-漢字',
    'line one\nline two\n',
    '$HOME is quoted later',
    '#not a comment',
    "it's",
    'p@ss:w/o?rd#1',
    'todos-and-exchange-me7',
    'my-example-of-a-long-name',
  ])('takes %j', async value => {
    expect(await complaint('text', value)).toBe('')
  })

  it.each([
    [' leading', 'whitespace: has white space at its start'],
    ['trailing ', 'whitespace: has white space at its end'],
    ['newline\n', 'whitespace: has a line break at its end'],
    ['\tboth\t', 'whitespace: has white space at both ends'],
    ['zero\u200bwidth', 'whitespace: has a zero-width character'],
    ['\ufeffbom', 'whitespace: has a byte order mark'],
    ['no\u00a0break', 'whitespace: has a no-break space'],
    ['bell\u0007', 'whitespace: has a control character'],
    ['bidi\u202eabc', 'whitespace: has a character that turns the direction'],
    [' \u200b\ufeff ', 'blank: is set, but to nothing'],
    ['\n', 'blank: is set, but to nothing'],
    ['VALUE=abc', 'format: starts with its own name'],
    ['export VALUE=abc', 'format: starts with its own name'],
    ['x'.repeat(48 * 1024 + 1), 'too-long: is larger than the 48 KB'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('text', value)).toContain(expected)
  })
})

describe('keys of every type', () => {
  it.each([
    [{ 'min-length': 3 }, 'abc', 'ab', 'too-short: has fewer than 3 characters'],
    [{ 'max-length': 3 }, 'äöü', 'abcd', 'too-long: has more than 3 characters'],
    [{ enum: ['s3', 'local'] }, 's3', 'S3', 'forbidden: is none of `s3`, `local`'],
    [{ 'starts-with': ['sk_', 'rk_'] }, 'rk_1', 'pk_1', 'format: does not start with `sk_` or `rk_`'],
    [{ 'ends-with': ['.com'] }, 'a.com', 'a.org', 'format: does not end with `.com`'],
    [{ pattern: '[a-z]{3}' }, 'abc', 'abcd', 'format: does not match the pattern'],
    [{ pattern: '[a-z]+|\\d+' }, '12', 'a1', 'format: does not match the pattern'],
    [{ 'min-entropy': 3 }, 'f8Kq2-zPw9', 'aaaaaaab', 'weak: has less than 3 bits'],
    [{ 'min-entropy': 2 }, 'f8Kq2-zPw9', 'abcdefghijkl', 'weak: is a run of neighbouring'],
  ])('%j takes %j and refuses %j', async (options, good, bad, expected) => {
    expect(await complaint('text', good, options)).toBe('')
    expect(await complaint('text', bad, options)).toContain(expected)
  })

  it('ends a pattern that would run for ever', async () => {
    expect(await complaint('text', `${'a'.repeat(40)}!`, { pattern: '(a+)+' })).toContain(
      'config: cannot be held against',
    )
  })

  it('compares values of other names', async () => {
    const others = { OTHER: 'the same value' }
    expect(await complaint('text', 'the same value', { 'not-equal-to': ['OTHER'] }, others)).toBe(
      'forbidden: has the same value as `OTHER`',
    )
    expect(await complaint('text', 'another', { 'not-equal-to': ['OTHER'] }, others)).toBe('')
  })
})

describe('enum and pattern as types', () => {
  const storage = { enum: ['s3', 'local', 'gcs', '1', 'true', 'a b', 'Ü', 'x-y', 'z_1', '0'] }
  it.each(storage.enum)('enum takes %j', async value => {
    expect(await complaint('enum', value, storage)).toBe('')
  })
  it.each(['S3', 'Local', 's3x', '', ' ', 'gcs,local', 'TRUE', '01', 'a  b', 'xy', '"s3"'])(
    'enum refuses %j',
    async value => {
      expect(await complaint('enum', value, storage)).not.toBe('')
    },
  )
  const ticket = { pattern: '[A-Z]{2,4}-\\d{1,5}' }
  it.each(['AB-1', 'ABC-12', 'ABCD-123', 'XY-99999', 'QQ-0', 'ZZZ-1', 'AA-10', 'BB-100', 'CC-1000', 'DD-10000'])(
    'pattern takes %j',
    async value => {
      expect(await complaint('pattern', value, ticket)).toBe('')
    },
  )
  it.each(['A-1', 'ABCDE-1', 'ab-1', 'AB1', 'AB-', 'AB-123456', 'xAB-1', 'AB-1x', 'AB-1\nAB-2', 'AB 1', 'AB-١'])(
    'pattern refuses %j',
    async value => {
      expect(await complaint('pattern', value, ticket)).not.toBe('')
    },
  )
})

describe('uuid', () => {
  it.each([
    '123e4567-e89b-12d3-a456-426614174000',
    '123E4567-E89B-12D3-A456-426614174000',
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
    'ffffffff-ffff-ffff-ffff-fffffffffffe',
    '9b2b8b5e-0f3e-4b8e-8a1b-1a2b3c4d5e6f',
    '00000000-0000-0000-0000-000000000001',
    'c56a4180-65aa-42ec-a945-5fd21dec0538',
  ])('takes %s', async value => {
    expect(await complaint('uuid', value)).toBe('')
  })

  it.each([
    ['123e4567e89b12d3a456426614174000', 'without its hyphens'],
    ['{123e4567-e89b-12d3-a456-426614174000}', 'something around it'],
    ['urn:uuid:123e4567-e89b-12d3-a456-426614174000', 'something around it'],
    ['123e4567-e89b-12d3-a456-42661417400', 'is no UUID'],
    ['123e4567-e89b-12d3-a456-4266141740000', 'is no UUID'],
    ['123e4567-e89b-12d3-a456_426614174000', 'is no UUID'],
    ['g23e4567-e89b-12d3-a456-426614174000', 'is no UUID'],
    ['00000000-0000-0000-0000-000000000000', 'placeholder'],
    ['123e4567-e89b-12d3-a456-426614174000 ', 'white space at its end'],
    ['"123e4567-e89b-12d3-a456-426614174000"', 'quotes around it'],
    ['123e4567-e89b-12d3-a456', 'is no UUID'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('uuid', value)).toContain(expected)
  })
})

describe('integer', () => {
  it.each([
    '0',
    '1',
    '-1',
    '+7',
    '42',
    '65536',
    '9007199254740991',
    '98765432109876543',
    `-${'9'.repeat(40)}`,
    '100',
    '10',
  ])('takes %s', async value => {
    expect(await complaint('integer', value)).toBe('')
  })

  it.each([
    ['1e3', 'not in decimal digits'],
    ['0x16', 'not in decimal digits'],
    ['22.0', 'has a fraction'],
    ['42abc', 'is no whole number'],
    ['1,000', 'has a fraction'],
    ['1,000,000', 'separators between its digits'],
    ['1_000', 'separators between its digits'],
    ['007', 'zeros in front'],
    ['١٢', 'is no whole number'],
    ['--1', 'is no whole number'],
    ['5s', 'is no whole number'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('integer', value)).toContain(expected)
  })

  it('keeps to min and max', async () => {
    expect(await complaint('integer', '5', { min: 1, max: 5 })).toBe('')
    expect(await complaint('integer', '0', { min: 1, max: 5 })).toBe('forbidden: is below 1')
    expect(await complaint('integer', '6', { min: 1, max: 5 })).toBe('forbidden: is above 5')
    expect(await complaint('integer', '98765432109876543', { max: 9_007_199_254_740_991 })).toContain('is above')
  })
})

describe('port', () => {
  it.each(['1', '22', '80', '443', '2222', '3000', '5432', '8080', '49152', '65535'])('takes %s', async value => {
    expect(await complaint('port', value)).toBe('')
  })

  it.each([
    ['0', 'outside 1 to 65535'],
    ['65536', 'outside 1 to 65535'],
    ['-22', 'no port number'],
    ['022', 'zeros in front'],
    [':22', 'starts with a colon'],
    ['host:22', 'has a host in front'],
    ['22/tcp', 'names a protocol'],
    ['ssh', 'no port number'],
    ['22.0', 'no port number'],
    ['22 23', 'no port number'],
    ['22\n', 'line break at its end'],
    ['"22"', 'quotes around it'],
  ])('refuses %j', async (value, expected) => {
    expect(await complaint('port', value)).toContain(expected)
  })

  it('keeps to min and max', async () => {
    expect(await complaint('port', '80', { min: 1024 })).toContain('outside 1024 to 65535')
  })
})

describe('boolean', () => {
  it.each(['true', 'false', 'TRUE', 'False', 'yes', 'NO', 'on', 'Off', '1', '0'])('takes %s', async value => {
    expect(await complaint('boolean', value)).toBe('')
  })
  it.each(['t', 'f', 'y', 'n', '2', '-1', 'enabled', 'ja', 'truee', '"true"', 'true ', 'oui'])(
    'refuses %j',
    async value => {
      expect(await complaint('boolean', value)).not.toBe('')
    },
  )
})

describe('semver', () => {
  it.each([
    '0.0.0',
    '1.2.3',
    '10.20.30',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-0A.is.legal',
    '1.2.3-rc.1+build.5',
    '1.0.0+20130313144700',
    '2.0.0-rc.1',
    '1.1.2-prerelease+meta',
    '1.0.0--1',
  ])('takes %s', async value => {
    expect(await complaint('semver', value)).toBe('')
  })
  it.each([
    ['v1.2.3', 'starts with v'],
    ['1', 'fewer than three numbers'],
    ['1.2', 'fewer than three numbers'],
    ['1.2.3.4', 'no semantic version'],
    ['^1.2.3', 'is a range'],
    ['~1.2.3', 'is a range'],
    ['1.2.x', 'is a range'],
    ['01.2.3', 'zeros in front'],
    ['1.2.3-', 'no semantic version'],
    ['1.2.3-rc..1', 'no semantic version'],
    ['1.2.3+', 'no semantic version'],
    ['latest', 'no semantic version'],
    ['1.2.3-01', 'no semantic version'],
  ])('refuses %s', async (value, expected) => {
    expect(await complaint('semver', value)).toContain(expected)
  })
  it('takes a prefix that is asked for', async () => {
    expect(await complaint('semver', 'v1.2.3', { prefix: 'v' })).toBe('')
    expect(await complaint('semver', '1.2.3', { prefix: 'v' })).toContain('does not start with `v`')
  })
})
