import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { documentsOf, type TestRelease, writeStaged } from './release.ts'
import type { Outcome, Server, ServerCommand } from './server.ts'

export const MARK = 'MARK-of-the-crash-test'
/** The run that every scenario belongs to. */
export const OWNER = 'owner-1'

function programPath(server: Server): string {
  const hash = createHash('sha256').update(server.program).digest('hex')
  return path.join(server.home, '.local/share/deploy-actions', `${hash}.sh`)
}

export function installProgram(server: Server): void {
  mkdirSync(path.dirname(programPath(server)), { recursive: true })
  writeFileSync(programPath(server), server.program)
}

/** `sh PROGRAM VERB MARK PROJECT ARGS`, as the engine calls it. */
export function verb(
  server: Server,
  name: string,
  args: readonly string[],
  stdin?: string | Uint8Array,
): ServerCommand {
  const argv = [path.join(server.programs, 'sh'), programPath(server), name, MARK, server.project, ...args]
  return { argv, ...(stdin === undefined ? {} : { stdin }) }
}

/** A release's own script, as a person starts it on the server. */
export function rollbackScript(server: Server, id: string): ServerCommand {
  return { argv: [path.join(server.programs, 'sh'), path.join(server.project, '.deploy/releases', id, 'rollback.sh')] }
}

export const epochOf = (server: Server): string =>
  readFileSync(path.join(server.project, '.deploy/epoch'), 'utf8').trim()

/** Runs a step of a scenario's setup, which must succeed. */
export async function must(server: Server, command: ServerCommand): Promise<Outcome> {
  const outcome = await server.run(command)
  if (outcome.status !== 0 || outcome.leftAlive.length > 0) {
    const call = command.argv.slice(1).join(' ')
    throw new Error(
      `The setup of the scenario failed: ${call}: exit status ${outcome.status}\n${outcome.stderr}${outcome.stdout}`,
    )
  }
  return outcome
}

/** Takes the lock and frees it at once, as each run does first: it prepares `.deploy` and repairs what a dead run left. */
export const open = (server: Server): ServerCommand => verb(server, 'open', ['5', '{"who":"crash test"}', OWNER], '')

/** The folder in which a run has its upload. */
export const stagedFolder = (server: Server, id: string): string =>
  path.join(server.project, '.deploy/tmp/run.upload', id)

/** `store`, with the upload that it moves made beforehand. */
export function store(server: Server, release: TestRelease, imageId: (reference: string) => string): ServerCommand {
  const folder = stagedFolder(server, release.id)
  return verb(server, 'store', [epochOf(server), folder, release.id], documentsOf(release, imageId, server.notes))
}

export function stageUpload(server: Server, release: TestRelease): void {
  writeStaged(stagedFolder(server, release.id), release)
}

export const activate = (server: Server, id: string, rollbackTarget: string): ServerCommand =>
  verb(server, 'activate', [epochOf(server), OWNER, id, rollbackTarget])

export const rollback = (server: Server, id: string): ServerCommand =>
  verb(server, 'rollback', [epochOf(server), OWNER, id])

export const finish = (server: Server, id: string, phase: string): ServerCommand =>
  verb(server, 'finish', [epochOf(server), OWNER, id, phase], 'because of the test\n')
