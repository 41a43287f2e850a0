import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ensureGoTool } from '@deploy-actions/build/go-tool'

/** Where the lab's Compose is pinned. */
const MODULE = join(import.meta.dirname, '../../../../test/lab/tools/compose')
const PLUGIN_FOLDERS = [
  join(homedir(), '.docker/cli-plugins'),
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
]

/** The path of a real Compose: the lab's, from the cache or built with Go; otherwise this machine's plugin. */
export async function ensureComposeBinary(): Promise<string> {
  const version = /github\.com\/docker\/compose\/v5 v(\S+)/.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${MODULE}/go.mod does not name a version of Compose.`)
  try {
    return await ensureGoTool({
      name: 'docker-compose',
      version,
      package: 'github.com/docker/compose/v5/cmd',
      module: MODULE,
      // The same as in test/lab/tools.ts, so that one program in the cache serves both.
      ldflags: `-X github.com/docker/compose/v5/internal.Version=v${version}`,
    })
  } catch (error) {
    const plugin = PLUGIN_FOLDERS.map(folder => join(folder, 'docker-compose')).find(path => existsSync(path))
    if (plugin === undefined) throw error
    return plugin
  }
}
