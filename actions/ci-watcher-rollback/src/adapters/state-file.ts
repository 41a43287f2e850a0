import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { workspacePath } from '@deploy-actions/core/runner/files'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { isCommitSha } from '@deploy-actions/core/values/commit-sha'
import { errorCode } from '@deploy-actions/core/values/error-code'
import type { StateFile } from '../validated.ts'

/** Creates the directory of the file, and fails before anything is watched when the file could not be written at the end. */
export async function openStateFile(input: string, env: Environment): Promise<StateFile> {
  const file = workspacePath(input, env)
  const folder = path.dirname(file)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (thrown) {
    throw notWritable(file, thrown)
  }
  const state: StateFile = { read: () => readSha(file), write: sha => replace(file, `${sha}\n`) }
  await state.read()
  return state
}

async function readSha(file: string): Promise<string | undefined> {
  let text: string
  try {
    text = (await readFile(file, 'utf8')).trim()
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw notWritable(file, thrown)
  }
  if (text === '') return undefined
  if (isCommitSha(text)) return text
  throw new ActionError({
    title: 'The state file is not valid',
    message: `${file} does not hold the full SHA of a commit.`,
    next: 'Check that `state-file` names the right file, or remove the file.',
  })
}

/** A reader finds the old content or the new one, also after a power failure. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  try {
    const handle = await open(draft, 'wx', 0o644)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (thrown) {
    await rm(draft, { force: true })
    throw notWritable(file, thrown)
  }
}

function notWritable(file: string, thrown: unknown): ActionError {
  return new ActionError({
    title: 'The state file cannot be used',
    message: `${file} cannot be read or written (${errorCode(thrown)}).`,
    next: `Create its directory, and make the user of the runner its owner: \`sudo install -d -o RUNNER_USER ${path.dirname(file)}\`.`,
    cause: thrown,
  })
}
