import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { stringify } from 'yaml'
import { QUICK } from '../bundle/coolify-world.ts'
import { runWorkflow, type WorkflowResult } from '../lab/act.ts'
import { progressTo, toStderr } from '../lab/progress.ts'
import { command } from '../lab/shell.ts'
import { ensureAct } from '../lab/tools.ts'

jest.setTimeout(600_000)

const release = join(import.meta.dirname, '../../release')

type Position = 'before' | 'after'
type Place = 'job' | 'called workflow' | 'composite action'
type Ending = 'succeeds' | 'fails' | 'is cancelled'

/** A job with a deploy (`confirm: job`), and the notifier (`follow: job`) before or after it. */
interface Case {
  readonly name: string
  readonly place: Place
  readonly position: Position
  readonly ending: Ending
  readonly isDeployable: boolean
  readonly webhook: FakeWebhook
}

/** What the last step of the job does. Every job that is cancelled prints the line before the run is. */
const LAST: Readonly<Record<Ending, string>> = {
  succeeds: 'true',
  fails: 'exit 1',
  'is cancelled': 'echo waiting; sleep 60',
}

let act: string
let folder = ''
let discord: FakeDiscord
let coolify: FakeCoolify
const cases: Case[] = []

beforeAll(async () => {
  if (!existsSync(release)) throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  act = await ensureAct(progressTo(toStderr))
  folder = await mkdtemp(join(tmpdir(), 'follow-'))
  discord = await FakeDiscord.start()
  for (const place of ['job', 'called workflow'] as const) {
    for (const position of ['before', 'after'] as const) {
      addCase(place, position, 'succeeds')
      addCase(place, position, 'fails')
      addCase(place, position, 'fails', false)
      addCase(place, position, 'is cancelled')
    }
  }
  for (const position of ['before', 'after'] as const) addCase('composite action', position, 'fails')
  const apps = cases.map(({ name, isDeployable }) => ({
    uuid: name,
    name,
    ...(isDeployable ? {} : { script: ['failed' as const] }),
  }))
  coolify = await FakeCoolify.start({ apps, rateLimit: 10_000, concurrentBuilds: apps.length })
  await writeRepository()
})
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true })
  await coolify?.[Symbol.asyncDispose]()
  await discord?.[Symbol.asyncDispose]()
})

function addCase(place: Place, position: Position, ending: Ending, isDeployable = true): void {
  const name = `case${cases.length + 1}`
  cases.push({ name, place, position, ending, isDeployable, webhook: discord.addWebhook() })
}

interface Values {
  readonly webhook: string
  readonly uuid: string
  readonly last: string
}

function notify({ webhook }: Pick<Values, 'webhook'>): object {
  const inputs = { webhook, 'api-base': discord.url, follow: 'job', environment: 'production' }
  return { uses: 'org/actions/discord-notify@v1', with: inputs }
}

function steps(position: Position, { uuid, last }: Values, notifier: object): object[] {
  const inputs = { 'coolify-url': coolify.url, uuid, token: '${{ secrets.COOLIFY }}', 'image-tag': '2.0.0', ...QUICK }
  const deploy = { uses: 'org/actions/coolify-deploy@v1', with: { ...inputs, confirm: 'job' } }
  const ordered = position === 'before' ? [notifier, deploy] : [deploy, { ...notifier, if: 'always()' }]
  return [{ uses: 'actions/checkout@v6' }, ...ordered, { run: last }]
}

function jobOf({ name, place, position, ending, webhook }: Case): object {
  const values = { webhook: webhook.url, uuid: name, last: LAST[ending] }
  if (place === 'called workflow') {
    return { uses: `./.github/workflows/called-${position}.yml`, with: values, secrets: 'inherit' }
  }
  const composite = { uses: './.github/actions/notify', with: { webhook: values.webhook } }
  return {
    'runs-on': 'ubuntu-latest',
    steps: steps(position, values, place === 'composite action' ? composite : notify(values)),
  }
}

function calledWorkflow(position: Position): object {
  const text = { type: 'string', required: true }
  const values = { webhook: '${{ inputs.webhook }}', uuid: '${{ inputs.uuid }}', last: '${{ inputs.last }}' }
  return {
    on: { workflow_call: { inputs: { webhook: text, uuid: text, last: text } } },
    jobs: { deploy: { 'runs-on': 'ubuntu-latest', steps: steps(position, values, notify(values)) } },
  }
}

const isCancelled = ({ ending }: Case) => ending === 'is cancelled'

