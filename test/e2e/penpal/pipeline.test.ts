import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SeenRequest } from '@deploy-actions/testkit/coolify/server'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { WorkflowResult } from '../../lab/act.ts'
import { closeLab, openLab } from '../../lab/lab.ts'
import { checkout } from '../../lab/names.ts'
import { progressTo, toStderr } from '../../lab/progress.ts'
import { ensureAct } from '../../lab/tools.ts'
import {
  answerOf,
  ENVIRONMENTS,
  type Event,
  IMAGE,
  Repository,
  runPipeline,
  type Stage,
  startCoolify,
} from './fixture.ts'

// Real machines on a busy one take their time; a test that hangs is still found.
jest.setTimeout(180_000)

const LAB = 'penpal'
const { staging, production } = ENVIRONMENTS
const BOTH = ['linux/amd64', 'linux/arm64']
const develop: Event = { name: 'push', ref: 'refs/heads/develop' }
const main: Event = { name: 'push', ref: 'refs/heads/main' }
const back = (environment: string, tag: string): Event => ({
  name: 'workflow_dispatch',
  ref: 'refs/heads/main',
  inputs: { environment, tag },
})
const shaTag = (commit: string) => `sha-${commit.slice(0, 7)}`

const stack = new AsyncDisposableStack()
let stage: Stage
const runs: WorkflowResult[] = []
/** The commits that staging got, first and second. */
let [first, second] = ['', '']

beforeAll(async () => {
  if (!existsSync(join(checkout, 'release')))
    throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  const progress = progressTo(toStderr)
  stack.defer(() => closeLab(LAB))
  const server = { name: 'vps1', publish: [production.port] }
  const [act, lab] = await Promise.all([
    ensureAct(progress),
    openLab({ name: LAB, servers: [server], registry: true, builder: true }, progress),
  ])
  const [nodeImage, coolify, repository] = await Promise.all([
    progress.step('push the node image', () => lab.builder.pushNodeImage()),
    startCoolify(lab),
    Repository.create(),
  ])
  stack.use(coolify)
  stack.use(repository)
  const secrets = {
    REGISTRY_PASSWORD: lab.registry.password,
    COOLIFY_API_TOKEN: coolify.token('deploy', 'read', 'write', 'read:sensitive'),
    COOLIFY_STAGING_WEBHOOK_URL: coolify.webhook(staging.uuid),
    COOLIFY_PROD_WEBHOOK_URL: coolify.webhook(production.uuid),
  }
  stage = { act, lab, nodeImage, coolify, repository, secrets }
}, 600_000)

// What of it is there: a lab that failed to open has machines too.
afterAll(() => stack.disposeAsync())

interface Played {
  readonly run: WorkflowResult
  /** What Coolify was asked. */
  readonly requests: readonly SeenRequest[]
  /** Image tags that are new in the registry, with their platforms. */
  readonly published: Readonly<Record<string, readonly string[]>>
}

async function play(event: Event, secrets = stage.secrets): Promise<Played> {
  const { lab, coolify } = stage
  const before = await lab.registry.platformsOf(IMAGE)
  const asked = coolify.requests.length
  const run = await runPipeline({ ...stage, secrets }, event)
  runs.push(run)
  const published = Object.entries(await lab.registry.platformsOf(IMAGE)).filter(([tag]) => !(tag in before))
  return { run, requests: coolify.requests.slice(asked), published: Object.fromEntries(published) }
}

/** Fails with all that the steps have said, when a run did not end as it should. */
function expectEnd({ run }: Played, exitCode: number, result: string | undefined): void {
  const ended = { exitCode: run.exitCode, result: run.outputs['deploy']?.['result'] }
  if (ended.exitCode === exitCode && ended.result === result) return
  const said = run.lines.map(({ kind, step, text }) => `${step} ${kind}: ${text}`).join('\n')
  throw new Error(`expected ${exitCode} and ${result}, got ${JSON.stringify(ended)}:\n${said}\n${run.log.slice(-3000)}`)
}

const says = ({ run }: Played, step: string) =>
  run.lines
    .filter(line => line.step === step)
    .map(({ text }) => text)
    .join('\n')
const errorsIn = ({ run }: Played) =>
  run.lines
    .filter(({ kind }) => kind === 'error')
    .map(({ title, text }) => `${title}: ${text}`)
    .join('\n')

