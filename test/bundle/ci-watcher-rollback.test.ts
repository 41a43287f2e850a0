import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FakeGitHub, type FakeGitHubOptions } from '@deploy-actions/testkit/github/server'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { createStubEngine } from '@deploy-actions/testkit/stub-engine/stub-engine'
import { describe, expect, it } from '@jest/globals'

const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const NEWER = '8f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c'
const OLDER = '1dcb09b5b57875f334f61aebed695e2e4193db51'

/** Short times, so that tests end soon. */
const QUICK = {
  'poll-interval': '50ms',
  grace: '1s',
  'stable-for': '200ms',
  'watch-timeout': '20s',
  'on-failure': 'report',
}

interface Scene extends AsyncDisposable {
  readonly github: FakeGitHub
  readonly stateFile: string
  /** Runs the action for the commit at the head of main; fails the test when its token shows up anywhere. */
  watch(inputs?: Readonly<Record<string, string>>, run?: BundleRun): Promise<BundleResult>
  state(): Promise<string | undefined>
}

async function scene(options: FakeGitHubOptions = {}): Promise<Scene> {
  // With a limit that does not slow down tests whose time is short.
  const github = await FakeGitHub.start({ limit: 1_000_000, ...options })
  github.repository.push(OLDER)
  github.repository.push(SHA)
  const folder = await mkdtemp(path.join(tmpdir(), 'watch-'))
  const stateFile = path.join(folder, 'state/last-validated-sha.txt')
  const token = github.token
  return {
    github,
    stateFile,
    async watch(inputs = {}, run = {}) {
      const context = { api_url: github.apiUrl, server_url: github.url, sha: SHA, ...run.github }
      const given = { ...QUICK, 'github-token': token, ...inputs }
      const result = await runBundle('ci-watcher-rollback', {
        timeout: 300_000,
        ...run,
        github: context,
        inputs: given,
      })
      const raw = result.stdout.replaceAll(/^::add-mask::.*$/gm, '')
      for (const text of [raw, result.stderr, result.summary, JSON.stringify(result.outputs)])
        expect(text).not.toContain(token)
      return result
    },
    state: () => readFile(stateFile, 'utf8').catch(() => undefined),
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

const STEPS = [
  { name: 'Set up job', conclusion: 'success' },
  { name: 'npm test', conclusion: 'failure' },
]

describe('poll', () => {
  it('waits for CI, and records the commit', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).set('in_progress')
    all.github.afterRequests(8, () => run.finish('success'))
    const { exitCode, outputs, stdout, summary } = await all.watch({ 'state-file': all.stateFile })
    expect({ exitCode, outputs }).toMatchObject({
      exitCode: 0,
      outputs: {
        result: 'confirmed',
        reason: '',
        verdict: 'success',
        sha: SHA,
        'validated-sha': SHA,
        'failed-jobs': '[]',
      },
    })
    expect(await all.state()).toBe(`${SHA}\n`)
    expect(stdout).toContain('CI is not complete: CI (in_progress)')
    expect(summary).toContain('### 🔒 Commit 6dcb09b is validated')
    expect(all.github.findings).toEqual([])
  })

  it('names what failed, with its page and first failing step', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).set('in_progress')
    all.github.afterRequests(8, () => run.job('test', 'failure', STEPS).set('failure'))
    const { exitCode, outputs, annotations, summary } = await all.watch({ 'state-file': all.stateFile })
    const page = `${all.github.url}/octo-org/shop/actions/runs/${run.id}/job/${run.latestJobs()[0]?.id}`
    expect(exitCode).toBe(1)
    expect(outputs).toMatchObject({ result: 'failed', verdict: 'failure', 'validated-sha': '' })
    expect(JSON.parse(outputs['failed-jobs'] ?? '')).toEqual([
      { name: 'test', workflow: 'CI', conclusion: 'failure', url: page, step: 'npm test' },
    ])
    expect(annotations).toMatchObject([{ level: 'error', title: 'CI failed for commit 6dcb09b' }])
    expect(annotations[0]?.message).toContain(`- CI / test (failure) at step "npm test": ${page}`)
    expect(summary).toContain('| ❌ failure | npm test |')
    expect(await all.state()).toBeUndefined()
  })

  it('does not wait for itself, nor for another run of its workflow', async () => {
    await using all = await scene()
    const { repository } = all.github
    repository.run(SHA).finish('success')
    repository.run(SHA, { id: 1_658_821_493, workflow: 'Deploy', jobs: ['watch'] }).set('in_progress')
    repository.run(SHA, { workflow: 'Deploy', jobs: ['watch'] }).set('in_progress')
    expect((await all.watch()).outputs).toMatchObject({ result: 'confirmed', verdict: 'success' })
  })

  it('survives a burst of errors', async () => {
    await using all = await scene()
    all.github.repository.run(SHA).finish('success')
    all.github.failNext({ kind: '502-html' })
    all.github.failNext({ kind: 'reset' })
    const { outputs, stdout } = await all.watch()
    expect(outputs['result']).toBe('confirmed')
    expect(stdout).toContain('GitHub does not respond: the next attempt is in 1.0 s')
  })

  it('holds when there is no CI, when CI does not end, and when it cannot be read', async () => {
    await using all = await scene()
    const none = await all.watch()
    expect(none.outputs).toMatchObject({ result: 'failed', verdict: 'no-checks' })
    all.github.repository.run(SHA).set('in_progress')
    const slow = await all.watch({ 'watch-timeout': '1s' })
    expect(slow).toMatchObject({ exitCode: 1, outputs: { result: 'failed', verdict: 'timeout' } })
    const accepted = await all.watch({ 'watch-timeout': '1s', 'on-timeout': 'accept', 'state-file': all.stateFile })
    expect(accepted).toMatchObject({ exitCode: 0, outputs: { result: 'confirmed', 'validated-sha': '' } })
    expect(await all.state()).toBeUndefined()
    all.github.failNext({ kind: '503', times: 1_000 })
    const blind = await all.watch({ 'watch-timeout': '1s' })
    expect(blind).toMatchObject({ exitCode: 1, outputs: { result: 'failed', verdict: 'unreachable' } })
  })

  it('names the permission that is missing, at once', async () => {
    await using all = await scene()
    all.github.permissions = new Set(['actions', 'statuses', 'contents'])
    const { exitCode, outputs, annotations } = await all.watch()
    expect({ exitCode, result: outputs['result'] }).toEqual({ exitCode: 1, result: 'failed' })
    expect(outputs['reason']).toContain('The GitHub token lacks a permission')
    expect(annotations[0]?.message).toContain("Next: Add `checks: read` to the job's `permissions`.")
    expect(all.github.requests).toHaveLength(1)
  })

  it('ends when its job is cancelled', async () => {
    await using all = await scene()
    all.github.repository.run(SHA).set('in_progress')
    const { exitCode, outputs } = await all.watch({}, { signalAfter: { output: /CI is not complete/ } })
    expect({ exitCode, result: outputs['result'] }).toEqual({ exitCode: 1, result: 'failed' })
    expect(outputs['reason']).toContain('Cancelled')
  })

  it('reads the statuses of Gitea', async () => {
    await using all = await scene({ service: 'gitea' })
    const { repository } = all.github
    repository.status(SHA, 'CI / test (push)', 'success', '/octo-org/shop/actions/runs/7/jobs/1')
    repository.status(SHA, 'Deploy / watch (push)', 'pending', '/octo-org/shop/actions/runs/1658821493/jobs/2')
    const env = { GITEA_ACTIONS: 'true', GITEA_ACTIONS_RUNNER_VERSION: 'v1.0.8' }
    expect((await all.watch({}, { env })).outputs).toMatchObject({ result: 'confirmed', verdict: 'success' })
    repository.status(SHA, 'CI / test (push)', 'failure')
    expect((await all.watch({}, { env })).outputs).toMatchObject({ result: 'failed', verdict: 'failure' })
  })
})

