import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createResultFile, type StepResult, writeResultFile } from '@deploy-actions/core/runner/result-file'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import type { BundleResult } from '@deploy-actions/testkit/run-bundle'
import { type JobOptions, JobRun, type OwnStep } from '@deploy-actions/testkit/run-job'
import { describe, expect, it } from '@jest/globals'

type Inputs = Readonly<Record<string, string>>

interface Here extends AsyncDisposable {
  readonly discord: FakeDiscord
  readonly webhook: FakeWebhook
  readonly job: JobRun
  /** The notifier's main part. */
  follow(inputs?: Inputs | ((jobStatus: string) => Inputs)): Promise<BundleResult>
}

async function world(options: JobOptions = {}): Promise<Here> {
  const discord = await FakeDiscord.start()
  const webhook = discord.addWebhook()
  const job = new JobRun(options)
  const follow = (given: Inputs | ((jobStatus: string) => Inputs) = {}) =>
    job.step('discord-notify', {
      id: 'discord',
      inputs: status => ({
        webhook: webhook.url,
        'api-base': discord.url,
        follow: 'job',
        environment: 'production',
        ...(typeof given === 'function' ? given(status) : given),
      }),
    })
  const end = async () => {
    job[Symbol.dispose]()
    await discord[Symbol.asyncDispose]()
  }
  return { discord, webhook, job, follow, [Symbol.asyncDispose]: end }
}

const RESULT: Omit<StepResult, 'startedAt' | 'writtenAt'> = {
  action: 'ssh-compose-deploy',
  step: 'deploy',
  stage: 'main',
  result: 'pending',
  reason: '',
  next: [],
  environment: '',
  url: 'https://shop.example.org',
  hosts: ['local'],
  path: '/opt/shop',
  release: '20261130T141502Z-12c26b6',
  previousRelease: '',
  version: '',
  sha: '',
  pending: { until: '2099-11-30T14:47:00Z' },
}

/** A deploy with `confirm: job`, as far as other steps see it. */
function deploy({ fails = false, step = 'deploy' } = {}): OwnStep {
  let file = ''
  const result = (more: Partial<StepResult>): StepResult => {
    const now = new Date().toISOString()
    return { ...RESULT, step, startedAt: now, writtenAt: now, ...more }
  }
  return {
    main: async env => {
      const failed = { result: 'failed', reason: 'web is unhealthy', pending: null }
      file = await createResultFile(result(fails ? failed : {}), env)
      return !fails
    },
    post: async (_, status) => {
      if (fails) return true
      const ended = { stage: 'post', pending: null } as const
      const reason = status === 'cancelled' ? 'the job was cancelled' : 'a later step of the job failed'
      if (status === 'success') await writeResultFile(file, result({ ...ended, result: 'confirmed' }))
      else await writeResultFile(file, result({ ...ended, result: 'rolled-back', reason }))
      return status === 'success'
    },
  }
}

const titles = ({ webhook }: Here) =>
  webhook.messages.map(({ history }) => history.map(({ embeds }) => embeds[0]?.title))
const field = ({ webhook }: Here, name: string) =>
  webhook.messages.at(-1)?.embeds[0]?.fields?.find(found => found.name === name)?.value
const warnings = (result: BundleResult | undefined) =>
  result?.annotations.filter(({ level }) => level === 'warning').map(({ title, message }) => `${title}: ${message}`)

const STARTED = '⏳ Deploying to production'

describe('before a deploy with `confirm: job`, the message ends as', () => {
  it.each([
    ['confirmed, when the job succeeded', {}, '🔒 Deploy to production is confirmed', undefined],
    [
      'rolled back, when a later step failed',
      { later: 'fails' },
      '↩️ production was rolled back',
      'a later step of the job failed',
    ],
    [
      'rolled back, when the job was cancelled',
      { later: 'cancelled' },
      '↩️ production was rolled back',
      'the job was cancelled',
    ],
    ['failed, when the deploy failed', { fails: true }, '❌ Deploy to production failed', 'web is unhealthy'],
  ] as const)('%s', async (_, given: { later?: string; fails?: boolean }, title, reason) => {
    await using here = await world()
    const main = await here.follow()
    expect(main).toMatchObject({ exitCode: 0, outputs: { result: 'sent' }, annotations: [] })
    await here.job.ownStep(deploy({ fails: given.fails ?? false }))
    if (given.later === 'fails') here.job.fail()
    if (given.later === 'cancelled') here.job.cancel()
    const [post] = await here.job.end()
    expect(post).toMatchObject({ exitCode: 0, annotations: [] })
    expect(titles(here)).toEqual([[STARTED, title]])
    expect(field(here, 'Reason')).toBe(reason)
    expect(field(here, 'Release')).toContain('20261130T141502Z')
    expect(field(here, 'Duration')).toBeDefined()
    expect(here.webhook.messages[0]?.embeds[0]?.url).toBe('https://shop.example.org')
    expect(JSON.stringify(main.state)).not.toContain(here.webhook.token)
    expect(existsSync(here.job.temp)).toBe(false)
  })
})

