import { compareWithOpenApi } from '@deploy-actions/testkit/discord/compare-openapi'
import {
  ATTACHMENT_KEYS,
  EXECUTE,
  type Fact,
  MESSAGE_KEYS,
  RATE_HEADERS,
  WEBHOOK_KEYS,
} from '@deploy-actions/testkit/discord/facts'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { describe, expect, it, test } from '@jest/globals'

const AGENT = { 'user-agent': 'DiscordBot (https://github.com/org/actions, 1.0.0)' }
const HEADERS = { ...AGENT, 'content-type': 'application/json' }

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

async function call(
  webhook: FakeWebhook,
  method: string,
  path: string,
  body?: unknown,
  version = '/v10',
): Promise<Answer> {
  const url = webhook.url.replace('/api/', `/api${version}/`) + path
  const response = await fetch(url, { method, headers: HEADERS, ...(body ? { body: JSON.stringify(body) } : {}) })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : {}, headers: response.headers }
}

const post = (webhook: FakeWebhook, body: unknown, query = '?wait=true', version = '/v10') =>
  call(webhook, 'POST', query, body, version)

/** A body with a value at one place of the facts, and around it what must be there. */
function bodyWith(place: string, value: unknown): Record<string, unknown> {
  const steps = place.split(/\.|(?=\[\])/)
  const node = (index: number): unknown => {
    const step = steps[index]
    if (step === undefined) return value
    if (step === '[]') return [node(index + 1)]
    const field = place.startsWith('embeds[].fields[]') && index === 4 ? { name: 'n', value: 'v' } : {}
    const button =
      place.startsWith('components[].components[]') && index === 4
        ? { type: 2, style: 5, label: 'l', url: 'https://a.example' }
        : {}
    const attachment = steps[0] === 'attachments' && index === 2 ? { id: '0' } : {}
    return { ...field, ...button, ...attachment, [step]: node(index + 1) }
  }
  return { content: 'c', ...(node(0) as object) }
}

const unlimited = { rate: { limit: 10_000, window: 1 } }

describe('the fake by the facts of the description', () => {
  const limits = Object.entries(EXECUTE).filter(([, fact]) => fact.max !== undefined && fact.format === undefined)

  const valueFor = (fact: Fact, length: number): unknown => {
    switch (fact.type) {
      case 'string':
        // Two UTF-16 units each, one character to Discord.
        return '🚀'.repeat(length)
      case 'integer':
        return length
      default:
        return undefined
    }
  }

  test.each(limits.filter(([, fact]) => fact.type === 'string' || fact.type === 'integer'))(
    'takes %s to the last character and refuses one more',
    async (place, fact) => {
      await using discord = await FakeDiscord.start(unlimited)
      const webhook = discord.addWebhook({ kind: place === 'thread_name' ? 'forum' : 'text', name: 'w' })
      const query = '?wait=true&with_components=true'
      const max = fact.max ?? 0
      expect((await post(webhook, bodyWith(place, valueFor(fact, max)), query)).status).toBe(200)
      const refused = await post(webhook, bodyWith(place, valueFor(fact, max + 1)), query)
      expect(refused.status).toBe(400)
      expect(refused.body).toMatchObject({ code: 50035, message: 'Invalid Form Body' })
      const path = place.replaceAll('[]', '.0').split('.')
      const leaf = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], refused.body['errors'])
      expect(leaf).toHaveProperty('_errors')
    },
  )

  it('answers with every key that the description requires', async () => {
    await using discord = await FakeDiscord.start()
    const webhook = discord.addWebhook()
    const form = new FormData()
    form.set('payload_json', JSON.stringify({ content: 'c', embeds: [{ title: 't' }] }))
    form.set('files[0]', new File(['hello'], 'a.txt', { type: 'text/plain' }))
    const response = await fetch(`${webhook.url.replace('/api/', '/api/v10/')}?wait=true`, {
      method: 'POST',
      headers: AGENT,
      body: form,
    })
    const message = (await response.json()) as Record<string, unknown> & { attachments: object[] }
    for (const key of MESSAGE_KEYS) expect(message).toHaveProperty(key)
    for (const key of ATTACHMENT_KEYS) expect(message.attachments[0]).toHaveProperty(key)
    for (const name of RATE_HEADERS) expect(response.headers.has(name)).toBe(true)
    const facts = await call(webhook, 'GET', '')
    for (const key of WEBHOOK_KEYS) expect(facts.body).toHaveProperty(key)
  })

  it('would be told where a description differs', () => {
    const differences = compareWithOpenApi({ paths: {}, components: {} })
    expect(differences).toContain('POST: content: here [["max",2000],["type","string"]], described as nothing')
    expect(differences.length).toBeGreaterThan(Object.keys(EXECUTE).length)
  })
})

