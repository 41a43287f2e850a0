import { parseComposeConfig, type Service } from '@deploy-actions/core/compose/config'
import { isExpected } from '@deploy-actions/core/compose/judge'
import { documentsOf } from '@deploy-actions/core/deploy/documents'
import { withProject } from '@deploy-actions/core/deploy/project'
import { verifyRelease } from '@deploy-actions/core/deploy/verify'
import { releaseFiles } from '@deploy-actions/core/release/layout'
import type { Release, ServiceRecord } from '@deploy-actions/core/release/record'
import { describe, expect, it } from '@jest/globals'
import { type ContainerParts, containerJson, release } from '../release/examples.ts'
import { ProjectFolder } from '../release/project-folder.ts'
import { fakeServer, projectOptions } from './fake-project.ts'

const record = (name: string, found?: string): ServiceRecord => ({
  name,
  image: name,
  imageId: `sha256:${name}`,
  pin: `${name}:deploy-shop-1`,
  ...(found === undefined ? {} : { found }),
})

/** Compose prints the blocks `x-deploy` as YAML only, behind the JSON. */
const configOf = (job: object, xDeploy: string): readonly Service[] =>
  parseComposeConfig(
    `${JSON.stringify({ name: 'shop', services: { web: { image: 'web' }, job: { image: 'job', ...job } } })}\n---\n${xDeploy}`,
  ).services

const NOT_REQUIRED = 'services:\n  job:\n    x-deploy:\n      required: false\n'

const WEB: ContainerParts = { imageId: 'sha256:web' }
const job = (parts: ContainerParts): ContainerParts => ({ service: 'job', imageId: 'sha256:job', ...parts })
const failed = job({ status: 'exited', exitCode: 1, restartPolicy: 'no' })

const DEPLOYED = release(1, { services: [record('web'), record('job')], env: 'kept' })
const adopted = (found?: string): Release => ({
  ...DEPLOYED,
  adopted: true,
  services: [record('web'), record('job', found)],
})

const FILES = { 'compose.yaml': 'services: {}' }

interface Case {
  readonly release: Release
  /** What the compose file says of the service `job`. */
  readonly job?: object
  readonly xDeploy?: string
  readonly containers: readonly ContainerParts[]
  readonly isAccepted: boolean
}

const CASES: Readonly<Record<string, Case>> = {
  'all that runs': { release: DEPLOYED, containers: [WEB, job({})], isAccepted: true },
  'a job that has completed': {
    release: DEPLOYED,
    containers: [WEB, job({ status: 'exited', restartPolicy: 'no' })],
    isAccepted: true,
  },
  'a job that has failed': { release: DEPLOYED, containers: [WEB, failed], isAccepted: false },
  'a service without a container': { release: DEPLOYED, containers: [WEB], isAccepted: false },
  'another image': { release: DEPLOYED, containers: [WEB, job({ imageId: 'sha256:new' })], isAccepted: false },
  'a container that was created only': {
    release: DEPLOYED,
    containers: [WEB, job({ status: 'created' })],
    isAccepted: false,
  },
  'a crash loop': {
    release: DEPLOYED,
    containers: [WEB, job({ status: 'restarting', exitCode: 1 })],
    isAccepted: false,
  },
  'a paused container': { release: DEPLOYED, containers: [WEB, job({ status: 'paused' })], isAccepted: false },
  'a task that somebody started beside the services': {
    release: DEPLOYED,
    containers: [WEB, job({}), { ...failed, name: 'shop-job-run-1', labels: { 'com.docker.compose.oneoff': 'True' } }],
    isAccepted: true,
  },
  'a failed service that the compose file does not require': {
    release: DEPLOYED,
    xDeploy: NOT_REQUIRED,
    containers: [WEB, failed],
    isAccepted: true,
  },
  'a service of no replicas': {
    release: DEPLOYED,
    job: { deploy: { replicas: 0 } },
    containers: [WEB],
    isAccepted: true,
  },
  'another image of a service that the compose file does not require': {
    release: DEPLOYED,
    xDeploy: NOT_REQUIRED,
    containers: [WEB, job({ imageId: 'sha256:new' })],
    isAccepted: false,
  },
  'a job that had failed when it was adopted': {
    release: adopted('exited (1)'),
    containers: [WEB, failed],
    isAccepted: true,
  },
  'a service that was unhealthy when it was adopted, and has stopped': {
    release: adopted('unhealthy'),
    containers: [WEB, failed],
    isAccepted: true,
  },
  'a service that was in a crash loop when it was adopted': {
    release: adopted('restarting'),
    containers: [WEB, job({ status: 'restarting', exitCode: 1 })],
    isAccepted: true,
  },
  'no container of a service that had failed when it was adopted': {
    release: adopted('exited (1)'),
    containers: [WEB],
    isAccepted: true,
  },
  'another image of a service that had failed when it was adopted': {
    release: adopted('exited (1)'),
    containers: [WEB, { ...failed, imageId: 'sha256:new' }],
    isAccepted: false,
  },
  'a service that was healthy when it was adopted, and fails': {
    release: adopted(),
    containers: [WEB, failed],
    isAccepted: false,
  },
  'another service that fails beside one that had failed when it was adopted': {
    release: adopted('exited (1)'),
    containers: [{ ...WEB, status: 'exited', exitCode: 1 }, failed],
    isAccepted: false,
  },
  'a service of the compose file that did not run when it was adopted': {
    release: { ...adopted(), services: [record('web')] },
    containers: [WEB, failed],
    isAccepted: true,
  },
}

