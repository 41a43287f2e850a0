// `npm run demo`: a team's deploys to a server of its own, through act, by a workflow that has no build: the images are there before.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoredMessage } from '@deploy-actions/testkit/discord/message-store'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { showMessage } from '@deploy-actions/testkit/discord/show-message'
import { runWorkflow, type StepLine, type WorkflowResult } from '../lab/act.ts'
import type { TimeManagerVersion } from '../lab/example-images.ts'
import type { Lab } from '../lab/lab.ts'
import { checkout, labNames } from '../lab/names.ts'
import { progressTo, seconds } from '../lab/progress.ts'
import type { LabServer } from '../lab/server.ts'
import { openProduction } from './production.ts'
import { textTable } from './table.ts'
import { type Commit, makeTeamRepository, type TeamRepository } from './team-repository.ts'

/** The lab that `pnpm lab` means without a name. */
const LAB = 'lab'
const EXAMPLE = join(checkout, 'examples', 'time-manager')
const PROJECT = '/opt/timemanager'

interface Stage {
  readonly act: string
  readonly lab: Lab
  readonly server: LabServer
  readonly repository: TeamRepository
  readonly discord: FakeDiscord
  readonly webhook: FakeWebhook
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

interface Scene {
  readonly title: string
  readonly commit: Commit
  readonly event: 'push' | 'workflow_dispatch'
  readonly inputs?: Readonly<Record<string, string>>
  /** What should come of it. */
  readonly exitCode: number
  readonly result: string
  readonly answers: string
}

interface Played {
  readonly scene: Scene
  readonly run: WorkflowResult
  readonly result: string
  readonly answers: string
  /** What Discord's channel shows of it. */
  readonly messages: readonly StoredMessage[]
}

const print = (line: string) => console.log(line)
const progress = progressTo(line => print(line))

/** The server, the tools, the images and the team's repository, all at once. */
async function setUp(discord: FakeDiscord): Promise<Stage> {
  const repository = await makeTeamRepository(EXAMPLE, join(labNames(LAB).folder, 'team'), ['v1', 'v2', 'v3'])
  const versions = repository.commits.map(
    ({ version, sha }): TimeManagerVersion => ({
      version,
      commit: sha,
      tag: sha,
      ...(version === 'v3' ? { fault: 'never-ready' } : {}),
    }),
  )
  const { act, lab, production } = await openProduction(LAB, versions, progress)
  const server = lab.server()
  await progress.step('an empty server', () => removeEarlierDemo(server))
  const webhook = discord.addWebhook({ name: 'Deploys' })
  return {
    act,
    lab,
    server,
    repository,
    discord,
    webhook,
    vars: production.vars,
    secrets: { ...production.secrets, DISCORD_WEBHOOK: webhook.url },
  }
}

/** Only what a demo makes: a developer's other things on the server stay. */
async function removeEarlierDemo(server: LabServer): Promise<void> {
  const mine = '--filter label=com.docker.compose.project=timemanager'
  await server.exec(
    `docker ps --all --quiet ${mine} | xargs -r docker rm --force > /dev/null
     docker volume ls --quiet ${mine} | xargs -r docker volume rm > /dev/null
     docker network ls --quiet ${mine} | xargs -r docker network rm > /dev/null
     rm -rf ${PROJECT}`,
  )
}

function scenesFor([v1, v2, v3]: readonly Commit[]): Scene[] {
  if (v1 === undefined || v2 === undefined || v3 === undefined) throw new Error('The demo has three versions.')
  const push = { event: 'push' } as const
  return [
    { ...push, title: 'Deploy v1', commit: v1, exitCode: 0, result: 'deployed', answers: 'v1' },
    { ...push, title: 'Deploy v2', commit: v2, exitCode: 0, result: 'deployed', answers: 'v2' },
    {
      ...push,
      title: 'Deploy v3, which never gets healthy',
      commit: v3,
      exitCode: 1,
      result: 'rolled-back',
      answers: 'v2',
    },
    {
      title: 'Roll back to v1 manually',
      commit: v3,
      event: 'workflow_dispatch',
      inputs: { mode: 'rollback', to: v1.sha },
      exitCode: 0,
      result: 'rolled-back',
      answers: 'v1',
    },
  ]
}

async function play(scene: Scene, stage: Stage): Promise<Played> {
  const { repository, server, webhook } = stage
  const told = webhook.messages.length
  print(`\n━━ ${scene.title} ${'━'.repeat(Math.max(2, 70 - scene.title.length))}`)
  await repository.checkOut(scene.commit)
  const run = await runWorkflow({
    act: stage.act,
    repository: repository.folder,
    workflow: repository.workflow,
    event: scene.event,
    payload: payloadOf(scene),
    vars: stage.vars,
    secrets: stage.secrets,
    env: { DISCORD_API_BASE: stage.discord.url },
    repositories: { 'org/actions@v1': join(checkout, 'release') },
    onLine: show,
  })
  const result = run.outputs['deploy']?.['result'] ?? 'no result'
  const answers = await versionThatAnswers(server)
  print(
    `  → ${result} in ${seconds(run.milliseconds)}, exit status ${run.exitCode}; ${healthUrl(server)} responds with ${answers}`,
  )
  return { scene, run, result, answers, messages: webhook.messages.slice(told) }
}

function payloadOf({ commit, inputs }: Scene): Record<string, unknown> {
  const author = { name: 'Time manager team' }
  const head = { id: commit.sha, message: `Release ${commit.version}`, author }
  return { ref: 'refs/heads/main', ...(inputs === undefined ? { head_commit: head } : { inputs }) }
}

/** What Docker prints for each layer and container: useful in a workflow's log, too much in a demo. */
const DETAIL = /^ +(registry\.lab:5000\/\S+: |(Container|Network|Volume) )/

function show({ kind, text, title }: StepLine): void {
  if (kind === 'debug' || text.trim() === '' || DETAIL.test(text)) return
  const mark = { text: '│', group: '▸', notice: 'ℹ', warning: '!', error: '✗' }[kind]
  const whole = title === undefined ? text : `${title}: ${text}`
  for (const line of whole.split('\n').filter(part => part.trim() !== '')) print(`  ${mark} ${line}`)
}

function healthUrl(server: LabServer): string {
  return `http://127.0.0.1:${server.ports[80]}/api/health`
}

async function versionThatAnswers(server: LabServer): Promise<string> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      const response = await fetch(healthUrl(server))
      const { version } = (await response.json()) as { version?: string }
      if (response.ok && version !== undefined) return version
    } catch {
      // Between two containers nothing listens; asked again below.
    }
    await sleep(500)
  }
  return 'nothing'
}

