import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { cacheFolder, installOnce } from './install-once.mjs'
import { isOnPath } from './on-path.ts'
import { runQuietly, withProgress } from './progress.mjs'

/** The path of a program that comes as a Python wheel; installed on a machine's first use. `requirements` pins it by its hashes. */
export async function ensurePythonTool(name: string, requirements: string): Promise<string> {
  const pin = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = path.join(cacheFolder(), `${name}-${pin}`)
  await installOnce(folder, draft =>
    withProgress(`${name} into ${folder}`, async () => {
      await ensurePip(name)
      const only = ['--no-deps', '--require-hashes', '--only-binary', ':all:']
      await runQuietly('python3', ['-m', 'pip', 'install', '--quiet', ...only, '--target', draft, '-r', requirements])
    }),
  )
  return path.join(folder, 'bin', name)
}

async function ensurePip(name: string): Promise<void> {
  const hasPip = await runQuietly('python3', ['-m', 'pip', '--version']).then(
    () => true,
    () => false,
  )
  if (hasPip) return
  if (process.getuid?.() !== 0 || !(await isOnPath('apt-get'))) {
    throw new Error(`${name} comes by Python's pip, which is not here: install python3 and its pip.`)
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await runQuietly('apt-get', ['update', '-q'], { env })
  await runQuietly('apt-get', ['install', '-qy', '--no-install-recommends', 'python3-pip'], { env })
}