describe('after a deploy with `confirm: job`, the message ends as', () => {
  it.each([
    ['to be confirmed, when the job succeeded', {}, '🟡 Deployed to production, to be confirmed', undefined],
    [
      'failed, when a later step failed',
      { later: 'fails' },
      '❌ Deploy to production failed',
      'the job failed, the rollback follows',
    ],
    [
      'cancelled, when the job was cancelled',
      { later: 'cancelled' },
      '⚪ Deploy to production was cancelled',
      'the job was cancelled, the rollback follows',
    ],
    ['failed, when the deploy failed', { fails: true }, '❌ Deploy to production failed', 'web is unhealthy'],
  ] as const)('%s', async (_, given: { later?: string; fails?: boolean }, title, reason) => {
    await using here = await world()
    await here.job.ownStep(deploy({ fails: given.fails ?? false }))
    const main = await here.follow()
    const expected = given.fails
      ? []
      : [expect.stringMatching(/stands after the deploy: .*Move this step before the deploy/s)]
    expect(warnings(main)).toEqual(expected)
    if (given.later === 'fails') here.job.fail()
    if (given.later === 'cancelled') here.job.cancel()
    const [post] = await here.job.end()
    expect(post?.exitCode).toBe(0)
    expect(titles(here)).toEqual([[STARTED, title]])
    expect(field(here, 'Reason')).toBe(reason)
  })
})

describe('the status of the job', () => {
  it('is the job status where no action has left a result', async () => {
    await using here = await world()
    await here.follow()
    here.job.fail()
    await here.job.end()
    expect(titles(here)).toEqual([[STARTED, '❌ Deploy to production failed']])
  })

  it('is trusted inside a composite action on GitHub', async () => {
    await using here = await world({ isComposite: true })
    await here.follow()
    here.job.fail()
    await here.job.end()
    expect(titles(here)).toEqual([[STARTED, '❌ Deploy to production failed']])
  })

  it.each([
    ['by its default on Gitea', {}, '`job-status: ${{ job.status }}`'],
    ['inside a composite action on Gitea', { isComposite: true }, '`message-id`'],
  ] as const)('is not trusted %s: nothing is sent', async (_, options, wayOut) => {
    await using here = await world({ runner: 'Gitea', ...options })
    const main = await here.follow()
    expect(main).toMatchObject({ exitCode: 0, outputs: { result: 'failed' } })
    expect(warnings(main)).toEqual([expect.stringContaining('`follow: job` is not possible here')])
    // Gitea shows the log alone: the next step is a line of it.
    expect(main.stdout).toContain(wayOut)
    here.job.fail()
    await here.job.end()
    expect(here.discord.requests).toEqual([])
  })

  it('is trusted on Gitea where it is written out', async () => {
    await using here = await world({ runner: 'Gitea' })
    await here.follow(status => ({ 'job-status': status }))
    here.job.fail()
    await here.job.end()
    expect(titles(here)).toEqual([[STARTED, '❌ Deploy to production failed']])
  })

  it('that is not known at the end is no success', async () => {
    await using here = await world()
    let evaluations = 0
    await here.follow(() => ({ 'job-status': evaluations++ === 0 ? 'success' : '' }))
    const [post] = await here.job.end()
    expect(warnings(post)).toEqual([expect.stringContaining('`job-status`')])
    expect(titles(here)).toEqual([[STARTED, '❌ Deploy to production failed']])
  })
})