/** Whether entries that were made under one version are there under the next: a rollback must not touch the data. */
async function addEntry(server: LabServer, project: string): Promise<void> {
  const body = JSON.stringify({ project, minutes: 25 })
  await fetch(healthUrl(server).replace('health', 'entries'), { method: 'POST', body })
}

async function countEntries(server: LabServer): Promise<number> {
  const response = await fetch(healthUrl(server).replace('health', 'entries'))
  return ((await response.json()) as unknown[]).length
}

function isAsExpected({ scene, run, result, answers, messages }: Played): boolean {
  // One message a deploy: posted when it began, edited when it ended.
  const isTold = messages.length === 1 && messages[0]?.history.length === 2
  return run.exitCode === scene.exitCode && result === scene.result && answers === scene.answers && isTold
}

function showDiscord(played: readonly Played[]): void {
  print('\nWhat was sent to Discord (a fake server on this machine), one message per deploy:')
  for (const message of played.flatMap(({ messages }) => messages)) {
    const [first = '', ...rest] = showMessage(message)
    print(`\n  ┃ ${first}`)
    for (const line of rest) print(`  ┃   ${line}`)
  }
}

interface Show {
  readonly played: readonly Played[]
  /** Time entries that are there at the end. */
  readonly entries: number
  readonly setUpTime: number
  readonly wholeTime: number
}

function showEnd({ played, entries, setUpTime, wholeTime }: Show, server: LabServer): void {
  const rows = played.map(one => [
    one.scene.title,
    one.result,
    String(one.run.exitCode),
    seconds(one.run.milliseconds),
    one.answers,
    isAsExpected(one) ? '✓' : `✗ expected ${one.scene.result}, status ${one.scene.exitCode}, ${one.scene.answers}`,
  ])
  const head = ['Step', 'Result', 'Exit status', 'Time', 'Responds', 'As expected']
  print(
    `\n${textTable([head, ['Set up the lab and the images', 'done', '', seconds(setUpTime), '', '✓'], ...rows]).join('\n')}`,
  )
  print(`\nTotal time: ${seconds(wholeTime)}.`)
  print(`Time entries added after each step that are still in the database: ${entries} of ${played.length}`)
  showDiscord(played)
  const hints = [
    ['pnpm lab shell', 'a shell on the server'],
    ['pnpm lab shell vps1 -- docker compose -p timemanager ps', 'what runs'],
    [`pnpm lab shell vps1 -- ls -l ${PROJECT}/.deploy/releases`, 'the releases that the server keeps'],
    [`http://127.0.0.1:${server.ports[80]}/`, 'the application'],
    ['pnpm lab down', 'remove everything'],
  ]
  const width = Math.max(...hints.map(([what = '']) => what.length))
  print('\nLook around (without pnpm on your PATH: npm run lab -- shell):')
  for (const [what = '', why = ''] of hints) print(`  ${what.padEnd(width)}   ${why}`)
}

async function main(): Promise<void> {
  const start = performance.now()
  await using discord = await FakeDiscord.start()
  const stage = await setUp(discord)
  const setUpTime = performance.now() - start
  const played: Played[] = []
  for (const scene of scenesFor(stage.repository.commits)) {
    played.push(await play(scene, stage))
    await addEntry(stage.server, scene.title)
  }
  const entries = await countEntries(stage.server)
  showEnd({ played, entries, setUpTime, wholeTime: performance.now() - start }, stage.server)
  process.exitCode = played.every(isAsExpected) && entries === played.length ? 0 : 1
}

try {
  await main()
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