async function writeRepository(): Promise<void> {
  const workflow = (chosen: readonly Case[]) => ({
    on: 'push',
    jobs: Object.fromEntries(chosen.map(one => [one.name, jobOf(one)])),
  })
  const action = {
    inputs: { webhook: { required: true } },
    runs: { using: 'composite', steps: [notify({ webhook: '${{ inputs.webhook }}' })] },
  }
  const files = {
    'workflows/ending.yml': workflow(cases.filter(one => !isCancelled(one))),
    'workflows/cancelled.yml': workflow(cases.filter(isCancelled)),
    'workflows/called-before.yml': calledWorkflow('before'),
    'workflows/called-after.yml': calledWorkflow('after'),
    'actions/notify/action.yml': action,
  }
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, '.github', name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, stringify(content))
  }
  const git = (...args: string[]) => command('git', args, { cwd: folder })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('add', '--all')
  await git('-c', 'user.name=team', '-c', 'user.email=team@example.org', 'commit', '--quiet', '--message', 'one')
}

function run(workflow: string, more: Partial<Parameters<typeof runWorkflow>[0]> = {}): Promise<WorkflowResult> {
  return runWorkflow({
    act,
    repository: folder,
    workflow: `.github/workflows/${workflow}.yml`,
    event: 'push',
    secrets: { COOLIFY: coolify.token('deploy', 'read', 'write') },
    repositories: { 'org/actions@v1': release },
    ...more,
  })
}

/** The titles that each message had, one after the other, and the version that runs at the end. */
function seen(chosen: readonly Case[]): Record<string, { titles: unknown; runs: string | null }> {
  return Object.fromEntries(
    chosen.map(one => [describeCase(one), { titles: titlesOf(one), runs: coolify.runningTag(one.name) }]),
  )
}

function describeCase({ place, position, ending, isDeployable }: Case): string {
  return `${place}, ${position} ${isDeployable ? 'a deploy' : 'a deploy that fails'}, ${ending}`
}

function titlesOf({ webhook }: Case): unknown {
  return webhook.messages.map(({ history }) => history.map(({ embeds }) => embeds[0]?.title))
}

const STARTED = '⏳ Deploying to production'

/** What is the same in a job and in a called workflow. */
function inBoth<T>(position: string, expected: T): Record<string, T> {
  return { [`job, ${position}`]: expected, [`called workflow, ${position}`]: expected }
}

/**
 * A real runner evaluates `job.status`, orders the post steps and keeps the result files here. test/bundle/discord-follow.test.ts has
 * what act does otherwise than GitHub, or cannot do: a composite action on GitHub (act computes `job.status` from the action's own
 * steps, so `follow: job` is refused there), a runner that is stopped, and a post step that is killed.
 */
describe('`follow: job` beside a deploy with `confirm: job`, under act', () => {
  it('edits the message to how the job and its deploy have ended', async () => {
    const result = await run('ending')
    const chosen = cases.filter(one => !isCancelled(one))
    const refused = { titles: [], runs: '1.0.0' }
    expect(seen(chosen)).toEqual({
      ...inBoth('before a deploy, succeeds', {
        titles: [[STARTED, '🔒 Deploy to production is confirmed']],
        runs: '2.0.0',
      }),
      ...inBoth('before a deploy, fails', { titles: [[STARTED, '↩️ production was rolled back']], runs: '1.0.0' }),
      ...inBoth('before a deploy that fails, fails', {
        titles: [[STARTED, '❌ Deploy to production failed']],
        runs: '1.0.0',
      }),
      ...inBoth('after a deploy, succeeds', {
        titles: [[STARTED, '🟡 Deployed to production, to be confirmed']],
        runs: '2.0.0',
      }),
      ...inBoth('after a deploy, fails', { titles: [[STARTED, '❌ Deploy to production failed']], runs: '1.0.0' }),
      ...inBoth('after a deploy that fails, fails', {
        titles: [[STARTED, '❌ Deploy to production failed']],
        runs: '1.0.0',
      }),
      'composite action, before a deploy, fails': refused,
      'composite action, after a deploy, fails': refused,
    })
    const warnings = result.lines.filter(({ kind }) => kind === 'warning').map(({ title }) => title)
    const times = (wanted: string) => warnings.filter(title => title === wanted).length
    expect(times('`follow: job` is not possible here')).toBe(2)
    expect(times('`follow: job` stands after the deploy')).toBe(4)
    expect(result.exitCode).toBe(1)
  })

  it('reports the cancellation, and the rollback that follows it', async () => {
    const chosen = cases.filter(isCancelled)
    const cancel = new AbortController()
    let waiting = 0
    await run('cancelled', {
      jobsAtOnce: chosen.length,
      cancel: cancel.signal,
      onLine: ({ text }) => {
        if (text === 'waiting') waiting += 1
        if (waiting === chosen.length) cancel.abort()
      },
    })
    expect(seen(chosen)).toEqual({
      ...inBoth('before a deploy, is cancelled', {
        titles: [[STARTED, '↩️ production was rolled back']],
        runs: '1.0.0',
      }),
      ...inBoth('after a deploy, is cancelled', {
        titles: [[STARTED, '⚪ Deploy to production was cancelled']],
        runs: '1.0.0',
      }),
    })
  })
})
