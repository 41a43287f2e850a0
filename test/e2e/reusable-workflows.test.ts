import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workflowsShownIn } from '@deploy-actions/build/workflow-files'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { runWorkflow, type WorkflowResult } from '../lab/act.ts'
import { engineAddress } from '../lab/docker.ts'
import { pushFaultImages } from '../lab/example-images.ts'
import { closeLab, type Lab, openLab } from '../lab/lab.ts'
import { checkout } from '../lab/names.ts'
import { progressTo, toStderr } from '../lab/progress.ts'
import { command } from '../lab/shell.ts'
import { standInsFor } from '../lab/stand-ins.ts'
import { ensureAct } from '../lab/tools.ts'

jest.setTimeout(300_000)

const LAB = 'callers'
const RELEASE = join(checkout, 'release')
const WORKFLOWS = '.github/workflows'
const IMAGE = 'registry.lab:5000/acme/shop'

/** Hard to carry to a container whole. */
const POSTGRES_PASSWORD = `p$'"# and \\ 100% \u00fc\nsecond line\n`
const COMPOSE = `
services:
  web:
    image: ${IMAGE}:\${TAG}
    ports: ["80:8080"]
    environment:
      POSTGRES_PASSWORD: \${POSTGRES_PASSWORD}
`
/** The commit is what the service responds with. */
const DOCKERFILE = `
FROM registry.lab:5000/app:ok-v1
RUN --mount=type=secret,id=token,required=true read -r token < /run/secrets/token && [ "$token" = build-secret ]
ARG COMMIT
ENV VERSION=\${COMMIT}
`
const SMOKE =
  'version: 1\ndefaults: { retry: { interval: 1s, deadline: 30s } }\nchecks:\n  - version: http://127.0.0.1/\n'
const FAILS =
  '  - { http: "http://127.0.0.1/", expect: { body: /never said/ }, retry: { interval: 1s, deadline: 3s } }\n'
const COOLIFY_SMOKE = 'version: 1\nchecks:\n  - http: ${APP_URL}\n'

const stack = new AsyncDisposableStack()
let act: string
let lab: Lab
let folder: string
let discord: FakeDiscord
let webhook: FakeWebhook
let coolify: FakeCoolify
const runs: WorkflowResult[] = []

