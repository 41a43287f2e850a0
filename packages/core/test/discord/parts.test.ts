import { inspect } from 'node:util'
import { buttonRows, parseButton } from '@deploy-actions/core/discord/buttons'
import { parseColor } from '@deploy-actions/core/discord/color'
import { allowedMentions, mentionText, parseMention } from '@deploy-actions/core/discord/mentions'
import { parseWebhookUrl, snowflakeTime, webhookOf, webhookSecrets } from '@deploy-actions/core/discord/webhook'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { describe, expect, it, test } from '@jest/globals'

const TOKEN = 'tOkEn_-tOkEn_-tOkEn_-tOkEn_-tOkEn_-tOkEn_-tOkEn_-tOkEn_-tOkEn_-12345'

describe('parseColor', () => {
  test.each([
    ['#2ea44f', 0x2ea44f],
    ['2EA44F', 0x2ea44f],
    ['0x2ea44f', 0x2ea44f],
    ['#fff', 0xffffff],
    ['green', 0x2ea44f],
    [' Red ', 0xcb2431],
    ['16777215', 0xffffff],
    ['255', 255],
    ['0', 0],
  ])('%p is %p', (text, value) => {
    expect(parseColor(text)).toBe(value)
  })
  test.each([
    ['blurpel', /blurple\?/],
    ['#12345', /not a colour/],
    ['16777216', /not a colour/],
    ['', /not a colour/],
    ['rgb(1,2,3)', /not a colour/],
  ])('refuses %p', (text, message) => {
    expect(() => parseColor(text)).toThrow(message)
    expect(() => parseColor(text)).toThrow(InvalidValue)
  })
})

describe('parseWebhookUrl', () => {
  const right = `https://discord.com/api/webhooks/123456789012345678/${TOKEN}`
  test.each([
    [right, undefined],
    [`  ${right}\n`, undefined],
    [`${right}/`, undefined],
    [right.replace('/api/', '/api/v6/'), undefined],
    [right.replace('discord.com', 'canary.discordapp.com'), undefined],
    [`${right}?thread_id=998877665544332211`, '998877665544332211'],
  ])('reads %#', (text, thread) => {
    const webhook = parseWebhookUrl(text)
    expect(webhook).toMatchObject({ base: 'https://discord.com', id: '123456789012345678' })
    expect(webhook.token.reveal()).toBe(TOKEN)
    expect(webhook.threadId).toBe(thread)
  })

  test.each([
    ['no URL', 'discord webhook', /is not a URL/],
    ['http', right.replace('https', 'http'), /https/],
    ['another host', right.replace('discord.com', 'discord.example'), /another host/],
    ['a host that begins alike', right.replace('discord.com', 'discord.com.example'), /another host/],
    ['an invitation', 'https://discord.com/invite/abc', /not a webhook's/],
    ['/github', `${right}/github`, /ends with \/github/],
    ['/slack', `${right}/slack`, /ends with \/slack/],
    ['a wrong id', right.replace('123456789012345678', 'ID'), /17 to 20 digits/],
    ['a cut token', right.slice(0, -60), /token that is none/],
    ['a wrong thread', `${right}?thread_id=general`, /thread_id/],
    ['the start of a thread id', `${right}?thread_id=42`, /thread_id that is not an id of Discord \(17 to 20 digits\)/],
  ])('refuses %s without quoting it', (_name, text, message) => {
    expect(() => parseWebhookUrl(text)).toThrow(message)
    expect(() => parseWebhookUrl(text)).not.toThrow(new RegExp(TOKEN.slice(0, 8)))
  })

  it('takes any host with an address of the API', () => {
    const webhook = parseWebhookUrl(
      right.replace('https://discord.com', 'http://127.0.0.1:8080'),
      'http://127.0.0.1:8080',
    )
    expect(webhook.base).toBe('http://127.0.0.1:8080')
  })

  it('cannot be printed', () => {
    const webhook = webhookOf('123456789012345678', TOKEN)
    expect(`${JSON.stringify(webhook)} ${inspect(webhook)} ${webhook.token}`).not.toContain(TOKEN)
    expect(webhookSecrets(webhook).map(secret => secret.reveal())).toContain(right)
  })
})

describe('snowflakeTime', () => {
  it('is when it was made', () => {
    expect(new Date(snowflakeTime('175928847299117063')).toISOString()).toBe('2016-04-30T11:18:25.796Z')
  })
})

describe('mentions', () => {
  test.each([
    ['role:123456', '<@&123456>'],
    ['user: 123456', '<@123456>'],
    ['<@&123456>', '<@&123456>'],
    ['<@!123456>', '<@123456>'],
    ['@here', '@here'],
    ['everyone', '@everyone'],
  ])('%p is %p', (text, expected) => {
    expect(mentionText(parseMention(text))).toBe(expected)
  })
  test.each([
    ['@ops', /number/],
    ['role:ops', /Copy ID/],
    ['123456', /role:ID/],
  ])('refuses %p', (text, message) => {
    expect(() => parseMention(text)).toThrow(message)
  })
  it('allows what is listed and nothing else', () => {
    expect(allowedMentions([])).toEqual({ parse: [] })
    const mentions = ['role:123456', 'role:123456', 'user:654321', '@here'].map(parseMention)
    expect(allowedMentions(mentions)).toEqual({ parse: ['everyone'], roles: ['123456'], users: ['654321'] })
  })
})

describe('buttons', () => {
  test.each([
    ['Open the site: https://a.example/x', 'Open the site', 'https://a.example/x'],
    ['Logs | https://a.example/a=b:c', 'Logs', 'https://a.example/a=b:c'],
    ['🚀 Open https://a.example', '🚀 Open', 'https://a.example'],
    ['App: discord://-/channels/1', 'App', 'discord://-/channels/1'],
  ])('reads %p', (line, label, url) => {
    expect(parseButton(line)).toEqual({ type: 2, style: 5, label, url })
  })
  test.each([
    ['Open: steam://run/1', /without an address/],
    ['https://a.example', /without a label/],
    ['Open', /without an address/],
    [`Open: https://a.example/${'x'.repeat(500)}`, /longer than the 512/],
  ])('refuses %p', (line, message) => {
    expect(() => parseButton(line)).toThrow(message)
  })
  it('stand five in a row, five rows at most', () => {
    const rows = buttonRows(Array.from({ length: 27 }, (_, index) => parseButton(`${index}x https://a.example`)))
    expect(rows.map(row => row.components.length)).toEqual([5, 5, 5, 5, 5])
    expect(buttonRows(rows[0]?.components.slice(0, 1) ?? []).map(row => row.components.length)).toEqual([1])
    expect(buttonRows([])).toEqual([])
  })
})

it.each(['<@&123>', 'role:123', '<@12345678901234567890123>'])('the mention %s has an id of a wrong length', text => {
  expect(() => parseMention(text)).toThrow(/17 to 20 digits/)
})
