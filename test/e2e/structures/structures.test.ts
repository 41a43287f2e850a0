import { createHash } from 'node:crypto'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import type { BundleResult } from '@deploy-actions/testkit/run-bundle'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { expectEnd, openDeployLab, Project } from '../ssh-compose-deploy/fixture.ts'
import { type Structure, structures } from './structures.ts'

/** `pnpm structures` runs all, and prints the table. Names run only those. */
const { STRUCTURES: wanted } = process.env
const chosen = structures.filter(({ name, isInSuite }) =>
  wanted === undefined ? isInSuite : wanted === 'all' || wanted.split(',').includes(name),
)
/** Several deploys on one server, each of its own project. */
const AT_ONCE = 4

// All deploys are made before the first test.
jest.setTimeout(3_600_000)

const STEPS = ['deploy', 'files', 'unchanged', 'rollback'] as const
/** `ok`, or what went wrong. */
type Row = Record<(typeof STEPS)[number], string>

let lab: Lab
const rows = new Map<string, Row>()
beforeAll(async () => {
  lab = await openDeployLab('structures')
  await mapLimit(chosen, AT_ONCE, async structure => rows.set(structure.name, await tryOut(structure)))
})
afterAll(async () => {
  if (wanted !== undefined) console.log([['structure', ...STEPS].join('\t'), ...[...rows].map(lineOf)].join('\n'))
  await lab?.close()
})

describe('a project of a usual structure is deployed, found unchanged, and rolled back exactly', () => {
  it.each(chosen)('$name', ({ name }) => {
    expect(rows.get(name)).toEqual({ deploy: 'ok', files: 'ok', unchanged: 'ok', rollback: 'ok' })
  })
})

function lineOf([name, row]: [string, Row]): string {
  return [name, ...STEPS.map(step => (row[step] === 'ok' ? 'ok' : 'failed'))].join('\t')
}

/** After a step that failed, the others say nothing. */
async function tryOut(structure: Structure): Promise<Row> {
  const { name, files, inputs = {}, env = [], failing = 'sick' } = structure
  const row: Row = { deploy: 'not run', files: 'not run', unchanged: 'not run', rollback: 'not run' }
  await using project = await Project.create(lab, name)
  for (const path of ['compose.yaml', 'infrastructure']) await project.remove(path)
  for (const [path, text] of Object.entries(files)) await project.write(path, text)
  if (structure.prepare !== undefined) await lab.server().exec(structure.prepare)
  const deploy = (tag: string) =>
    project.run(
      { files: '', 'wait-timeout': '2m', ...inputs, env: [`TAG=${tag}`, ...env].join('\n') },
      { timeout: 600_000 },
    )
  const steps: Record<keyof Row, () => Promise<void>> = {
    deploy: async () => expectEnd(await deploy('ok-v1'), 0, 'deployed'),
    files: async () => expect(await filesOn(project)).toEqual(expectedFiles(structure)),
    unchanged: async () => {
      const before = await stateOf(project)
      expectEnd(await deploy('ok-v1'), 0, 'unchanged')
      expect(await stateOf(project)).toEqual(before)
    },
    rollback: async () => {
      const before = await resultOf(project)
      const failed: BundleResult = await deploy(failing)
      expectEnd(failed, 1, 'rolled-back')
      expect(await resultOf(project)).toEqual(before)
    },
  }
  for (const step of STEPS) {
    try {
      await steps[step]()
      row[step] = 'ok'
    } catch (thrown) {
      row[step] = thrown instanceof Error ? thrown.message : String(thrown)
      return row
    }
  }
  return row
}

/** What lies in the project directory, beside the store and what a container made. */
async function filesOn(project: Project): Promise<string[]> {
  const found = await project.asRoot(
    "find . -path ./.deploy -prune -o -type f ! -name .env -exec sha256sum {} + | sed 's|  ./|  |' | sort",
  )
  return found.split('\n')
}

function expectedFiles({ files, inputs = {} }: Structure): string[] {
  const below = inputs['working-directory'] === undefined ? '' : `${inputs['working-directory']}/`
  const line = ([path, text]: [string, string]) =>
    `${createHash('sha256').update(text).digest('hex')}  ${path.slice(below.length)}`
  return Object.entries(files).map(line).sort()
}

const LIST = "docker ps -a --no-trunc --filter label=com.docker.compose.project=$name --format '$format' | sort"

/** The very containers. */
function stateOf(project: Project): Promise<string> {
  return project.asRoot(LIST.replace('$name', project.name).replace('$format', '{{.ID}} {{.State}}'))
}

/** What people see of a release: containers by name with their image, files, `.env`. */
async function resultOf(project: Project) {
  const format = '{{.Names}} {{.Image}} {{.State}}'
  const containers = await project.asRoot(LIST.replace('$name', project.name).replace('$format', format))
  return { containers, files: await filesOn(project), env: await project.asRoot('cat .env') }
}