describe('the state file', () => {
  it('moves forward only', async () => {
    await using all = await scene()
    for (const sha of [OLDER, SHA]) all.github.repository.run(sha).finish('success')
    await all.watch({ 'state-file': all.stateFile })
    const { outputs, annotations } = await all.watch({ 'state-file': all.stateFile, sha: OLDER })
    expect(outputs).toMatchObject({ result: 'confirmed', sha: OLDER, 'validated-sha': SHA })
    expect(annotations).toMatchObject([{ message: 'The state file keeps 6dcb09b, which is newer than 1dcb09b.' }])
    expect(await all.state()).toBe(`${SHA}\n`)
  })

  it('is checked before anything is watched', async () => {
    await using all = await scene()
    const folder = path.dirname(all.stateFile)
    await writeFile(folder, 'in the way')
    const { outputs } = await all.watch({ 'state-file': all.stateFile })
    expect(outputs['reason']).toContain('The state file cannot be used')
    expect(all.github.requests).toEqual([])
  })
})

describe('event', () => {
  const event = (all: Scene, run: { readonly id: number }, differences: object = {}) => ({
    github: {
      event_name: 'workflow_run',
      // That of the default branch, not the CI's.
      sha: NEWER,
      event: {
        workflow_run: {
          ...{
            id: run.id,
            workflow_id: 1,
            name: 'CI',
            path: '.github/workflows/ci.yml',
            event: 'push',
            head_branch: 'main',
          },
          ...{ head_sha: SHA, run_attempt: 1, status: 'completed', conclusion: 'success' },
          ...{
            html_url: `${all.github.url}/octo-org/shop/actions/runs/${run.id}`,
            head_repository: { full_name: 'octo-org/shop' },
          },
          ...differences,
        },
      },
    },
  })

  it('looks once, at the commit of the run that has ended', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: ['test'] }).finish('success')
    const { outputs } = await all.watch({ 'stable-for': '10m' }, event(all, run))
    expect(outputs).toMatchObject({ result: 'confirmed', verdict: 'success', sha: SHA })
    expect(all.github.findings).toEqual([])
  })

  it('believes the event more than a list that lags, and leaves the rest to the next event', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA, { jobs: [] }).set('in_progress')
    expect((await all.watch({}, event(all, run))).outputs['verdict']).toBe('success')
    all.github.repository.run(SHA, { workflow: 'Lint' }).set('in_progress')
    const { exitCode, outputs } = await all.watch({}, event(all, run))
    expect({ exitCode, outputs }).toMatchObject({ exitCode: 0, outputs: { result: 'pending', verdict: 'pending' } })
  })

  it('watches nothing for a commit of a fork', async () => {
    await using all = await scene()
    const run = all.github.repository.run(SHA).finish('success')
    const fork = event(all, run, { head_repository: { full_name: 'somebody/shop' } })
    const { exitCode, outputs } = await all.watch({ 'state-file': all.stateFile }, fork)
    expect({ exitCode, result: outputs['result'], state: await all.state() }).toEqual({
      exitCode: 0,
      result: 'skipped',
      state: undefined,
    })
    expect(all.github.requests).toEqual([])
  })
})

