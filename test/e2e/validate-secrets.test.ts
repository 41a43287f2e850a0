import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { runWorkflow, type WorkflowResult } from '../lab/act.ts'
import { progressTo, toStderr } from '../lab/progress.ts'
import { command } from '../lab/shell.ts'
import { ensureAct } from '../lab/tools.ts'

jest.setTimeout(120_000)

const top = join(import.meta.dirname, '../..')
const release = join(top, 'release')
const key = makeSshKey('ed25519')
const random = (bytes: number) => randomBytes(bytes).toString('base64')

const SECRETS = {
  SSH_KEY: key.private,
  DOCKERHUB_TOKEN: `dckr_pat_${randomBytes(20).toString('hex')}`,
  APP_ENCRYPTION_KEY_B64: random(32),
  SECRET_KEY: random(48),
  JWT_SECRET_KEY: random(48),
  POSTGRES_PASSWORD: random(18),
  SENTRY_DSN: `https://${randomBytes(16).toString('hex')}@o1.ingest.sentry.example/42`,
}
const VARS = {
  SSH_HOST: 'atmr.example.com',
  SSH_USER: 'atmr-deploy',
  SSH_KNOWN_HOSTS: `atmr.example.com ${key.public.split(' ').slice(0, 2).join(' ')}`,
  DOCKERHUB_USERNAME: 'atmr-builds',
  DOCKER_IMAGE: 'docker.io/atmr/backend',
  DOCKER_TAG: 'v1.4.0',
  SSH_PORT: '22',
  POSTGRES_USER: 'atmr',
  POSTGRES_DB: 'atmr',
}

let act: string
let folder = ''
beforeAll(async () => {
  if (!existsSync(release)) throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  act = await ensureAct(progressTo(toStderr))
  folder = await mkdtemp(join(tmpdir(), 'atmr-'))
  await mkdir(join(folder, '.github/workflows'), { recursive: true })
  await writeFile(join(folder, '.github/workflows/deploy.yml'), await firstJob())
  await cp(join(top, 'examples/atmr/secrets.yml'), join(folder, 'secrets.yml'))
  const git = (...args: string[]) => command('git', args, { cwd: folder })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('remote', 'add', 'origin', 'https://github.com/atmr/backend.git')
  await git('add', '--all')
  await git('-c', 'user.name=team', '-c', 'user.email=team@example.org', 'commit', '--quiet', '--message', 'one')
})
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** The job of the example that checks the secrets, without the unit tests and the jobs that wait for it. */
async function firstJob(): Promise<string> {
  interface Job {
    steps: { readonly run?: string }[]
  }
  const workflow: { jobs: { secrets: Job } } = parse(await readFile(join(top, 'examples/atmr/deploy.yml'), 'utf8'))
  const { secrets } = workflow.jobs
  secrets.steps = secrets.steps.filter(({ run }) => run === undefined)
  return stringify({ ...workflow, jobs: { secrets } })
}

function run(
  secrets: Readonly<Record<string, string>>,
  vars: Readonly<Record<string, string>>,
): Promise<WorkflowResult> {
  return runWorkflow({
    act,
    repository: folder,
    workflow: '.github/workflows/deploy.yml',
    event: 'push',
    secrets,
    vars,
    repositories: { 'org/actions@v1': release },
  })
}

/** Eight values that are wrong, each in its own way. */
const WRONG = {
  secrets: {
    SSH_KEY: key.private.trim().replaceAll('\n', ' '),
    DOCKERHUB_TOKEN: 'your-dockerhub-token',
    APP_ENCRYPTION_KEY_B64: random(16),
    SECRET_KEY: 'abcdefgh'.repeat(5),
    SENTRY_DSN: 'o1.ingest.sentry.example/secret-of-the-dsn',
  },
  vars: { SSH_HOST: 'https://atmr.example.com/', SSH_PORT: '70000', DOCKER_IMAGE: 'docker.io/ATMR/backend' },
}

describe('the secrets of the atmr pipeline, under act', () => {
  it('pass when they are right', async () => {
    const result = await run(SECRETS, VARS)
    expect(result.log).toContain('17 names checked, and all is well.')
    expect(result.exitCode).toBe(0)
    expect(result.outputs['check']).toMatchObject({
      valid: 'true',
      'has-SENTRY_DSN': 'true',
      'has-MAIL_PASSWORD': 'false',
    })
  })

  it('fail with eight different problems in one message, and with no value', async () => {
    const secrets = { ...SECRETS, ...WRONG.secrets }
    const result = await run(secrets, { ...VARS, ...WRONG.vars })
    expect(result.exitCode).toBe(1)
    const errors = result.lines.filter(
      ({ kind, title }) => kind === 'error' && title === '8 problems with secrets and variables',
    )
    expect(errors).toHaveLength(1)
    expect(errors[0]?.text.split('\n').filter(line => line.startsWith('- '))).toEqual([
      expect.stringMatching(/^- `SSH_KEY` \(format\): is a private key whose line breaks were lost/),
      '- `DOCKERHUB_TOKEN` (placeholder): is a text of a template, not a value. Replace it with the real value. If it is meant, list it (or a part of it) in `allow-placeholder`.',
      '- `APP_ENCRYPTION_KEY_B64` (too-short): has fewer bytes than the 32 of the rule when decoded.',
      expect.stringMatching(/^- `SECRET_KEY` \(weak\): is a short text repeated\./),
      '- `SENTRY_DSN` (format): has no scheme. Write https:// in front.',
      '- `SSH_HOST` (format): is a URL. Write the host alone, without scheme and path.',
      '- `SSH_PORT` (forbidden): is outside 1 to 65535.',
      expect.stringMatching(/^- `DOCKER_IMAGE` \(format\): has capital letters, which no registry takes\./),
    ])
    expect(result.outputs['check']).toMatchObject({ valid: 'false', 'problem-count': '8' })
    expect(result.summaries.join('\n')).toContain('### ❌ Secrets and variables: 8 problems')
    const said = `${result.lines.map(({ text }) => text).join('\n')}\n${result.summaries.join('\n')}`
    for (const value of Object.values(secrets)) expect(said).not.toContain(value)
    expect(said).not.toMatch(/secret-of-the-dsn|abcdefgh|70000/)
    expect(result.log).not.toMatch(/secret-of-the-dsn|abcdefghabcdefgh/)
  })

  it('say how to give secrets to act when there are none', async () => {
    const result = await run({}, VARS)
    const [error] = result.lines.filter(({ kind, title }) => kind === 'error' && title?.includes('problems'))
    expect(error?.text).toContain('- `SSH_KEY` (missing): is not set.')
    expect(error?.text).toContain('--secret-file')
    expect(error?.text).toContain('Not one of the 8 secrets arrived')
  })
})