describe('rules that stand in words only', () => {
  test.each([
    ['nothing to show', {}, 50006],
    ['spaces', { content: '  ' }, 50006],
    ['a sum over 6000', { embeds: [{ description: 'x'.repeat(4_000) }, { description: 'x'.repeat(2_001) }] }, 50035],
    ['a field without a value', { embeds: [{ fields: [{ name: 'n', value: ' ' }] }] }, 50035],
    ['26 fields', { embeds: [{ fields: Array.from({ length: 26 }, () => ({ name: 'n', value: 'v' })) }] }, 50035],
    ['11 embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 't' })) }, 50035],
    ['a colour as text', { embeds: [{ title: 't', color: '#ff0000' }] }, 50035],
    ['an empty username', { content: 'c', username: '' }, 50035],
    ['a username with discord in it', { content: 'c', username: 'My Discord' }, 50035],
    ['a link that is none', { embeds: [{ title: 't', url: 'steam://x' }] }, 50035],
    [
      'a list and a kind of mentions',
      { content: 'c', allowed_mentions: { parse: ['users'], users: ['123456'] } },
      50035,
    ],
    ['a thread in a channel that is no forum', { content: 'c', thread_name: 't' }, 220003],
  ])('%s is a 400', async (_name, body, code) => {
    await using discord = await FakeDiscord.start(unlimited)
    const answer = await post(discord.addWebhook(), body)
    expect(answer).toMatchObject({ status: 400, body: { code } })
  })

  it('has a forum want a name or an id, and not both; perhaps a tag', async () => {
    await using discord = await FakeDiscord.start(unlimited)
    const forum = discord.addWebhook({ kind: 'forum', tagRequired: true })
    const codeOf = async (body: object, query?: string) =>
      (await post(forum, { content: 'c', ...body }, query)).body['code']
    expect(await codeOf({})).toBe(220001)
    expect(await codeOf({ thread_name: 't' }, '?thread_id=1')).toBe(220002)
    expect(await codeOf({ thread_name: 't' })).toBe(40067)
    const made = await post(forum, { content: 'c', thread_name: 't', applied_tags: ['123'] })
    expect(made.status).toBe(200)
    const thread = String(made.body['channel_id'])
    expect(await codeOf({}, '?thread_id=123456')).toBe(10003)
    expect((await post(forum, { content: 'again' }, `?wait=true&thread_id=${thread}`)).status).toBe(200)
    const id = String(made.body['id'])
    expect((await call(forum, 'PATCH', `/messages/${id}`, { content: 'x' })).body['code']).toBe(10008)
    expect((await call(forum, 'PATCH', `/messages/${id}?thread_id=${thread}`, { content: 'x' })).status).toBe(200)
  })

  it('drops components in silence unless they are asked for', async () => {
    await using discord = await FakeDiscord.start(unlimited)
    const webhook = discord.addWebhook()
    const link = { type: 2, style: 5, label: 'l', url: 'https://a.example' }
    const body = { content: 'c', components: [{ type: 1, components: [link] }] }
    expect((await post(webhook, body)).body['components']).toEqual([])
    expect((await post(webhook, body, '?wait=true&with_components=true')).body['components']).toHaveLength(1)
    const interactive = {
      content: 'c',
      components: [{ type: 1, components: [{ type: 2, style: 1, label: 'l', custom_id: 'x' }] }],
    }
    expect((await post(webhook, interactive, '?wait=true&with_components=true')).status).toBe(400)
  })

  it('pings whom the rule allows, and everyone without a rule', async () => {
    await using discord = await FakeDiscord.start(unlimited)
    const webhook = discord.addWebhook()
    const content = '@everyone <@&111111> <@222222>'
    await post(webhook, { content })
    await post(webhook, { content, allowed_mentions: { parse: [] } })
    await post(webhook, { content, allowed_mentions: { parse: [], roles: ['111111'] } })
    expect(webhook.messages.map(({ pinged }) => pinged)).toEqual([
      ['@everyone', '<@&111111>', '<@222222>'],
      [],
      ['<@&111111>'],
    ])
  })

  it('keeps on an edit what is left out, and drops files that are not named', async () => {
    await using discord = await FakeDiscord.start(unlimited)
    const webhook = discord.addWebhook()
    const { body } = await post(webhook, { content: 'c', embeds: [{ title: 't' }] })
    await call(webhook, 'PATCH', `/messages/${body['id']}`, { embeds: [{ title: 'u' }] })
    expect(webhook.messages[0]).toMatchObject({ content: 'c', embeds: [{ title: 'u' }] })
    expect(
      (await call(webhook, 'PATCH', `/messages/${body['id']}`, { content: null, embeds: null })).body['code'],
    ).toBe(50006)
    expect((await call(webhook, 'DELETE', `/messages/${body['id']}`)).status).toBe(204)
    expect((await call(webhook, 'GET', `/messages/${body['id']}`)).body['code']).toBe(10008)
  })
})

describe('refusals and moods', () => {
  it('tells a deleted webhook from a wrong token, and a stranger from a bot', async () => {
    await using discord = await FakeDiscord.start()
    const webhook = discord.addWebhook()
    const wrong = { ...webhook, url: webhook.url.slice(0, -4) }
    expect(await post(wrong, { content: 'c' })).toMatchObject({ status: 401, body: { code: 50027 } })
    webhook.channel.deleted = true
    expect(await post(webhook, { content: 'c' })).toMatchObject({ status: 404, body: { code: 10015 } })
    const stranger = await fetch(webhook.url, { method: 'POST', body: '{}', headers: { 'user-agent': 'curl/8' } })
    expect(stranger.status).toBe(403)
    expect(discord.requests.map(({ status }) => status)).toEqual([401, 404, 403])
    expect(JSON.stringify(discord.requests)).not.toContain(webhook.token)
  })

  it('takes five in two seconds, over all methods', async () => {
    let now = 1_700_000_000_000
    await using discord = await FakeDiscord.start({ now: () => now })
    const webhook = discord.addWebhook()
    for (let sent = 1; sent <= 5; sent++) {
      const { headers } = await post(webhook, { content: 'c' })
      expect(headers.get('x-ratelimit-remaining')).toBe(String(5 - sent))
    }
    now += 500
    const id = webhook.messages[0]?.id
    const refused = await call(webhook, 'PATCH', `/messages/${id}`, { content: 'd' })
    expect(refused).toMatchObject({ status: 429, body: { retry_after: 1.5, global: false } })
    expect(refused.headers.get('retry-after')).toBe('2')
    now += 1_500
    expect((await post(webhook, { content: 'c' })).status).toBe(200)
  })

  it('gives a URL without a version the old errors and milliseconds', async () => {
    await using discord = await FakeDiscord.start()
    const webhook = discord.addWebhook()
    const tooLong = { embeds: [{ title: 'x'.repeat(257) }] }
    expect((await post(webhook, tooLong, '?wait=true', '')).body).toEqual({ embeds: ['0'] })
    discord.script({ kind: 'rate-limit', retryAfter: 0.5 })
    expect((await post(webhook, { content: 'c' }, '?wait=true', '')).body['retry_after']).toBe(500)
  })

  it('answers 204 without wait', async () => {
    await using discord = await FakeDiscord.start()
    const webhook = discord.addWebhook()
    expect((await post(webhook, { content: 'c' }, '')).status).toBe(204)
    expect(webhook.messages).toHaveLength(1)
  })

  it('breaks off after it stored', async () => {
    await using discord = await FakeDiscord.start()
    const webhook = discord.addWebhook()
    discord.script({ kind: 'reset-after-storing' }, { kind: 'blocked', form: 'html-403' })
    await expect(post(webhook, { content: 'c' })).rejects.toThrow()
    expect(webhook.messages).toHaveLength(1)
    const page = await fetch(webhook.url, { method: 'POST', headers: HEADERS, body: '{}' })
    expect([page.status, page.headers.get('content-type')]).toEqual([403, 'text/html; charset=UTF-8'])
  })
})
