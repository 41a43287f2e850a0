import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { writeTree } from '../scripts/release.ts'
import type { Server } from '../scripts/server.ts'
import { TEAMS_OWN } from '../scripts/trees.ts'
import { type Order, runEngine } from './engine-run.ts'
import { VERSIONS } from './versions.ts'

/** A run of the engine that is disturbed, and the state that it begins with. */
export interface Scenario {
  readonly name: string
  readonly about: string
  /** A named function: scenarios with the same one share its result. */
  readonly setup: (server: Server, workspaces: string) => Promise<void>
  readonly order: Order
  /** The exit status of an undisturbed run. */
  readonly status: 0 | 1
  /** Nothing runs before. */
  readonly isFirst?: boolean
  /** Containers that the engine restores are not configured exactly as those that people started. */
  readonly isStartedManually?: boolean
}

const { v1, v2, v3, bad } = VERSIONS

async function mustDeploy(server: Server, workspaces: string, orders: readonly Order[]): Promise<void> {
  for (const order of orders) {
    const { status, report, log } = await runEngine(server, workspaces, order)
    if (status !== 0) throw new Error(`The setup failed: ${report}\n${log}`)
  }
}

/** Files of the team's that belong to no release. */
const teamsOwn = (server: Server): void => writeTree(server.project, TEAMS_OWN)

async function twoReleases(server: Server, workspaces: string): Promise<void> {
  teamsOwn(server)
  await mustDeploy(server, workspaces, [{ deploy: v1 }, { deploy: v2 }])
}

async function emptyDirectory(server: Server): Promise<void> {
  mkdirSync(server.project, { recursive: true })
}

/** What people do before they have a deploy: copy the files, and start the project on the server. */
async function startManually(server: Server): Promise<void> {
  teamsOwn(server)
  writeTree(server.project, v2.tree)
  writeFileSync(path.join(server.project, '.env'), `COLOR='${v2.color}'\n`, { mode: 0o640 })
  const up = 'cd "$0" && docker compose up -d --no-build'
  const { status, stderr } = await server.run({ argv: [path.join(server.programs, 'sh'), '-c', up, server.project] })
  if (status !== 0) throw new Error(`The project could not be started: ${stderr}`)
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'deploy-healthy',
    about: 'a deploy on top of two releases',
    setup: twoReleases,
    order: { deploy: v3 },
    status: 0,
  },
  {
    name: 'deploy-unhealthy',
    about: 'a deploy that is unhealthy, and rolled back',
    setup: twoReleases,
    order: { deploy: bad },
    status: 1,
  },
  {
    name: 'first-deploy',
    about: 'a deploy to an empty directory',
    setup: emptyDirectory,
    order: { deploy: v3 },
    status: 0,
    isFirst: true,
  },
  { name: 'rollback', about: 'a manual rollback', setup: twoReleases, order: 'rollback', status: 0 },
  {
    name: 'takeover',
    about: 'a deploy on top of a project that was started manually',
    setup: startManually,
    order: { deploy: v3 },
    status: 0,
    isStartedManually: true,
  },
]
