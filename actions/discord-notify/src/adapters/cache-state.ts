import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from '@deploy-actions/core/runner/log'
import { messageOf } from '@deploy-actions/core/values/action-error'
import { parseState, type StateStore } from '../state.ts'

/** Relative to the workspace: the path is part of a cache's identity, and absolute ones differ from runner to runner. */
const FOLDER = '.deploy-actions-discord'
const FILE = 'state.json'

/**
 * A state in the Actions cache. An entry of it never changes, so each save makes a new one, and the newest is read. The library is
 * large, and loaded only here: a run without a state never pays for it.
 */
export function cacheState(key: string, run: string, workspace: string, log: Log): StateStore {
  // Hashed, as a search goes by the start of a key: "shop" must not find what "shop-eu" left.
  const prefix = `discord-notify-v1-${createHash('sha256').update(key).digest('hex').slice(0, 20)}-`
  const folder = path.join(workspace, FOLDER)
  const cleanUp = () => rm(folder, { recursive: true, force: true })
  const load = async () => {
    const cache = await import('@actions/cache')
    if (cache.isFeatureAvailable()) return cache
    log.warning(
      'This runner has no Actions cache, so nothing can be remembered. On a runner of your own use `state-file`.',
    )
    return undefined
  }
  let library: ReturnType<typeof load> | undefined
  const available = () => {
    library ??= load()
    return library
  }
  return {
    load: async () => {
      try {
        const cache = await available()
        const found = await cache?.restoreCache([FOLDER], `${prefix}${run}`, [prefix])
        return found === undefined ? undefined : parseState(await readFile(path.join(folder, FILE), 'utf8'))
      } catch (thrown) {
        log.warning(`What was remembered could not be read: ${messageOf(thrown)}`)
        return undefined
      } finally {
        await cleanUp()
      }
    },
    save: async state => {
      try {
        const cache = await available()
        if (!cache) return
        await mkdir(folder, { recursive: true })
        await writeFile(path.join(folder, FILE), JSON.stringify(state))
        await cache.saveCache([FOLDER], `${prefix}${run}`)
      } catch (thrown) {
        log.warning(`The message could not be remembered for later runs: ${messageOf(thrown)}`)
      } finally {
        await cleanUp()
      }
    },
  }
}