describe('the rollback', () => {
  const COMPOSE = 'name: shop\nservices:\n  web:\n    image: app:${TAG}\n'

  it('leads a server whose release CI has refused to the previous one, and leaves a newer release', async () => {
    await using all = await scene()
    const folder = await mkdtemp(path.join(tmpdir(), 'server-'))
    try {
      const engine = await createStubEngine(folder)
      for (const tag of ['1', '2', '3']) engine.pushImage({ reference: `app:${tag}` })
      await writeFile(path.join(folder, 'compose.yaml'), COMPOSE)
      const env = { PATH: `${engine.bin}:${process.env['PATH']}` }
      const server = { host: 'local', path: path.join(folder, 'srv/shop') }
      const deploy = async (tag: string, sha: string) => {
        const inputs = { ...server, sha, version: `v${tag}`, env: `TAG=${tag}` }
        const { outputs } = await runBundle('ssh-compose-deploy', { inputs, env, cwd: folder, timeout: 300_000 })
        expect(outputs['result']).toBe('deployed')
        return outputs['release'] ?? ''
      }
      const first = await deploy('1', OLDER)
      const second = await deploy('2', SHA)
      all.github.repository
        .run(SHA, { jobs: ['test'] })
        .job('test', 'failure', STEPS)
        .set('failure')
      const watched = await all.watch({ ...server, 'on-failure': 'rollback' }, { env })
      expect(watched).toMatchObject({
        exitCode: 1,
        outputs: { result: 'rolled-back', verdict: 'failure', release: first, 'previous-release': second },
      })
      expect(watched.annotations.at(-1)?.title).toMatch(/^Rolled back to .*: CI failed for commit 6dcb09b$/)
      expect(await readFile(path.join(server.path, '.env'), 'utf8')).toBe("TAG='1'\n")
      // The same verdict once more finds another commit there.
      const again = await all.watch({ ...server, 'on-failure': 'rollback' }, { env })
      expect(again).toMatchObject({ exitCode: 0, outputs: { result: 'superseded', verdict: 'superseded' } })
      await deploy('3', NEWER)
      const late = await all.watch({ ...server, 'on-failure': 'rollback' }, { env })
      expect(late).toMatchObject({ exitCode: 0, outputs: { result: 'superseded' } })
      expect(await readFile(path.join(server.path, '.env'), 'utf8')).toBe("TAG='3'\n")
    } finally {
      await rm(folder, { recursive: true })
    }
  }, 900_000)
})
