// What smoke-test costs, beside other programs that ask URLs, in the same runs: from start to end for 1, 10 and 100 endpoints
// on the loopback, and for 100 of which the slowest takes a second.
// pnpm bench smoke-test [ROUNDS]; needs `pnpm build smoke-test`. Peers are installed into the cache on the first run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { actionFolder } from '@deploy-actions/build/workspace'
import { formatBytes } from '@deploy-actions/core/values/bytes'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { runBundle } from '@deploy-actions/testkit/run-bundle'
import { codeBytes } from './measure/code-bytes.ts'
import { median } from './measure/median.ts'
import { type Peer, probingPeers } from './measure/probing-peers.ts'

const SLOWEST = 1_000

interface Scenario {
  readonly name: string
  readonly urls: readonly string[]
}

interface Contestant {
  readonly name: string
  /** Milliseconds from start to end. */
  run(urls: readonly string[]): Promise<number>
}

const OURS: Contestant = {
  name: 'smoke-test',
  run: async urls => {
    const { exitCode, stdout, outputs, durationMs } = await runBundle('smoke-test', {
      inputs: { checks: urls.join('\n') },
    })
    if (exitCode !== 0 || outputs['passed'] !== String(urls.length))
      throw new Error(`smoke-test did not pass:\n${stdout}`)
    return durationMs
  },
}

function contestant(peer: Peer, folder: string): Contestant {
  return {
    name: peer.name,
    run: async urls => {
      const [program = '', ...args] = await peer.command(urls, folder)
      const start = performance.now()
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      const [status] = await once(child, 'close')
      if (status !== 0) throw new Error(`${peer.name} ended with status ${status}`)
      return performance.now() - start
    },
  }
}

/** All in turn, so that what else the machine does falls on each; the first round warms the disk's cache. */
async function measure(contestants: readonly Contestant[], urls: readonly string[], rounds: number): Promise<number[]> {
  const times = contestants.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { run }] of contestants.entries()) {
      const time = await run(urls)
      if (round > 0) times[index]?.push(time)
    }
  }
  return times.map(median)
}

function tell(contestants: readonly Contestant[], times: readonly number[], floor: number): void {
  const [ours = 0] = times
  for (const [index, { name }] of contestants.entries()) {
    const time = times[index] ?? 0
    const ratio = index === 0 ? '' : `   ours takes ${(ours / time).toFixed(2)} of it`
    const over = floor === 0 ? '' : `, ${(time - floor).toFixed(0)} ms above the slowest`
    console.log(`  ${name.padEnd(24)} ${time.toFixed(0).padStart(6)} ms${over}${ratio}`)
  }
}

/** What no action in JavaScript can be quicker than. */
const NODE: Peer = { name: 'node that does nothing', command: async () => [process.execPath, '--eval', '0'] }

const rounds = Number(process.argv[2] ?? 7)
const folder = await mkdtemp(path.join(tmpdir(), 'bench-smoke-'))
await using server = await serve((request, response) => {
  setTimeout(() => response.end('{"status":"healthy"}'), request.url === '/slow' ? SLOWEST : 0)
})
try {
  const endpoints = (count: number) => Array.from({ length: count }, (_, index) => `${server.url}/${index}`)
  const quick: Scenario[] = [1, 10, 100].map(count => ({
    name: count === 1 ? '1 endpoint' : `${count} endpoints`,
    urls: endpoints(count),
  }))
  const slow: Scenario = { name: '100 endpoints, the slowest 1 s', urls: [`${server.url}/slow`, ...endpoints(99)] }
  const bundle = path.join(actionFolder('smoke-test'), 'dist/index.cjs')
  const contestants = [OURS, ...(await probingPeers(console.log)).map(peer => contestant(peer, folder))]
  console.log(`smoke-test, node ${process.versions.node}, median of ${rounds} rounds`)
  console.log(`bundle ${formatBytes(codeBytes(bundle))}, all of its chunks`)
  const [start = 0] = await measure([contestant(NODE, folder)], [], rounds)
  console.log(`${NODE.name} takes ${start.toFixed(0)} ms`)
  for (const { name, urls } of [...quick, slow]) {
    console.log(`${name}:`)
    tell(contestants, await measure(contestants, urls, rounds), urls === slow.urls ? SLOWEST : 0)
  }
} finally {
  await rm(folder, { recursive: true })
}
