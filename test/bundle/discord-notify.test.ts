import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { WebhookOptions } from '@deploy-actions/testkit/discord/channel'
import type { Fault } from '@deploy-actions/testkit/discord/faults'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { FakeActionsCache } from '@deploy-actions/testkit/github/fake-cache'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it, test } from '@jest/globals'

const PUSH = {
  ref: 'refs/heads/main',
  head_commit: {
    id: 'abcdef0123456789abcdef0123456789abcdef01',
    message: 'fix: the *cart* for @everyone\n\nIt [was](http://evil.example) `broken`.\n\nSigned-off-by: a',
    author: { name: 'Ada', username: 'ada' },
  },
}

interface Here extends AsyncDisposable {
  readonly discord: FakeDiscord
  readonly webhook: FakeWebhook
  /** Runs the action against the fake; fails the test when the token shows up anywhere. */
  notify(inputs?: Record<string, string>, run?: BundleRun): Promise<BundleResult>
}

async function world(options: WebhookOptions = {}): Promise<Here> {
  const discord = await FakeDiscord.start()
  const webhook = discord.addWebhook(options)
  const notify = async (inputs: Record<string, string> = {}, run: BundleRun = {}) => {
    const result = await runBundle('discord-notify', {
      event: PUSH,
      ...run,
      inputs: { webhook: webhook.url, 'api-base': discord.url, ...inputs },
    })
    const shown = [
      result.maskedStdout,
      result.maskedStderr,
      result.summary,
      JSON.stringify(result.outputs),
      JSON.stringify(result.annotations),
    ]
    for (const text of shown) expect(text).not.toContain(webhook.token)
    // Not even before the runner masks: only the commands that ask for it name the token.
    expect(result.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(webhook.token)
    return result
  }
  return { discord, webhook, notify, [Symbol.asyncDispose]: () => discord[Symbol.asyncDispose]() }
}

const levels = (result: BundleResult) => result.annotations.map(({ level }) => level)

describe('one message, from started to done', () => {
  it('is posted, edited and told step by step', async () => {
    await using here = await world()
    const started = await here.notify({ status: 'started', environment: 'production' })
    expect(started).toMatchObject({
      exitCode: 0,
      outputs: { result: 'sent', 'message-id': here.webhook.messages[0]?.id },
    })
    const edit = { 'message-id': started.outputs['message-id'] ?? '', environment: 'production' }
    await here.notify({ ...edit, status: 'pending' })
    const done = await here.notify({ ...edit, status: 'validated', url: 'https://shop.example' })
    expect(done).toMatchObject({ exitCode: 0, outputs: { result: 'edited', 'message-id': edit['message-id'] } })

    expect(here.webhook.messages).toHaveLength(1)
    const [message] = here.webhook.messages
    expect(message?.history.map(({ embeds }) => embeds[0]?.title)).toEqual([
      '⏳ Deploying to production',
      '🟡 Deployed to production, to be confirmed',
      '✅ production is validated',
    ])
    const embed = message?.embeds[0]
    expect(embed?.url).toBe('https://shop.example')
    const timeline = embed?.fields?.find(({ name }) => name === 'Timeline')?.value.split('\n') ?? []
    expect(timeline.map(line => line.replace(/^<t:\d+:T> /, '').replace(/ · [\d.]+ m?s$/, ''))).toEqual([
      '⏳ started',
      '🟡 deployed, to be confirmed',
      '✅ validated',
    ])
    expect(embed?.fields?.map(({ name }) => name)).toEqual([
      'Repository',
      'Branch',
      'Commit',
      'Author',
      'Duration',
      'Run',
      'Timeline',
    ])
    expect(done.summary).toContain('production is validated')
  })

  it('is found by a later run in a file', async () => {
    await using here = await world()
    const folder = mkdtempSync(path.join(tmpdir(), 'state-'))
    try {
      const file = { 'state-file': path.join(folder, 'deep/state.json') }
      await here.notify({ ...file, status: 'started' })
      const later = await here.notify({ ...file, status: 'success' })
      expect(later.outputs['result']).toBe('edited')
      expect(readFileSync(file['state-file'], 'utf8')).not.toContain(here.webhook.token)
      const other = { ...PUSH, head_commit: { ...PUSH.head_commit, id: 'f'.repeat(40) } }
      expect((await here.notify({ ...file, status: 'success' }, { event: other })).outputs['result']).toBe('sent')
      expect(here.webhook.messages).toHaveLength(2)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is found by a later run in the Actions cache', async () => {
    await using here = await world()
    await using cache = await FakeActionsCache.start()
    const run = { env: cache.environment }
    const first = await here.notify({ 'state-key': 'deploy', status: 'started' }, run)
    const other = await here.notify({ 'state-key': 'deploy-eu', status: 'success' }, run)
    const later = await here.notify({ 'state-key': 'deploy', status: 'success' }, run)
    expect([first, other, later].map(({ outputs }) => outputs['result'])).toEqual(['sent', 'sent', 'edited'])
    expect(later.outputs['message-id']).toBe(first.outputs['message-id'])
    expect(cache.entries.map(({ key }) => key).join()).not.toContain(here.webhook.id)
    expect(later.annotations).toEqual([])
  })

  it('is posted also where there is no cache', async () => {
    await using here = await world()
    const result = await here.notify({ 'state-key': 'deploy', status: 'started' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
    expect(result.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('no Actions cache') },
    ])
  })

  it('is begun again when somebody deleted it', async () => {
    await using here = await world()
    const result = await here.notify({ 'message-id': '123456789012345678' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
    expect(levels(result)).toEqual(['notice'])
  })
})

describe('what a message holds', () => {
  it('is the run, with a commit message that formats and pings nothing', async () => {
    await using here = await world()
    await here.notify({ status: 'failure', environment: 'production', mentions: 'role:123456789' })
    const [message] = here.webhook.messages
    expect(message?.pinged).toEqual(['<@&123456789>'])
    expect(message?.embeds[0]).toMatchObject({ title: '❌ Deploy to production failed', color: 0xcb2431 })
    expect(message?.embeds[0]?.description).toBe(
      '**fix: the \\*cart\\* for @\u200beveryone**\nIt \\[was\\]\\(http:\u200b//evil.example\\) \\`broken\\`.',
    )
    expect(message?.embeds[0]?.fields?.find(({ name }) => name === 'Author')?.value).toBe(
      '[ada](https://github.com/ada)',
    )
  })

  it('is the reason of a failure, which neither formats nor pings', async () => {
    await using here = await world()
    const result = await here.notify({
      status: 'rolled-back',
      reason: 'web *crashed* @here',
      content: '@here it failed',
    })
    const fields = here.webhook.messages[0]?.embeds[0]?.fields
    expect(fields?.find(({ name }) => name === 'Reason')).toMatchObject({
      value: expect.stringMatching(/^web \\\*crashed/),
    })
    expect(here.webhook.messages[0]?.pinged).toEqual([])
    expect(result.annotations).toMatchObject([
      { level: 'notice', message: expect.stringContaining('list it in `mentions`') },
    ])
  })

  it('pings nobody by a text, and after an edit by a message of its own', async () => {
    await using here = await world()
    const first = await here.notify({
      status: 'started',
      content: 'hello @everyone {{message}}',
      mentions: 'role:123456789',
    })
    await here.notify({
      status: 'failure',
      'message-id': first.outputs['message-id'] ?? '',
      mentions: 'role:123456789',
    })
    expect(here.webhook.messages.map(({ pinged }) => pinged)).toEqual([[], ['<@&123456789>']])
    expect(here.webhook.messages[1]?.content).toBe('<@&123456789> ❌ Deploy failed')
  })

  it('has own texts, fields, buttons, a colour, files, and is silent', async () => {
    await using here = await world()
    const folder = mkdtempSync(path.join(tmpdir(), 'files-'))
    try {
      writeFileSync(path.join(folder, 'report.txt'), 'all well')
      const inputs = {
        title: 'Shop {{commit}} is out',
        text: 'Took {{duration}}.',
        color: 'purple',
        fields: 'Release: 20260101-abc\nNotes:\n  one\n  two',
        buttons: 'Open: https://shop.example\nRun of {{branch}}: {{run-url}}\nNowhere: {{url}}',
        username: 'Deploys',
        silent: 'true',
        files: '*.txt',
        details: 'commit',
      }
      const result = await here.notify(inputs, { cwd: folder })
      expect(result.annotations).toEqual([])
      const [message] = here.webhook.messages
      expect(message).toMatchObject({ username: 'Deploys', flags: 4096, attachments: [{ filename: 'report.txt' }] })
      expect(message?.embeds[0]).toMatchObject({ title: 'Shop abcdef0 is out', color: 0x9b59b6 })
      expect(message?.embeds[0]?.fields).toMatchObject([
        { name: 'Commit', inline: true },
        { name: 'Release', value: '20260101-abc', inline: true },
        { name: 'Notes', value: 'one\ntwo', inline: false },
      ])
      expect(message?.components).toMatchObject([
        {
          components: [
            { label: 'Open', url: 'https://shop.example' },
            { label: 'Run of main', url: 'https://github.com/octo-org/shop/actions/runs/1658821493' },
          ],
        },
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('follows a template by status', async () => {
    await using here = await world()
    const folder = mkdtempSync(path.join(tmpdir(), 'template-'))
    try {
      writeFileSync(
        path.join(folder, 'discord.yml'),
        'all: { footer: Shop team, color: blue }\nsuccess: { title: "Out: {{branch}}" }\nfailure: { title: Down, color: red }\n',
      )
      const run = { cwd: folder }
      await here.notify({ template: 'discord.yml', status: 'deployed' }, run)
      await here.notify({ template: 'discord.yml', status: 'rolled-back', title: 'Own' }, run)
      expect(here.webhook.messages.map(({ embeds }) => embeds[0])).toMatchObject([
        { title: 'Out: main', color: 0x3498db, footer: { text: 'Shop team' } },
        { title: 'Own', color: 0xcb2431, footer: { text: 'Shop team' } },
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('goes into threads and forums', async () => {
    await using here = await world({ kind: 'forum', tagRequired: true })
    const begun = await here.notify({
      status: 'started',
      'thread-name': 'Deploy of {{commit}}',
      'applied-tags': '987654321',
    })
    const thread = begun.outputs['thread-id'] ?? ''
    expect(here.webhook.channel.threads.get(thread)?.name).toBe('Deploy of abcdef0')
    const edited = await here.notify({ 'message-id': begun.outputs['message-id'] ?? '', 'thread-id': thread })
    expect(edited.outputs).toMatchObject({ result: 'edited', 'thread-id': thread })
    const lost = await here.notify({ status: 'success' })
    expect(lost).toMatchObject({ exitCode: 0, outputs: { result: 'failed' } })
    expect(lost.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('Set `thread-name`') },
    ])
  })

  it('is printed by a dry run, and not sent', async () => {
    await using here = await world()
    const result = await here.notify({ 'dry-run': 'true' })
    expect(result.outputs['result']).toBe('skipped')
    expect(result.stdout).toContain('What would be sent to 1 webhook\n')
    expect(result.stdout).toContain('"allowed_mentions": {')
    expect(JSON.parse(result.outputs['payload'] ?? '')).toMatchObject({ embeds: [{ title: '✅ Deploy succeeded' }] })
    expect(result.summary).toContain('dry run')
    expect(here.discord.requests).toEqual([])
  })
})

describe('several webhooks', () => {
  it('get one message each, and one that fails does not keep the others', async () => {
    await using here = await world()
    const second = here.discord.addWebhook()
    const gone = here.discord.addWebhook()
    gone.channel.deleted = true
    const webhook = [here.webhook.url, gone.url, second.url].join('\n')
    const result = await here.notify({ webhook })
    const [first, third] = [here.webhook.messages[0]?.id, second.messages[0]?.id]
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'failed', 'message-id': `${first}\n-\n${third}` } })
    expect(result.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('deleted it in Discord') },
    ])
    gone.channel.deleted = false
    const edited = await here.notify({ webhook, 'message-id': result.outputs['message-id'] ?? '' })
    expect(edited.outputs['message-id']?.split('\n')).toEqual([first, gone.messages[0]?.id, third])
  })

  it('may be given by id and token', async () => {
    await using here = await world()
    const { id, token } = here.webhook
    const result = await here.notify({ webhook: '', 'webhook-id': id, 'webhook-token': token })
    expect(result.outputs['result']).toBe('sent')
  })
})

describe('without a webhook', () => {
  it.each([{}, { 'webhook-id': '123456789012345678' }])('it is a skip with a notice: %p', async inputs => {
    await using here = await world()
    const result = await here.notify({ webhook: '', ...inputs })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'skipped' } })
    expect(levels(result)).toEqual(['notice'])
  })

  it('it fails where that is asked for', async () => {
    await using here = await world()
    expect((await here.notify({ webhook: '', 'on-missing-webhook': 'fail' })).exitCode).toBe(1)
  })
})

describe('faults', () => {
  test.each<[string, readonly Fault[], string]>([
    ['429 with a time', [{ kind: 'rate-limit', retryAfter: 0.3 }], 'sent'],
    ['429 without one', [{ kind: 'blocked', form: 'json' }], 'sent'],
    ['a page of Cloudflare', [{ kind: 'blocked', form: 'html-1015' }], 'sent'],
    ['a 403 page', [{ kind: 'blocked', form: 'html-403' }], 'sent'],
    [
      '500, then 502',
      [
        { kind: 'status', status: 500 },
        { kind: 'status', status: 502 },
      ],
      'sent',
    ],
    ['a hang', [{ kind: 'hang' }], 'failed'],
    ['a reset after it was stored', [{ kind: 'reset-after-storing' }], 'failed'],
    ['an hour to wait', [{ kind: 'rate-limit', retryAfter: 3_600 }], 'failed'],
  ])('%s: %#', async (_name, faults, result) => {
    await using here = await world()
    here.discord.script(...faults)
    const run = await here.notify({ timeout: result === 'failed' ? '1s' : '20s' })
    expect(run).toMatchObject({ exitCode: 0, outputs: { result } })
    expect(levels(run)).toEqual(result === 'failed' ? ['warning'] : [])
    if (result === 'sent') expect(here.webhook.messages).toHaveLength(1)
  })

  it('a deleted webhook and a wrong token stop at once', async () => {
    await using here = await world()
    const wrong = await here.notify({ webhook: `${here.webhook.url.slice(0, -4)}AAAA` })
    expect(wrong.annotations).toMatchObject([{ level: 'warning', message: expect.stringContaining('token') }])
    here.webhook.channel.deleted = true
    const gone = await here.notify()
    expect(gone.annotations).toMatchObject([{ level: 'warning', message: expect.stringContaining('Copy URL') }])
    expect(here.discord.requests).toHaveLength(2)
  })

  it('fail the step only where that is asked for', async () => {
    await using here = await world()
    here.webhook.channel.deleted = true
    const result = await here.notify({ 'on-error': 'fail' })
    expect(result).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } })
    expect(levels(result)).toEqual(['error'])
  })

  it('end with the job when it is cancelled', async () => {
    await using here = await world()
    here.discord.script({ kind: 'hang' })
    const event = (async () => {
      for (let looks = 0; looks < 3_000 && here.discord.requests.length === 0; looks++) {
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    })()
    const result = await here.notify({}, { signalAfter: { event } })
    expect(result.exitCode).toBe(1)
  })
})

describe('bad input', () => {
  const looks = {
    color: 'blurpel',
    fields: `${Array.from({ length: 26 }, (_, index) => `Field ${index}: value`).join('\n')}\nEmpty:`,
    buttons: 'Open the site',
    mentions: '@ops',
    title: `${'🚀'.repeat(300)}`,
    'mention-on': 'always',
  }

  it('in the looks goes out mended, and the job stays green', async () => {
    await using here = await world()
    const result = await here.notify(looks)
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
    expect(result.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('`color` is "blurpel"'),
      expect.stringContaining('`buttons` has the line'),
      expect.stringContaining('`mentions` has "@ops"'),
    ])
    const [message] = here.webhook.messages
    expect(message?.embeds[0]?.fields).toHaveLength(25)
    expect(message?.pinged).toEqual([])
    expect(Array.from(message?.embeds[0]?.title ?? '')).toHaveLength(256)
  })

  it('is refused in one message where errors fail the step', async () => {
    await using here = await world()
    const result = await here.notify({ ...looks, 'on-error': 'fail', 'only-when': 'sometimes' })
    expect(result.exitCode).toBe(1)
    expect(result.annotations).toHaveLength(1)
    for (const name of ['only-when', 'color', 'buttons', 'mentions'])
      expect(result.annotations[0]?.message).toContain(`\`${name}\``)
    expect(here.discord.requests).toEqual([])
  })

  it('of another kind is a warning, and the message is sent', async () => {
    await using here = await world()
    const given = { status: 'sucess', timeout: '30', 'only-when': 'change', silent: 'yes', 'message-id': 'x' }
    const result = await here.notify(given)
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
    const warnings = result.annotations.map(({ level, message }) => `${level} ${message}`).join('\n')
    for (const name of Object.keys(given)) expect(warnings).toContain(`warning \`${name}\``)
    expect(warnings).toContain('(success?)')
    expect(here.webhook.messages.map(({ embeds }) => embeds[0]?.title)).toEqual(['✅ Deploy succeeded'])
  })

  it.each([
    ['an unknown word', { status: 'deplyed' }, '✅ Deployed to production'],
    ['no word', { status: '' }, '✅ Deployed to production'],
    ['no word, in a job that failed', { status: '', 'job-status': 'failure' }, '❌ Deploy to production failed'],
    ['an unknown word beside a bad one', { status: 'failed nothing' }, '❌ Deploy to production failed'],
    ['nothing at all, as on Gitea', { status: '', 'job-status': 'auto:' }, '❌ Deploy to production failed'],
  ])('%s in `status` does not lose the message', async (_, given, title) => {
    await using here = await world()
    const result = await here.notify({ ...given, environment: 'production' })
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
    expect(result.annotations).toMatchObject([{ level: 'warning', message: expect.stringContaining('`status`') }])
    expect(here.webhook.messages[0]?.embeds[0]?.title).toBe(title)
  })

  it('of one webhook does not keep the others from their message', async () => {
    await using here = await world()
    const cut = here.webhook.url.slice(0, here.webhook.url.lastIndexOf('/') + 8)
    const second = here.discord.addWebhook()
    const webhook = [here.webhook.url, cut, second.url].join('\n')
    const result = await here.notify({ webhook })
    const [first, third] = [here.webhook.messages[0]?.id, second.messages[0]?.id]
    expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'failed', 'message-id': `${first}\n-\n${third}` } })
    expect(result.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('`webhook` line 2') },
    ])
    expect((await here.notify({ webhook, 'on-error': 'fail' })).exitCode).toBe(1)
    expect(second.messages).toHaveLength(2)
  })

  it('never quotes a webhook that is none', async () => {
    await using here = await world()
    const result = await here.notify({
      webhook: `https://discord.example/api/webhooks/1/${here.webhook.token}`,
      'api-base': '',
    })
    expect(result.exitCode).toBe(0)
    expect(result.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('another host than discord.com') },
    ])
  })
})

