import { DiscordClient } from '@deploy-actions/core/discord/client'
import { DiscordError } from '@deploy-actions/core/discord/discord-error'
import type { Message } from '@deploy-actions/core/discord/message'
import { parseWebhookUrl } from '@deploy-actions/core/discord/webhook'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import type { WebhookOptions } from '@deploy-actions/testkit/discord/channel'
import type { Fault } from '@deploy-actions/testkit/discord/faults'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { describe, expect, it, test } from '@jest/globals'

const HELLO: Message = { content: 'hello', allowed_mentions: { parse: [] } }

async function world(options: WebhookOptions = {}) {
  const clock = new ManualClock()
  const discord = await FakeDiscord.start({ now: () => clock.now() })
  const webhook = discord.addWebhook(options)
  const connect = (hook: FakeWebhook, timeout = 30_000, url = hook.url) => {
    const http = createPlainHttpClient({
      env: {},
      clock,
      userAgent: 'DiscordBot (https://github.com/org/actions, 1.0.0)',
      random: () => 0.5,
    })
    return new DiscordClient(parseWebhookUrl(url, discord.url), { http, clock, timeout })
  }
  return {
    clock,
    discord,
    webhook,
    connect,
    client: connect(webhook),
    [Symbol.asyncDispose]: () => discord[Symbol.asyncDispose](),
  }
}

async function problemOf(sending: Promise<unknown>): Promise<DiscordError> {
  const thrown = await sending.then(
    () => undefined,
    error => error,
  )
  expect(thrown).toBeInstanceOf(DiscordError)
  expect(thrown.title).toBe('Discord was not notified')
  return thrown
}

describe('DiscordClient', () => {
  it('posts and edits one message', async () => {
    await using here = await world()
    const message = await here.client.post({ message: { ...HELLO, embeds: [{ title: 'started' }] } })
    expect(message.channelId).toBe(here.webhook.channel.id)
    const edited = await here.client.edit(message.id, { message: { embeds: [{ title: 'done' }] } })
    expect(edited).toMatchObject({ id: message.id, embeds: [{ title: 'done' }] })
    expect(here.webhook.messages).toMatchObject([{ content: 'hello', embeds: [{ title: 'done' }] }])
    expect(await here.client.read(message.id, undefined)).toMatchObject({ id: message.id })
    expect(here.discord.requests.every(({ version }) => version === 10)).toBe(true)
    expect(here.discord.requests[0]?.query['wait']).toBe('true')
  })

  it('posts in threads, begins posts in forums, and edits there', async () => {
    await using here = await world({ kind: 'forum' })
    const begun = await here.client.post({ message: { ...HELLO, thread_name: 'Deploys' } })
    expect([...here.webhook.channel.threads.keys()]).toEqual([begun.channelId])
    await here.client.edit(begun.id, { message: { content: 'done' }, threadId: begun.channelId })
    await here.client.post({ message: HELLO, threadId: begun.channelId })
    expect(here.webhook.messages.map(({ content }) => content)).toEqual(['done', 'hello'])
  })

  it('sends buttons so that they are shown, and files', async () => {
    await using here = await world()
    const components = [
      { type: 1, components: [{ type: 2, style: 5, label: 'Open', url: 'https://a.example' }] },
    ] as const
    const files = [{ name: 'a "log".txt', data: Buffer.from('line\n') }]
    const { id } = await here.client.post({ message: { ...HELLO, components }, files })
    expect(here.webhook.messages[0]).toMatchObject({ components, attachments: [{ filename: 'a "log".txt' }] })
    expect(Buffer.from(here.webhook.messages[0]?.attachments[0]?.data ?? []).toString()).toBe('line\n')
    await here.client.edit(id, { message: HELLO, files: [{ name: 'new.txt', data: Buffer.from('n') }] })
    expect(here.webhook.messages[0]?.attachments.map(file => file.filename)).toEqual(['new.txt'])
  })

  it('says whether a webhook is there without posting', async () => {
    await using here = await world({ name: 'Deploys' })
    expect(await here.client.inspect()).toMatchObject({ name: 'Deploys', channelId: here.webhook.channel.id })
    expect(here.webhook.messages).toEqual([])
  })
})

