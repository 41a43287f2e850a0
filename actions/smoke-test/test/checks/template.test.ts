import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseTemplate, variablesIn } from '../../src/checks/template.ts'

const escaped = (text: string) => text.split('${').join('$${')

const filled = (text: string, value: (name: string) => string) => {
  const template = parseTemplate(text)
  if (!template.ok) throw new Error(template.problem)
  return template.parts.map(part => (typeof part === 'string' ? part : value(part.name))).join('')
}

describe('parseTemplate', () => {
  it.each([
    ['plain', ['plain']],
    ['', []],
    ['$5 and $', ['$5 and $']],
    ['a${B}c', ['a', { name: 'B', fallback: undefined }, 'c']],
    ['${A:-x}', [{ name: 'A', fallback: 'x' }]],
    ['${A:-}', [{ name: 'A', fallback: '' }]],
    ['${captures.token}', [{ name: 'token', fallback: undefined }]],
    ['$${A}', ['${', 'A}']],
    ['$$${A}', ['$', '${', 'A}']],
    [
      '${A}${B}',
      [
        { name: 'A', fallback: undefined },
        { name: 'B', fallback: undefined },
      ],
    ],
  ])('reads %j', (text, parts) => {
    expect(parseTemplate(text)).toEqual({ ok: true, parts })
  })

  it.each(['${', '${A', '${}', '${A B}', '${A-x}', '${A:?x}', '${1A}', '${${A}}', '${captures.a:-x}', '${other.a}'])(
    'refuses %j',
    text => {
      expect(parseTemplate(text).ok).toBe(false)
    },
  )

  const text = fc
    .array(fc.constantFrom('$', '{', '}', 'A', '${', '$${', '\n'), { maxLength: 12 })
    .map(parts => parts.join(''))

  it('gives back what was escaped', () => {
    fc.assert(fc.property(fc.oneof(text, fc.string()), written => filled(escaped(written), () => '?') === written))
  })

  it('leaves a text without variables as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter(written => !written.includes('${')),
        written => filled(written, () => '?') === written,
      ),
    )
  })

  it('puts a value where its name stands, and looks for no variables in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), text, (before, after, value) => {
        const written = `${escaped(before)}\${A}${escaped(after)}`
        // A dollar sign before the brace would escape it.
        fc.pre(!before.endsWith('$'))
        expect(filled(written, () => value)).toBe(`${before}${value}${after}`)
        expect(variablesIn(written)).toEqual(['A'])
      }),
    )
  })
})