it('the names of sarisia/actions-status-discord are understood, with a notice', async () => {
  await using here = await world()
  const result = await here.notify(
    {},
    { env: { INPUT_DESCRIPTION: 'Hello', INPUT_NOFAIL: 'true', INPUT_NODETAIL: 'true' } },
  )
  expect(result).toMatchObject({ exitCode: 0, outputs: { result: 'sent' } })
  expect(result.annotations.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'notice `description` has another name in this action: `text`.',
    'notice `nofail` has another name in this action: `on-error`.',
    'notice `nodetail` has another name in this action: `details`.',
  ])
  expect(here.webhook.messages[0]?.embeds[0]).toMatchObject({ description: 'Hello' })
  expect(here.webhook.messages[0]?.embeds[0]?.fields ?? []).toEqual([])
})

describe('only-when', () => {
  it('failure tells bad ends only', async () => {
    await using here = await world()
    expect((await here.notify({ 'only-when': 'failure' })).outputs['result']).toBe('skipped')
    expect((await here.notify({ 'only-when': 'failure', status: 'rolled-back' })).outputs['result']).toBe('sent')
  })

  it('change alerts once, and tells the recovery', async () => {
    await using here = await world()
    const folder = mkdtempSync(path.join(tmpdir(), 'state-'))
    try {
      const check = async (status: string) =>
        (
          await here.notify({
            'only-when': 'change',
            'state-file': path.join(folder, 's.json'),
            status,
            environment: 'shop',
          })
        ).outputs['result']
      const results = []
      for (const status of ['success', 'success', 'failure', 'failure', 'cancelled', 'success', 'success'])
        results.push(await check(status))
      expect(results).toEqual(['skipped', 'skipped', 'sent', 'skipped', 'skipped', 'sent', 'skipped'])
      expect(here.webhook.messages.map(({ embeds }) => embeds[0]?.title)).toEqual([
        '🔴 shop is down',
        '💚 shop is up again',
      ])
      expect(here.webhook.messages[1]?.embeds[0]?.fields?.map(({ name }) => name)).toContain('Down for')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('change tells again what could not be told', async () => {
    await using here = await world()
    const folder = mkdtempSync(path.join(tmpdir(), 'state-'))
    try {
      const inputs = { 'only-when': 'change', 'state-file': path.join(folder, 's.json'), status: 'down' }
      here.discord.script({ kind: 'rate-limit', retryAfter: 3_600 })
      expect((await here.notify(inputs)).outputs['result']).toBe('failed')
      expect((await here.notify(inputs)).outputs['result']).toBe('sent')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
