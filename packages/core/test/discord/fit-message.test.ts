import { codePoints } from '@deploy-actions/core/discord/code-points'
import { embedSize, fitMessage } from '@deploy-actions/core/discord/fit-message'
import type { Embed, Message } from '@deploy-actions/core/discord/message'
import { describe, expect, it, test } from '@jest/globals'
import type { RESTPostAPIWebhookWithTokenJSONBody } from 'discord-api-types/v10'
import fc from 'fast-check'

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T
/** Its list of kinds is an enum, which no text fits into. */
type AsDiscordHasIt = Omit<RESTPostAPIWebhookWithTokenJSONBody, 'allowed_mentions'>

/** What is sent is what Discord's types allow; the compiler holds it. */
function asDiscordSees(message: Message): AsDiscordHasIt {
  return structuredClone(message) as Mutable<Message>
}

describe('fitMessage', () => {
  it('leaves alone what fits, and pings nobody', () => {
    const { message, notes } = fitMessage({ content: 'hello', embeds: [{ title: 't', color: 1 }] })
    expect(asDiscordSees(message)).toEqual({
      content: 'hello',
      embeds: [{ title: 't', color: 1 }],
      allowed_mentions: { parse: [] },
    })
    expect(notes).toEqual([])
  })

  it('counts code points, so that 256 rockets are a title', () => {
    const title = '🚀'.repeat(256)
    expect(fitMessage({ embeds: [{ title }] })).toMatchObject({ message: { embeds: [{ title }] }, notes: [] })
    const { message, notes } = fitMessage({ embeds: [{ title: `${title}🚀` }] })
    expect(codePoints(message.embeds?.[0]?.title ?? '')).toBe(256)
    expect(notes).toEqual(['the title was cut from 257 to 256 characters'])
  })

  test.each([
    ['content', (text: string) => ({ content: text }), 2_000],
    ['title', (text: string) => ({ embeds: [{ title: text }] }), 256],
    ['description', (text: string) => ({ embeds: [{ description: text }] }), 4_096],
    ['footer', (text: string) => ({ embeds: [{ footer: { text } }] }), 2_048],
    ['author', (text: string) => ({ embeds: [{ author: { name: text } }] }), 256],
    ['name of a field', (text: string) => ({ embeds: [{ fields: [{ name: text, value: 'v' }] }] }), 256],
    ['value of a field', (text: string) => ({ embeds: [{ fields: [{ name: 'n', value: text }] }] }), 1_024],
    ['username', (text: string) => ({ content: 'c', username: text }), 80],
    ['name of a thread', (text: string) => ({ content: 'c', thread_name: text }), 100],
  ])('cuts the %s', (_name, messageOf, max) => {
    const { message, notes } = fitMessage(messageOf('x'.repeat(max + 1)))
    expect(JSON.stringify(message)).toContain(`"${'x'.repeat(max - 1)}…"`)
    expect(notes).toHaveLength(1)
    expect(fitMessage(messageOf('x'.repeat(max))).notes).toEqual([])
  })

  it('makes of 26 fields 25, the last one of which names the rest', () => {
    const fields = Array.from({ length: 26 }, (_, index) => ({ name: `n${index}`, value: 'v' }))
    const { message, notes } = fitMessage({ embeds: [{ fields }] })
    expect(message.embeds?.[0]?.fields).toHaveLength(25)
    expect(message.embeds?.[0]?.fields?.[24]).toEqual({ name: 'and 2 more', value: 'n24, n25', inline: false })
    expect(notes[0]).toMatch(/only 25 fields fit/)
  })

  it('gives an empty name or value an invisible one', () => {
    const { message } = fitMessage({ embeds: [{ fields: [{ name: ' ', value: '' }] }] })
    expect(message.embeds?.[0]?.fields).toEqual([{ name: '\u200b', value: '\u200b', inline: false }])
  })

  it('leaves out what Discord would refuse the message for', () => {
    const { message, notes } = fitMessage({
      content: 'c',
      username: 'My Discord bot',
      avatar_url: 'not a url',
      embeds: [{ title: 't', url: 'ftp://a', color: 0x1000000, image: { url: 'C:\\x.png' }, timestamp: 'yesterday' }],
    })
    expect(message).toEqual({ content: 'c', embeds: [{ title: 't' }], allowed_mentions: { parse: [] } })
    expect(notes).toHaveLength(5)
  })

  it('drops an embed that shows nothing', () => {
    expect(fitMessage({ content: 'c', embeds: [{ color: 5, title: '  ' }] }).message.embeds).toBeUndefined()
  })

  it('brings the sum over all embeds to 6000, descriptions first', () => {
    const fields = Array.from({ length: 5 }, () => ({ name: 'field', value: 'v'.repeat(1_000) }))
    const { message, notes } = fitMessage({ embeds: [{ title: 'kept', description: 'd'.repeat(4_000), fields }] })
    const embed = message.embeds?.[0]
    expect(embedSize(embed ?? {})).toBeLessThanOrEqual(6_000)
    expect(codePoints(embed?.description ?? '')).toBeGreaterThanOrEqual(400)
    expect(embed?.title).toBe('kept')
    expect(notes).toEqual(['the embeds were cut to the 6000 characters that they may have together'])
  })

  it('keeps every limit whatever it is given', () => {
    const text = (max: number) => fc.string({ unit: 'grapheme', maxLength: max })
    const embed = fc.record(
      {
        title: text(300),
        description: fc.string({ unit: 'binary', maxLength: 5_000, size: 'max' }),
        footer: fc.record({ text: text(2_500) }),
        fields: fc.array(fc.record({ name: text(300), value: text(1_200) }), { maxLength: 30 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(embed, { maxLength: 12 }), (embeds: Embed[]) => {
        const fitted = fitMessage({ content: 'c', embeds }).message.embeds ?? []
        expect(fitted.length).toBeLessThanOrEqual(10)
        expect(fitted.reduce((sum, one) => sum + embedSize(one), 0)).toBeLessThanOrEqual(6_000)
        for (const one of fitted) {
          expect(codePoints(one.title ?? '')).toBeLessThanOrEqual(256)
          expect(one.fields?.length ?? 0).toBeLessThanOrEqual(25)
          for (const { name, value } of one.fields ?? []) {
            expect(name).not.toBe('')
            expect(value).not.toBe('')
            expect(codePoints(value)).toBeLessThanOrEqual(1_024)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
