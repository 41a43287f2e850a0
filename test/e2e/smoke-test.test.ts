import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { openProduction, type Production } from '../demo/production.ts'
import { type Commit, DEPLOY_WITHOUT_BUILD, makeTeamRepository, type TeamRepository } from '../demo/team-repository.ts'
import { runWorkflow, type WorkflowResult } from '../lab/act.ts'
import type { TimeManagerVersion } from '../lab/example-images.ts'
import type { Lab } from '../lab/lab.ts'
import { checkout, labNames } from '../lab/names.ts'
import { progressTo, toStderr } from '../lab/progress.ts'

jest.setTimeout(240_000)

const LAB = 'smoke'
const EXAMPLE = join(checkout, 'examples/time-manager')
/** As the demo has it, but for how long it waits for what will not come. */
const DEPLOY = '.github/workflows/quick.yml'
const SMOKE_ONLY = '.github/workflows/smoke.yml'

let lab: Lab
let act: string
let repository: TeamRepository
let production: Production
beforeAll(async () => {
  repository = await makeTeamRepository(EXAMPLE, join(labNames(LAB).folder, 'team'), ['v1', 'v2', 'v3'])
  const workflow = (await readFile(DEPLOY_WITHOUT_BUILD, 'utf8')).replace('deadline: 1m', 'deadline: 15s')
  await writeFile(join(repository.folder, DEPLOY), workflow)
  await writeFile(join(repository.folder, SMOKE_ONLY), smokeOnly(workflow))
  const versions = repository.commits.map(
    // The last one is a stale image: it has the new commit's tag, and an old build in it.
    ({ version, sha }): TimeManagerVersion => ({
      version,
      tag: sha,
      commit: version === 'v3' ? commit('v2').sha : sha,
    }),
  )
  ;({ act, lab, production } = await openProduction(LAB, versions, progressTo(toStderr)))
})
afterAll(() => lab?.close())

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly if?: string
}

/** The example's workflow without all that deploys, and with the report shown. */
function smokeOnly(text: string): string {
  const workflow: { jobs: { deploy: { steps: Step[] } } } = parse(text)
  const { deploy } = workflow.jobs
  const steps = deploy.steps.filter(({ id, uses }) => id === 'smoke' || uses?.startsWith('actions/checkout@'))
  deploy.steps = steps.map(({ if: _, ...step }) => step)
  return stringify({
    ...workflow,
    jobs: { deploy: { ...deploy, steps: [...deploy.steps, { if: 'always()', run: 'cat smoke-test.xml' }] } },
  })
}

function commit(version: string): Commit {
  const found = repository.commits.find(one => one.version === version)
  if (found === undefined) throw new Error(`there is no ${version}`)
  return found
}

async function run(version: string, workflow: string): Promise<WorkflowResult> {
  await repository.checkOut(commit(version))
  const result = await runWorkflow({
    act,
    repository: repository.folder,
    workflow,
    event: 'push',
    payload: { ref: 'refs/heads/main' },
    ...production,
    repositories: { 'org/actions@v1': join(checkout, 'release') },
  })
  // act's own log holds the masks themselves.
  const said = [...result.lines.map(({ text }) => text), ...result.summaries].join('\n')
  for (const secret of Object.values(production.secrets)) expect(said).not.toContain(secret.trim())
  return result
}

const errorsOf = ({ lines }: WorkflowResult): string =>
  lines.flatMap(({ kind, text }) => (kind === 'error' ? [text] : [])).join('\n')

/** With the whole log where it did not end so. */
function expectEnd(result: WorkflowResult, exitCode: number): void {
  if (result.exitCode !== exitCode) throw new Error(`exit status ${result.exitCode}, not ${exitCode}:\n${result.log}`)
}

/** One story: each test begins where the one before ended. No run shows a secret. */
describe('a smoke test after a deploy, under act', () => {
  it('passes when the release that was deployed answers', async () => {
    const result = await run('v1', DEPLOY)
    expectEnd(result, 0)
    expect(result.outputs['deploy']).toMatchObject({ result: 'deployed' })
    expect(result.outputs['smoke']).toMatchObject({ result: 'passed', failed: '0', 'failed-names': '[]' })
    expect(result.summaries.join('\n')).toMatch(/### ✅ Smoke test: \d checks passed/)
  })

  it('fails while the release before still answers, says what answers, and writes it down', async () => {
    const result = await run('v2', SMOKE_ONLY)
    expectEnd(result, 1)
    expect(result.outputs['smoke']).toMatchObject({ result: 'failed', failed: '1' })
    const errors = errorsOf(result)
    expect(errors).toContain(commit('v1').sha)
    expect(errors).toContain(commit('v2').sha)
    const report = result.lines.map(({ text }) => text).join('\n')
    expect(report).toMatch(/<testsuites name="smoke-test" tests="\d" failures="1" /)
    expect(report).toMatch(/<failure type="http" message="[^"]*commit/)
    expect(result.summaries.join('\n')).toContain('### ❌ Smoke test: 1 of')
  })

  it('passes when the new release was deployed', async () => {
    const result = await run('v2', DEPLOY)
    expectEnd(result, 0)
    expect(result.outputs['smoke']).toMatchObject({ result: 'passed' })
  })

  it('finds a stale image that looks healthy, and the workflow goes back', async () => {
    const result = await run('v3', DEPLOY)
    expectEnd(result, 1)
    expect(result.outputs['deploy']).toMatchObject({ result: 'deployed' })
    expect(result.outputs['smoke']).toMatchObject({ result: 'failed', failed: '1' })
    expect(errorsOf(result)).toContain(commit('v2').sha)
    expect(result.outputs['back']).toMatchObject({ result: 'rolled-back' })
    const health = await lab.server().exec('curl --silent http://127.0.0.1/api/health')
    expect(JSON.parse(health.stdout)).toMatchObject({ status: 'healthy', version: 'v2' })
  })
})
