import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { filesUnder, root } from './workspace.ts'

/** Where a bundle keeps the hash of what it was made from; it does not ship. */
export const HASH_FILE = '.inputs'

/**
 * A hash of all that an action's bundle is made from: its own and core's sources, what pnpm installs, the compiler's settings, and the
 * bundler. It takes in more than a bundle uses, so that it can't take in less.
 */
export function inputHash(name: string, top: string = root): string {
  const hash = createHash('sha256').update(process.version)
  for (const file of inputFiles(name, top)) {
    const content = readFileSync(path.join(top, file))
    hash.update(`\n${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** Whether an action's `dist` was made from the sources as they are now. */
export function isFresh(name: string, top: string = root): boolean {
  const file = path.join(top, 'actions', name, 'dist', HASH_FILE)
  return existsSync(file) && readFileSync(file, 'utf8') === inputHash(name, top)
}

function inputFiles(name: string, top: string): string[] {
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tsconfig.json',
    'packages/build/src/bundle.ts',
    'packages/core/package.json',
    `actions/${name}/package.json`,
    ...filesUnder('packages/core/src', top),
    ...filesUnder(`actions/${name}/src`, top),
  ]
}
