import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { branch } from '../../../test/differential/compute-tags/events.ts'
import { acceptedTag } from '../src/accepted-tag.ts'
import { runFor, tag, tagsOf } from './scenario.ts'

const VALID_TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const texts = fc
  .array(
    fc.oneof(fc.constantFrom('-', '.', '/', 'latest', '1.2.3', 'sha-4f1c2ad', '機能', 'é', '#', '@', ' '), fc.string()),
    { minLength: 1, maxLength: 5 },
  )
  .map(parts => parts.join(''))
  .filter(text => text !== '')

describe('acceptedTag', () => {
  it('yields a tag that every registry accepts, or none', () => {
    fc.assert(
      fc.property(texts, text => {
        const { tag, changes } = acceptedTag(text)
        if (tag === '') expect(changes).toHaveLength(1)
        else expect(tag).toMatch(VALID_TAG)
      }),
    )
  })

  it('never turns a text that starts with an invalid character into the tag of another text', () => {
    const starts = fc.constantFrom('-', '.', '/', '機能', '機能/', '#', '@', 'é-', '---')
    fc.assert(
      fc.property(starts, texts, (start, rest) => {
        const { tag } = acceptedTag(start + rest)
        expect(tag).not.toBe(acceptedTag(rest).tag || undefined)
        expect(rest.includes(tag) && tag !== '').toBe(false)
      }),
    )
  })

  it.each([
    ['main', 'main'],
    ['feature/x', 'feature-x'],
    ['_x', '_x'],
    ['機能-latest', 'b-e2b59715-latest'],
    ['機能', 'b-b0e21b8e'],
    ['-stable', ''],
    ['/stable', ''],
    ['.hidden', ''],
    ['---', ''],
  ])('makes of %s the tag "%s"', (text, expected) => {
    expect(acceptedTag(text).tag).toBe(expected)
  })
})

describe('a rule whose text a tag cannot start with', () => {
  it.each([
    [
      'a branch under a policy',
      branch('機能', 'push-main'),
      { policy: 'branch-latest' },
      ['b-e2b59715-latest', 'sha-4f1c2ad'],
      'starts with characters that a tag cannot have',
    ],
    [
      'an empty expression in value',
      'main',
      { tags: 'type=raw,value={{tag}}-stable\ntype=sha' },
      ['sha-4f1c2ad'],
      '-stable starts with "-"',
    ],
    [
      'an empty expression in prefix',
      'main',
      { tags: 'type=raw,value=stable,prefix={{tag}}-\ntype=sha' },
      ['sha-4f1c2ad'],
      '-stable starts with "-"',
    ],
    [
      'an empty expression in the flavor',
      tag('v1.2.3'),
      {
        tags: 'type=sha,prefix=\ntype=semver,pattern={{version}},prefix=v',
        flavor: 'prefix={{branch}}-,onlatest=true',
      },
      ['v1.2.3', '9a70e3b'],
      '`flavor`: -latest starts with "-"',
    ],
  ] as const)('yields no tag of another rule: %s', async (_, event, inputs, expected, warning) => {
    const result = await runFor(event, inputs)
    expect(tagsOf(result)).toEqual(expected)
    expect(result.warnings).toEqual(expect.arrayContaining([expect.stringContaining(warning)]))
  })
})
