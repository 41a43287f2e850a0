// Plain JavaScript for node 18: setup.mjs needs it before node 24 and the packages are there.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

/** The folder for what is installed once a machine and shared by all clones. */
export function cacheFolder() {
  const base = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache')
  return path.join(base, 'deploy-actions')
}

/**
 * Has `fill` fill a folder, unless it is there. It is filled beside and renamed, so that a half one never counts, and of several that
 * fill it at the same time the first one's stays.
 * @param {string} folder
 * @param {(draft: string) => Promise<void>} fill
 * @returns {Promise<boolean>} whether it had to be filled
 */
export async function installOnce(folder, fill) {
  if (existsSync(folder)) return false
  await mkdir(path.dirname(folder), { recursive: true })
  const draft = await mkdtemp(`${folder}.draft-`)
  try {
    await fill(draft)
    await rename(draft, folder)
  } catch (thrown) {
    const isFilledByAnother = existsSync(folder)
    if (!isFilledByAnother) throw thrown
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return true
}
