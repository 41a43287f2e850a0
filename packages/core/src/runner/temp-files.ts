import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Environment } from './inputs.ts'

/** Writes files into a new folder of the runner's for temporary ones, which it empties after the job; resolves with their paths by key. */
export async function writeTempFiles(
  prefix: string,
  files: readonly { readonly key: string; readonly name: string; readonly text: string }[],
  env: Environment,
): Promise<Record<string, string>> {
  const temp = env['RUNNER_TEMP'] || tmpdir()
  await mkdir(temp, { recursive: true })
  const folder = await mkdtemp(path.join(temp, prefix))
  const paths: Record<string, string> = {}
  for (const { key, name, text } of files) {
    const file = path.join(folder, name)
    await writeFile(file, text)
    paths[key] = file
  }
  return paths
}