async function engineAccepts({ release, job = {}, xDeploy = '', containers }: Case): Promise<boolean> {
  const lines = ['2026-01-01T00:01:00Z', ...containers.map(containerJson)]
  const hashes = 'web hash-web\njob hash-job'
  const { context } = fakeServer({
    verify: { sections: { differences: '', hashes, project: 'shop', containers: lines } },
    logs: { sections: {} },
  })
  const health = { waitTimeout: 2_000, stableFor: 0, url: undefined }
  const trouble = await withProject(projectOptions, context, project =>
    verifyRelease(release, configOf(job, xDeploy), health, project, context),
  )
  return trouble === undefined
}

/** The plan of a release, as a deploy writes it. */
function planOf({ release, job = {}, xDeploy = '' }: Case): string {
  const optional = configOf(job, xDeploy)
    .filter(service => !isExpected(service))
    .map(({ name }) => name)
  const more = { optional, links: [], foreign: [], envMode: '600', timeout: 60 }
  return documentsOf(release, more, new Date(0)).find(({ path }) => path === releaseFiles.plan)?.text ?? ''
}

async function scriptAccepts(example: Case, plan: string): Promise<boolean> {
  using folder = new ProjectFolder()
  for (const id of ['r1', 'r2']) folder.release(id, FILES)
  folder.holds('r2', FILES, 'r1')
  folder.write('.deploy/releases/r1/plan', plan)
  folder.write('containers', example.containers.map(inspected).join(''))
  folder.tool(
    'docker',
    `case "$*" in
'ps -a --no-trunc --filter label=com.docker.compose.project=shop -q') sed 's/ .*//' '${folder.path}/containers' ;;
'container inspect --format {{.Image}} {{.State.Status}} '*) sed 's/^[^ ]* //' '${folder.path}/containers' ;;
esac`,
  )
  const { exitCode, stdout, stderr } = await folder.rollbackSh('r1')
  // Any other failure would be one before the containers were looked at.
  expect([exitCode, stdout, stderr]).toEqual([
    expect.any(Number),
    exitCode === 0 ? expect.stringContaining('verified') : expect.any(String),
    exitCode === 0 ? '' : expect.stringContaining('nothing was confirmed'),
  ])
  return exitCode === 0
}

/** A line of what the script has Docker print of a container, with its ID in front. */
function inspected(parts: ContainerParts): string {
  const { service = 'web', imageId, status = 'running', exitCode = 0, labels = {} } = parts
  const oneoff = labels['com.docker.compose.oneoff'] ?? 'False'
  return `id-${parts.name ?? service} ${imageId} ${status} ${exitCode} ${oneoff} ${service}\n`
}

describe('rollback.sh and the engine', () => {
  it.each(Object.entries(CASES))('judge %s alike', async (_, example) => {
    const judged = { engine: await engineAccepts(example), script: await scriptAccepts(example, planOf(example)) }
    expect(judged).toEqual({ engine: example.isAccepted, script: example.isAccepted })
  })

  it('expect every service to run where the plan is of an earlier version', async () => {
    const example = { release: adopted('exited (1)'), containers: [WEB, failed], isAccepted: true }
    const plan = planOf(example)
    expect(plan).toContain('\noptional job\n')
    expect(await scriptAccepts(example, plan.replace('optional job\n', ''))).toBe(false)
    expect(await scriptAccepts({ ...example, containers: [WEB, job({})] }, plan.replace('optional job\n', ''))).toBe(
      true,
    )
  })
})
