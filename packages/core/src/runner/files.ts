import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Environment } from './inputs.ts'

/** A path of an input: relative to the workspace, as in every other action. */
export function workspacePath(path: string, env: Environment): string {
  return resolve(env['GITHUB_WORKSPACE'] || '.', path)
}

/** The text of a file of the workspace; undefined when there is none that can be read. */
export async function readWorkspaceFile(path: string, env: Environment): Promise<string | undefined> {
  try {
    return await readFile(workspacePath(path, env), 'utf8')
  } catch {
    return undefined
  }
}

/** Writes a file of the workspace, and the folders that lead to it. */
export async function writeWorkspaceFile(path: string, text: string, env: Environment): Promise<void> {
  const file = workspacePath(path, env)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** The payload of the event that started the run; undefined when the runner gives none. */
export async function readEventPayload(env: Environment): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH']
  if (!path) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}
