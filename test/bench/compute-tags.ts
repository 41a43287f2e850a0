// What compute-tags costs, beside docker/metadata-action: bytes, time from start to end, and memory, in the same runs.
// pnpm bench compute-tags [ROUNDS]; needs `pnpm build compute-tags`, and the peer's bundle for the other half of the table.
import path from 'node:path'
import { actionFolder } from '@deploy-actions/build/workspace'
import { formatBytes } from '@deploy-actions/core/values/bytes'
import type { Case } from '../differential/compute-tags/cases.ts'
import { EVENTS } from '../differential/compute-tags/events.ts'
import { findPeer, PEER } from '../differential/compute-tags/peer.ts'
import { runCase } from '../differential/compute-tags/run-case.ts'
import { codeBytes } from './measure/code-bytes.ts'
import { median } from './measure/median.ts'

const OURS = path.join(actionFolder('compute-tags'), 'dist/index.cjs')

/** At most so much of the peer's. */
const TARGETS = { bytes: 0.35, time: 0.4, memory: 0.6 }

const RULES =
  'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=ref,event=branch\ntype=ref,event=pr\ntype=sha'
const inputs = { images: 'ghcr.io/harbour-lane/tidewater', tags: RULES }
const SCENARIOS: readonly Case[] = [
  { name: 'push of a version tag', ...EVENTS['version tag'], inputs },
  { name: 'pull request, no rules', ...EVENTS['pull request'], inputs: { images: inputs.images } },
  { name: 'schedule whose event tells nothing: the API is asked', ...EVENTS['schedule without repository'], inputs },
]

/** The process tells its highest use of memory, and its time on a processor, as it ends. */
const TELL_USAGE = `--import=data:text/javascript,${encodeURIComponent(`process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  process.stderr.write('used ' + maxRSS + ' ' + (userCPUTime + systemCPUTime))
})`)}`

interface Cost {
  /** Milliseconds from start to end, the median. */
  readonly time: number
  /** Milliseconds on a processor, which what else the machine does has no part in. */
  readonly processor: number
  /** Bytes at the highest, the median. */
  readonly memory: number
}

async function measure(bundle: string, subject: Case, options: string) {
  const { outcome, log, durationMs } = await runCase(bundle, subject, options)
  if (outcome.status !== 'success') throw new Error(`${bundle} did not pass ${subject.name}:\n${log}`)
  const [, kibibytes, microseconds] = /used (\d+) (\d+)/.exec(log) ?? []
  return { time: durationMs, memory: Number(kibibytes) * 1_024, processor: Number(microseconds) / 1_000 }
}

/** Both in turn, so that what else the machine does falls on both. */
async function costs(bundles: readonly string[], subject: Case, rounds: number): Promise<Cost[]> {
  const plain = bundles.map((): Cost[] => [])
  const telling = bundles.map((): Cost[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, bundle] of bundles.entries()) {
      plain[index]?.push(await measure(bundle, subject, ''))
      telling[index]?.push(await measure(bundle, subject, TELL_USAGE))
    }
  }
  return bundles.map((_, index) => ({
    time: median((plain[index] ?? []).map(({ time }) => time)),
    processor: median((telling[index] ?? []).map(({ processor }) => processor)),
    memory: median((telling[index] ?? []).map(({ memory }) => memory)),
  }))
}

let missed = 0

function tell(
  what: string,
  [ours, theirs]: readonly (number | undefined)[],
  show: (amount: number) => string,
  target: number,
) {
  const mine = show(ours ?? 0).padStart(10)
  if (theirs === undefined) return console.log(`  ${what.padEnd(14)} ${mine}`)
  const ratio = (ours ?? 0) / theirs
  if (ratio > target) missed += 1
  const verdict = `${ratio.toFixed(2)} of it, ${ratio <= target ? 'within' : 'OVER'} ${target}`
  console.log(`  ${what.padEnd(14)} ${mine} ${show(theirs).padStart(10)}   ${verdict}`)
}

async function main(rounds: number): Promise<void> {
  const peer = findPeer(process.env)
  const bundles = 'why' in peer ? [OURS] : [OURS, peer.bundle]
  if ('why' in peer) console.log(`The peer is skipped: ${peer.why}`)
  console.log(
    `compute-tags${'why' in peer ? '' : ` beside ${PEER}`}, node ${process.versions.node}, median of ${rounds} runs`,
  )
  tell('bundle', bundles.map(codeBytes), formatBytes, TARGETS.bytes)
  for (const subject of SCENARIOS) {
    const both = await costs(bundles, subject, rounds)
    console.log(`${subject.name}:`)
    tell(
      'start to end',
      both.map(({ time }) => time),
      ms => `${ms.toFixed(0)} ms`,
      TARGETS.time,
    )
    tell(
      'processor',
      both.map(({ processor }) => processor),
      ms => `${ms.toFixed(0)} ms`,
      TARGETS.time,
    )
    tell(
      'peak memory',
      both.map(({ memory }) => memory),
      formatBytes,
      TARGETS.memory,
    )
  }
  if (missed > 0) process.exitCode = 1
}

await main(Number(process.argv[2] ?? 11))
