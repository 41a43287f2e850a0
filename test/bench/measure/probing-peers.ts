import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ensureGoTool } from '@deploy-actions/build/go-tool'
import { cacheFolder, installOnce } from '../../../packages/build/src/install-once.mjs'
import { runQuietly, withProgress } from '../../../packages/build/src/progress.mjs'

/** A program that people use to see whether URLs answer. */
export interface Peer {
  readonly name: string
  /** The command that ends with status 0 when all of them answer with a success. */
  command(urls: readonly string[], folder: string): Promise<readonly string[]>
}

const WAIT_ON = '9.5.1'
const GOSS = '0.4.9'

/** https://github.com/jeffbski/wait-on, which the actions of that name start. Asks at once, then each 250 ms, all at the same time. */
async function waitOn(): Promise<Peer> {
  const folder = path.join(cacheFolder(), `peers/wait-on-${WAIT_ON}`)
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  await installOnce(folder, draft =>
    withProgress(`wait-on ${WAIT_ON} into ${folder}`, async () => {
      await runQuietly('npm', ['install', '--prefix', draft, ...quiet, `wait-on@${WAIT_ON}`])
    }),
  )
  const program = path.join(folder, 'node_modules/wait-on/bin/wait-on')
  return {
    name: `wait-on ${WAIT_ON}`,
    command: async urls => [process.execPath, program, ...urls.map(url => url.replace(/^http:/, 'http-get:'))],
  }
}

/** https://github.com/goss-org/goss, a program in Go. As many at the same time as ours, for the comparison to be one. */
async function goss(): Promise<Peer> {
  const program = await ensureGoTool({
    name: 'goss',
    version: GOSS,
    package: 'github.com/goss-org/goss/cmd/goss',
    module: path.join(import.meta.dirname, '../tools/goss'),
  })
  return {
    name: `goss ${GOSS}`,
    command: async (urls, folder) => {
      const file = path.join(folder, 'goss.yaml')
      // JSON is YAML too.
      await writeFile(file, JSON.stringify({ http: Object.fromEntries(urls.map(url => [url, { status: 200 }])) }))
      return [program, '--gossfile', file, 'validate', '--max-concurrent', '100']
    },
  }
}

/** What people paste. */
const CURL: Peer = {
  name: 'a loop of curl',
  command: async urls => {
    const loop = 'for url in "$@"; do curl --fail --silent --show-error --output /dev/null "$url" || exit 1; done'
    return ['sh', '-c', loop, 'sh', ...urls]
  },
}

/** Those that can be had on this machine; `tell` hears why one cannot. */
export async function probingPeers(tell: (line: string) => void): Promise<Peer[]> {
  const found: Peer[] = []
  for (const [name, find] of Object.entries({ 'wait-on': waitOn, goss })) {
    try {
      found.push(await find())
    } catch (thrown) {
      tell(`${name} is skipped: ${thrown instanceof Error ? thrown.message : thrown}`)
    }
  }
  return [...found, CURL]
}