beforeAll(async () => {
  if (!existsSync(RELEASE)) throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  const progress = progressTo(toStderr)
  stack.defer(() => closeLab(LAB))
  ;[act, lab, discord] = await Promise.all([
    ensureAct(progress),
    openLab({ name: LAB, servers: ['vps1'], registry: true, builder: true }, progress),
    FakeDiscord.start(),
  ])
  stack.use(discord)
  await pushFaultImages(lab)
  webhook = discord.addWebhook()
  const url = `http://127.0.0.1:${lab.server().ports[80]}`
  coolify = stack.use(
    await FakeCoolify.start({ apps: [{ uuid: 'shop', docker_registry_image_tag: 'before', fqdn: url }] }),
  )
  folder = await mkdtemp(join(tmpdir(), 'callers-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, WORKFLOWS), { recursive: true })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('remote', 'add', 'origin', 'https://github.com/acme/shop.git')
}, 600_000)
afterAll(() => stack.disposeAsync())

function git(...args: string[]): Promise<string> {
  return command('git', ['-c', 'user.name=team', '-c', 'user.email=team@example.org', ...args], { cwd: folder })
}

/** A commit with these files; gives its SHA. */
async function commit(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await git('add', '--all')
  await git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message', 'A change')
  return git('rev-parse', 'HEAD')
}

interface Caller {
  jobs: Record<string, { with: Record<string, unknown>; secrets: Record<string, string> | 'inherit' }>
}

/** A caller as the document shows it, with the lab's registry in place of ghcr.io. */
async function caller(job: string, change: (shown: Caller) => void = () => {}): Promise<string> {
  const document = await readFile(join(checkout, 'docs/reusable-workflows.md'), 'utf8')
  const shown = workflowsShownIn(document).find(text => text.includes(job)) ?? ''
  const workflow: Caller = parse(shown)
  for (const { with: inputs, secrets } of Object.values(workflow.jobs)) {
    if ('image' in inputs) inputs['image'] = IMAGE
    if ('path' in inputs) inputs['registry'] = 'registry.lab:5000'
    if (typeof secrets === 'object') secrets['REGISTRY_PASSWORD'] = '${{ secrets.REGISTRY_PASSWORD }}'
  }
  const { image } = workflow.jobs
  if (image !== undefined) {
    const values = {
      BUILD_SECRETS: 'token=${{ secrets.BUILD_TOKEN }}',
      REGISTRY_PASSWORD: '${{ secrets.REGISTRY_PASSWORD }}',
    }
    image.secrets = values
  }
  change(workflow)
  return stringify(workflow)
}

async function run(
  workflow: string,
  event: 'push' | 'workflow_dispatch' | 'schedule',
  secrets: Readonly<Record<string, string>> = everySecret(),
): Promise<WorkflowResult> {
  const file = join(WORKFLOWS, 'caller.yml')
  await writeFile(join(folder, file), workflow)
  const server = lab.server()
  const result = await runWorkflow({
    act,
    repository: folder,
    workflow: file,
    event,
    payload: {
      ref: 'refs/heads/main',
      inputs: {},
      repository: { name: 'shop', full_name: 'acme/shop', owner: { login: 'acme' }, default_branch: 'main' },
    },
    secrets,
    vars: {
      SSH_HOST: server.host,
      SSH_PORT: String(server.port),
      SSH_USER: server.user,
      SSH_KNOWN_HOSTS: server.hostKeys.join('\n'),
      REGISTRY_USERNAME: lab.registry.username,
    },
    repositories: {
      'org/actions@v1': RELEASE,
      ...(await standInsFor(join(RELEASE, WORKFLOWS, 'build-image.yml'))),
    },
    env: {
      LAB_BUILDER: lab.builder.container,
      DOCKER_HOST: await engineAddress(),
      DISCORD_API_BASE: discord.url,
    },
  })
  runs.push(result)
  return result
}

function everySecret(): Record<string, string> {
  return {
    SSH_KEY: lab.server().privateKey,
    POSTGRES_PASSWORD,
    REGISTRY_PASSWORD: lab.registry.password,
    DISCORD_WEBHOOK: webhook.url,
    BUILD_TOKEN: 'build-secret',
    COOLIFY_TOKEN: coolify.token('deploy', 'read', 'write'),
    COOLIFY_WEBHOOK: coolify.webhook('shop'),
  }
}

function expectEnd(result: WorkflowResult, exitCode: number): void {
  if (result.exitCode === exitCode) return
  const said = result.lines.map(({ kind, step, text }) => `${step} ${kind}: ${text}`).join('\n')
  throw new Error(`exit status ${result.exitCode}, not ${exitCode}:\n${said}\n${result.log.slice(-3000)}`)
}

async function onServer(script: string): Promise<string> {
  return (await lab.server().exec(script)).stdout
}
const response = async () => (await onServer('curl --silent http://127.0.0.1/')).trim()
const errorsIn = ({ lines }: WorkflowResult) =>
  lines.flatMap(({ kind, title, text }) => (kind === 'error' ? [`${title}: ${text}`] : [])).join('\n')
/** The titles that the newest message had, one after the other. */
const titles = () => webhook.messages.at(-1)?.history.map(({ embeds }) => embeds[0]?.title)

const output = ({ outputs }: WorkflowResult, step: string) => outputs[step]?.['result']

/** One story: each test begins where the one before ended. */
describe('the callers of the documentation, under act', () => {
  let first = ''

  it('build an image and deploy it, with every character of a secret', async () => {
    first = await commit({ Dockerfile: DOCKERFILE, 'compose.yaml': COMPOSE, 'smoke.yml': SMOKE })
    const result = await run(await caller('deploy-ssh.yml@v1'), 'push')
    expectEnd(result, 0)
    expect([output(result, 'deploy'), output(result, 'smoke')]).toEqual(['deployed', 'passed'])
    expect(await response()).toBe(first)
    const password = await onServer(`cd /opt/shop && docker compose exec -T web /bin/sh -c 'echo "$POSTGRES_PASSWORD"'`)
    expect(password).toBe(`${POSTGRES_PASSWORD}\n`)
    expect(result.outputs['build']?.['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(titles()).toEqual(['⏳ Deploying to production', '✅ Deployed to production'])
  })

  it('roll back when the smoke test fails', async () => {
    await commit({ 'smoke.yml': SMOKE + FAILS })
    const result = await run(await caller('deploy-ssh.yml@v1'), 'push')
    expectEnd(result, 1)
    expect([output(result, 'deploy'), output(result, 'smoke'), output(result, 'rollback')]).toEqual([
      'deployed',
      'failed',
      'rolled-back',
    ])
    expect(await response()).toBe(first)
    expect(titles()).toEqual(['⏳ Deploying to production', '↩️ production was rolled back'])
  })

  it('accept `secrets: inherit`, and roll back manually', async () => {
    const second = await commit({ 'smoke.yml': SMOKE })
    const inherit = ({ jobs }: Caller) => {
      if (jobs['deploy']) jobs['deploy'].secrets = 'inherit'
    }
    expectEnd(await run(await caller('deploy-ssh.yml@v1', inherit), 'push'), 0)
    expect(await response()).toBe(second)
    const result = await run(await caller('mode: rollback'), 'workflow_dispatch')
    expectEnd(result, 0)
    expect(output(result, 'deploy')).toBe('rolled-back')
    expect(await response()).toBe(first)
  })

  it('name a missing key, and change nothing', async () => {
    const { REGISTRY_PASSWORD = '', BUILD_TOKEN = '' } = everySecret()
    const result = await run(await caller('deploy-ssh.yml@v1'), 'push', { REGISTRY_PASSWORD, BUILD_TOKEN })
    expectEnd(result, 1)
    expect(errorsIn(result)).toMatch(/`key` and `password` are missing/)
    expect(await response()).toBe(first)
  })

  it('build for two platforms', async () => {
    await commit({ Dockerfile: 'FROM scratch\nCOPY smoke.yml /\n' })
    const result = await run(
      await caller('deploy-ssh.yml@v1', ({ jobs }) => {
        delete jobs['deploy']
        if (jobs['image']) jobs['image'].with['platforms'] = 'linux/amd64,linux/arm64'
      }),
      'push',
    )
    expectEnd(result, 0)
    const { tag = '' } = result.outputs['tags'] ?? {}
    expect((await lab.registry.platformsOf('acme/shop'))[tag]).toEqual(['linux/amd64', 'linux/arm64'])
    await commit({ Dockerfile: DOCKERFILE })
  })

  it('deploy with Coolify, confirm a good release and take a bad one back', async () => {
    await commit({ 'smoke.yml': COOLIFY_SMOKE })
    const quick = ({ jobs }: Caller) => {
      if (jobs['deploy']) jobs['deploy'].with['health-url'] = '/'
    }
    const good = await run(await caller('deploy-coolify.yml@v1', quick), 'push')
    expectEnd(good, 0)
    const tag = good.outputs['deploy']?.['image-tag']
    expect(coolify.runningTag('shop')).toBe(tag)
    expect(titles()).toEqual(['⏳ Deploying to production', '🔒 Deploy to production is confirmed'])

    await commit({ 'smoke.yml': COOLIFY_SMOKE + FAILS.replace('http://127.0.0.1/', '${APP_URL}') })
    const bad = await run(await caller('deploy-coolify.yml@v1', quick), 'push')
    expectEnd(bad, 1)
    expect(bad.outputs['deploy']?.['image-tag']).not.toBe(tag)
    expect(coolify.runningTag('shop')).toBe(tag)
    expect(titles()).toEqual(['⏳ Deploying to production', '↩️ production was rolled back'])
  })

  it('send one message for an outage, and one when it is over', async () => {
    const health = await caller('health-check.yml@v1', ({ jobs }) => {
      const [check] = Object.values(jobs)
      if (check === undefined) throw new Error('the caller has no job')
      Object.assign(check.with, {
        checks: `http://127.0.0.1:${lab.server().ports[80]}/`,
        deadline: '3s',
        'state-file': join(folder, '.git/outage.json'),
      })
    })
    const sent = () => webhook.messages.length
    const before = sent()
    const look = async (exitCode: number) => {
      expectEnd(await run(health, 'schedule'), exitCode)
      return sent() - before
    }
    expect(await look(0)).toBe(0)
    await onServer('cd /opt/shop && docker compose stop web')
    expect(await look(1)).toBe(1)
    expect(await look(1)).toBe(1)
    await onServer('cd /opt/shop && docker compose start web')
    expect(await look(0)).toBe(2)
  })

  it('show no secret anywhere', () => {
    const secrets = Object.entries(everySecret()).filter(([name]) => name !== 'COOLIFY_TOKEN')
    for (const { log, summaries, outputs } of runs) {
      // What act writes of a mask names what it hides; GitHub's runner writes nothing of it.
      const lines = log.split('\n').filter(line => !line.includes('"command":"add-mask"'))
      const shown = [...lines, ...summaries, JSON.stringify(outputs)].join('\n')
      for (const [, secret] of secrets) expect(shown).not.toContain(secret.trim())
    }
  })
})