describe('the pace', () => {
  it('waits for the bucket before it is told to', async () => {
    await using here = await world()
    for (let sent = 0; sent < 12; sent++) await here.client.post({ message: HELLO })
    expect(here.discord.requests.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(here.clock.sleeps).toEqual([2_000, 2_000])
  })

  test.each<[string, Fault, number]>([
    ['the seconds of the body', { kind: 'rate-limit', retryAfter: 0.64 }, 640],
    ['a body without a header', { kind: 'rate-limit', retryAfter: 1.5, header: false }, 1_500],
    ['a shared limit', { kind: 'rate-limit', retryAfter: 2, scope: 'shared' }, 2_000],
    ['its own, when Cloudflare blocks in JSON', { kind: 'blocked', form: 'json' }, 500],
    ['its own, for page 1015', { kind: 'blocked', form: 'html-1015' }, 500],
    ['its own, for a 403 page', { kind: 'blocked', form: 'html-403' }, 500],
    ['its own, for 500', { kind: 'status', status: 500 }, 500],
    ['its own, for 502', { kind: 'status', status: 502 }, 500],
    ['its own, for 503', { kind: 'status', status: 503 }, 500],
  ])('keeps to %s', async (_name, fault, pause) => {
    await using here = await world()
    here.discord.script(fault)
    await here.client.post({ message: HELLO })
    expect(here.clock.sleeps).toEqual([pause])
    expect(here.webhook.messages).toHaveLength(1)
  })

  test.each<[string, Fault, string, RegExp]>([
    ['a long wait', { kind: 'rate-limit', retryAfter: 3_600 }, 'rate-limited', /the next request is allowed in 3600 s/],
    [
      'a block',
      { kind: 'blocked', form: 'html-1015' },
      'rate-limited',
      /blocks this machine's address for now \(429, a page/,
    ],
    ['trouble', { kind: 'status', status: 503 }, 'unavailable', /fault of its own \(503\)/],
  ])('ends within the time limit on %s', async (_name, fault, problem, text) => {
    await using here = await world()
    const began = here.clock.now()
    here.discord.script(...Array(40).fill(fault))
    const error = await problemOf(here.client.post({ message: HELLO }))
    expect(error).toMatchObject({ problem, message: expect.stringMatching(text) })
    expect(here.clock.now() - began).toBeLessThan(30_000)
  })
})

describe('what may have arrived', () => {
  test.each<[string, Fault, number]>([
    ['reset after it was stored', { kind: 'reset-after-storing' }, 1],
    ['reset before', { kind: 'reset-before-storing' }, 0],
    ['no answer', { kind: 'hang' }, 0],
  ])('a post is not repeated: %s', async (_name, fault, stored) => {
    await using here = await world()
    here.discord.script(fault)
    const error = await problemOf(here.connect(here.webhook, 1_500).post({ message: HELLO }))
    expect(error).toMatchObject({
      problem: 'uncertain',
      message: expect.stringContaining('It may be in the channel'),
    })
    expect(here.discord.requests).toHaveLength(1)
    expect(here.webhook.messages).toHaveLength(stored)
  })

  it('an edit is repeated', async () => {
    await using here = await world()
    const { id } = await here.client.post({ message: HELLO })
    here.discord.script({ kind: 'reset-after-storing' })
    await here.client.edit(id, { message: { content: 'done' } })
    expect(here.webhook.messages).toMatchObject([{ content: 'done' }])
    expect(here.discord.requests).toHaveLength(3)
  })
})

describe('refusals', () => {
  it('stop at once and for good when the webhook is gone', async () => {
    await using here = await world()
    here.webhook.channel.deleted = true
    const error = await problemOf(here.client.post({ message: HELLO }))
    expect(error).toMatchObject({ problem: 'webhook-gone', next: expect.stringContaining('Copy URL') })
    expect(error.message).toBe(
      'Discord says: the webhook does not exist any more: somebody deleted it in Discord (404, code 10015).',
    )
    await problemOf(here.client.post({ message: HELLO }))
    expect(here.discord.requests).toHaveLength(1)
  })

  it('stop at once for a wrong token', async () => {
    await using here = await world()
    const error = await problemOf(
      here.connect(here.webhook, 5_000, here.webhook.url.slice(0, -5)).post({ message: HELLO }),
    )
    expect(error).toMatchObject({ problem: 'webhook-gone', message: expect.stringContaining('401, code 50027') })
    expect(here.discord.requests).toHaveLength(1)
  })

  test.each<[string, WebhookOptions, Message, string | undefined, RegExp]>([
    ['a forum', { kind: 'forum' }, HELLO, undefined, /220001/],
    ['no forum', {}, { ...HELLO, thread_name: 't' }, undefined, /220003/],
    ['a wanted tag', { kind: 'forum', tagRequired: true }, { ...HELLO, thread_name: 't' }, undefined, /40067/],
    ['an unknown thread', {}, HELLO, '123456789', /10003/],
    ['an empty message', {}, {}, undefined, /50006.*empty message/],
    [
      'a form error',
      {},
      { embeds: [{ fields: [{ name: 'n', value: '' }] }] },
      undefined,
      /50035.*\nembeds\[0\]\.fields\[0\]\.value: This field is required/s,
    ],
  ])('explain %s', async (_name, options, message, threadId, text) => {
    await using here = await world(options)
    expect((await problemOf(here.client.post({ message, threadId }))).message).toMatch(text)
    expect(here.discord.requests).toHaveLength(1)
  })

  it('tell a message that was deleted by hand', async () => {
    await using here = await world()
    expect(await problemOf(here.client.edit('123456789012345678', { message: HELLO }))).toMatchObject({
      problem: 'message-gone',
    })
  })

  it('tell what is not Discord', async () => {
    await using here = await world()
    here.discord.script({ kind: 'status', status: 200 })
    expect((await problemOf(here.client.post({ message: HELLO }))).message).toContain('is not one of Discord')
  })

  it('never hold the token', async () => {
    await using here = await world()
    const { token } = here.webhook
    const failures: DiscordError[] = []
    here.discord.script({ kind: 'status', status: 400, message: `bad ${token}` }, { kind: 'reset-before-storing' })
    for (let round = 0; round < 2; round++) failures.push(await problemOf(here.client.post({ message: HELLO })))
    await here.discord[Symbol.asyncDispose]()
    failures.push(await problemOf(here.connect(here.webhook, 2_000).edit('123456789', { message: HELLO })))
    expect(failures[2]?.message).toMatch(/cannot be reached: the connection was refused/)
    for (const { message, stack, next, cause } of failures) {
      expect(`${message}${stack}${next}${JSON.stringify(cause)}`).not.toContain(token)
    }
  })
})