describe('the post step', () => {
  it('reads the inputs as they were when the job started, secrets apart', async () => {
    await using here = await world()
    let evaluations = 0
    await here.follow(() => ({ environment: evaluations++ === 0 ? 'production' : 'staging', footer: 'Shop team' }))
    await here.job.end()
    expect(titles(here)).toEqual([[STARTED, '✅ Deployed to production']])
    expect(here.webhook.messages[0]?.embeds[0]?.footer?.text).toBe('Shop team')
  })

  it('posts the message when the main part could not', async () => {
    await using here = await world()
    here.discord.script({ kind: 'rate-limit', retryAfter: 3_600 })
    expect((await here.follow()).outputs['result']).toBe('failed')
    await here.job.end()
    expect(titles(here)).toEqual([['✅ Deployed to production']])
  })

  it('never breaks the job when Discord cannot be reached', async () => {
    await using here = await world()
    await here.follow()
    here.webhook.channel.deleted = true
    const [post] = await here.job.end()
    expect(post?.exitCode).toBe(0)
    expect(warnings(post)).toHaveLength(1)
  })

  it('does not run when the runner is stopped: the message stays at the start', async () => {
    await using here = await world()
    await here.follow()
    expect(await here.job.end({ isRunnerStopped: true })).toEqual([])
    expect(titles(here)).toEqual([[STARTED]])
  })

  it('does nothing without `follow`', async () => {
    await using here = await world()
    await here.follow({ follow: '', status: 'started' })
    here.job.fail()
    await here.job.end()
    expect(titles(here)).toEqual([[STARTED]])
  })

  it('does nothing without a webhook', async () => {
    await using here = await world()
    const main = await here.follow({ webhook: '' })
    expect(main.outputs['result']).toBe('skipped')
    const [post] = await here.job.end()
    expect(post).toMatchObject({ exitCode: 0, annotations: [] })
  })
})

describe('with `only-when: failure`', () => {
  it.each([
    ['a job that failed', true, [['❌ Deploy to production failed']]],
    ['a job that succeeded', false, []],
  ] as const)('nothing is sent at the start, and at the end only of what failed: %s', async (_, fails, sent) => {
    await using here = await world()
    const main = await here.follow({ 'only-when': 'failure' })
    expect(main.outputs['result']).toBe('skipped')
    expect(here.discord.requests).toEqual([])
    if (fails) here.job.fail()
    await here.job.end()
    expect(titles(here)).toEqual(sent)
  })
})

it('two deploys of a job are a line each, and `result-of` names one', async () => {
  await using here = await world()
  await here.follow()
  await here.job.step('discord-notify', {
    id: 'second',
    inputs: () => ({ webhook: here.webhook.url, 'api-base': here.discord.url, follow: 'job', 'result-of': 'blog' }),
  })
  await here.job.ownStep(deploy({ step: 'shop' }))
  await here.job.ownStep(deploy({ step: 'blog' }))
  await here.job.end()
  const [all, one] = here.webhook.messages.map(({ embeds }) => embeds[0]?.fields ?? [])
  expect(all?.find(({ name }) => name === 'Releases')?.value.split('\n')).toHaveLength(2)
  expect(one?.find(({ name }) => name === 'Release')?.value).toContain('blog')
})

it('each step leaves one result file, which its post part replaces', async () => {
  await using here = await world()
  const folder = path.join(here.job.temp, 'deploy-actions/1658821493-1-deploy')
  const read = () =>
    readdirSync(folder).map(name => ({ name, ...JSON.parse(readFileSync(path.join(folder, name), 'utf8')) }))
  let atEnd: unknown
  await here.job.ownStep({
    main: async () => true,
    // Of the first step, so it is the last one to run.
    post: async () => {
      atEnd = read()
      return true
    },
  })
  await here.follow()
  await here.job.step('discord-notify', { inputs: () => ({ webhook: 'x', 'on-error': 'fail' }) })
  const first = { name: '01-discord-notify.json', format: 1, action: 'discord-notify', step: 'discord' }
  const second = {
    name: '02-discord-notify.json',
    stage: 'main',
    result: 'failed',
    reason: expect.stringContaining('webhook'),
  }
  expect(read()).toMatchObject([{ ...first, stage: 'main', result: 'sent' }, second])
  await here.job.end()
  expect(atEnd).toMatchObject([{ ...first, stage: 'post', result: 'edited' }, second])
})