describe('the penpal pipeline', () => {
  it('tests, builds for two platforms and deploys develop to staging', async () => {
    first = await stage.repository.commit('The first letter')
    const played = await play(develop)
    expectEnd(played, 0, 'deployed')
    expect(says(played, 'Lint')).toContain('Found 0 warnings and 0 errors.')
    expect(says(played, 'Unit tests with coverage')).toMatch(/pass 13\n.*100\.00.*end of coverage report/s)
    expect(says(played, 'End-to-end tests')).toContain('pass 3')
    expect(played.published).toEqual({ 'develop-latest': BOTH, [shaTag(first)]: BOTH })
    expect(await answerOf(stage.lab, staging)).toMatchObject({ version: 'develop-latest', commit: first })
    const url = `http://127.0.0.1:${stage.lab.server().ports[staging.port]}/health`
    expect(played.run.outputs['deploy']).toMatchObject({ 'image-tag': shaTag(first), url })
    expect(played.run.outputs['smoke']).toMatchObject({ result: 'passed', total: '1' })
  })

  it('asks Coolify for that application alone, with the token', async () => {
    const { coolify, secrets } = stage
    expect(coolify.requests).not.toHaveLength(0)
    expect(coolify.deployments.map(({ app, effectiveTag }) => [app.uuid, effectiveTag])).toEqual([
      [staging.uuid, shaTag(first)],
    ])
    for (const { path, headers, query, body } of coolify.requests) {
      expect(headers.authorization).toBe(`Bearer ${secrets['COOLIFY_API_TOKEN']}`)
      expect(path + JSON.stringify(query) + body).not.toContain(production.uuid)
    }
    expect(await answerOf(stage.lab, production)).toBeUndefined()
  })

  it('deploys main to production, and leaves staging as it is', async () => {
    const played = await play(main)
    expectEnd(played, 0, 'deployed')
    // The commit is that of develop, so its own tag is there already.
    expect(played.published).toEqual({ 'main-latest': BOTH })
    expect(stage.coolify.runningTag(production.uuid)).toBe(shaTag(first))
    expect(await answerOf(stage.lab, production)).toMatchObject({ version: 'main-latest', commit: first })
    expect(await answerOf(stage.lab, staging)).toMatchObject({ version: 'develop-latest' })
  })

  it('publishes images for a tag, and deploys nothing', async () => {
    second = await stage.repository.commit('The second letter')
    const played = await play({ name: 'push', ref: 'refs/tags/v1.2.3' })
    expectEnd(played, 0, undefined)
    expect(played.published).toEqual({ '1.2.3': BOTH, [shaTag(second)]: BOTH, latest: BOTH })
    expect(played.requests).toEqual([])
  })

  it('builds and deploys nothing when a test fails', async () => {
    await stage.repository.commit('A slip', 'src/pen-pals.js', text => text.replace('teaches > 0', 'teaches > 1'))
    const played = await play(develop)
    await stage.repository.undoCommit()
    expectEnd(played, 1, undefined)
    expect(says(played, 'Unit tests with coverage')).toMatch(/fail [1-9]/)
    expect(played.published).toEqual({})
    expect(played.requests).toEqual([])
  })

  it('keeps the old version and turns red when the new one is sick, and says why', async () => {
    const sick = await stage.repository.commit('Stamps', 'src/settings.js', text =>
      text.replace("['NODE_ENV']", "['NODE_ENV', 'STAMPS_KEY']"),
    )
    const played = await play(develop)
    await stage.repository.undoCommit()
    expectEnd(played, 1, 'rolled-back')
    expect(played.published).toHaveProperty(shaTag(sick))
    expect(stage.coolify.app(staging.uuid).docker_registry_image_tag).toBe(shaTag(first))
    expect(errorsIn(played)).toMatch(/did not become healthy.*variables/s)
    expect(await answerOf(stage.lab, staging)).toMatchObject({ commit: first })
  })

  it('goes back to an earlier image by hand, and builds nothing', async () => {
    const forward = await play(back('staging', '1.2.3'))
    expectEnd(forward, 0, 'rolled-back')
    expect(await answerOf(stage.lab, staging)).toMatchObject({ version: '1.2.3', commit: second })
    const played = await play(back('staging', shaTag(first)))
    expectEnd(played, 0, 'rolled-back')
    expect(played.published).toEqual({})
    expect(await answerOf(stage.lab, staging)).toMatchObject({ commit: first })
    expect(await answerOf(stage.lab, production)).toMatchObject({ version: 'main-latest' })
  })

  it('says that an image is not there, and leaves what runs', async () => {
    const played = await play(back('staging', 'sha-0000000'))
    expect(played.run.exitCode).toBe(1)
    expect(errorsIn(played)).toMatch(/manifest unknown.*registry does not have that tag/s)
    expect(await answerOf(stage.lab, staging)).toMatchObject({ commit: first })
    expect(stage.coolify.app(staging.uuid).docker_registry_image_tag).not.toBe('sha-0000000')
  })

  it('says which secrets are missing when nothing could be deployed', async () => {
    const { REGISTRY_PASSWORD = '' } = stage.secrets
    const played = await play(back('production', '1.2.3'), { REGISTRY_PASSWORD })
    expectEnd(played, 1, 'failed')
    expect(errorsIn(played)).toMatch(/`?webhook`?/)
    expect(errorsIn(played)).toMatch(/`?token`?/)
    expect(played.requests).toEqual([])
  })

  it('shows no token and no password anywhere', () => {
    const [, token = ''] = (stage.secrets['COOLIFY_API_TOKEN'] ?? '').split('|')
    for (const { log, summaries, outputs } of runs) {
      // What act writes of a mask names what it hides; GitHub's runner writes nothing of it.
      const lines = log.split('\n').filter(line => !line.includes('"command":"add-mask"'))
      const shown = [...lines, ...summaries, JSON.stringify(outputs)].join('\n')
      for (const secret of [token, stage.lab.registry.password, stage.coolify.secret])
        expect(shown).not.toContain(secret)
    }
  })
})
