import { existsSync } from 'node:fs'
import path from 'node:path'
import { cacheFolder } from '../../../packages/build/src/install-once.mjs'

export const PEER = 'docker/metadata-action v6.2.0'
const VARIABLE = 'METADATA_ACTION_BUNDLE'

/** The peer's published bundle, dist/index.cjs of its repository, or why there is none. It is never a part of this repository. */
export function findPeer(env: NodeJS.ProcessEnv): { readonly bundle: string } | { readonly why: string } {
  const named = env[VARIABLE]
  const bundle = named ?? path.join(cacheFolder(), 'peers/docker-metadata-action/dist/index.cjs')
  if (existsSync(bundle)) return { bundle }
  return { why: `there is no ${bundle}; put dist/index.cjs of ${PEER} there, or name it by ${VARIABLE}` }
}
