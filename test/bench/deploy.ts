// What a deploy costs: the bundle as a runner starts it, beside the same steps written by hand as one ssh script, in turn, to one
// server of the lab that is 0, 50 and 200 ms away; and an upload beside `tar | ssh tar x`.
// pnpm bench deploy [ROUNDS] [MEBIBYTES] [DISTANCE…]; needs `pnpm build ssh-compose-deploy`. With 0 rounds, the one that warms the
// caches counts.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isFresh } from '@deploy-actions/build/input-hash'
import { expectEnd, openDeployLab, Project } from '../e2e/ssh-compose-deploy/fixture.ts'
import { closeLab, type Lab } from '../lab/lab.ts'
import type { LabServer } from '../lab/server.ts'
import { startDelayProxy } from './measure/delay-proxy.ts'
import { median } from './measure/median.ts'
import { openSshTo, tarToSsh } from './measure/open-ssh.ts'
import { ScriptedDeploy } from './measure/scripted-deploy.ts'
import { checkUpload, DESTINATION, emptyDestination, upload } from './measure/uploads.ts'

const LAB = 'bench-deploy'
/** Milliseconds of a round trip. */
const DISTANCES = [0, 50, 200]
const STEPS = ['no change', 'one image', 'rollback'] as const
type Step = (typeof STEPS)[number]

/** At most so many times what the script or tar takes. */
const TARGETS: Readonly<Record<Step | 'upload', number>> = {
  'no change': 1.1,
  'one image': 1.3,
  rollback: 1.3,
  upload: 1.3,
}

const SERVICE = `services:
  web:
    image: registry.lab:5000/app:\${TAG}
    restart: unless-stopped
`

interface Kind {
  readonly compose: string
  readonly hasHealthcheck: boolean
  /** Behind `one image`, the only step that is printed of it; without, all are. */
  readonly only?: string
}

/** The image's healthcheck, as often as is usual: when it has passed, the container has run for the 5 s that `stable-for` has by default. */
const USUAL: Kind = { compose: `${SERVICE}    healthcheck: { interval: 5s }\n`, hasHealthcheck: true }
/** Each of them is seen healthy at once, and has to run for those 5 s. */
const EARLY: readonly Kind[] = [
  { compose: SERVICE, hasHealthcheck: true, only: 'healthcheck each second' },
  { compose: `${SERVICE}    healthcheck: { disable: true }\n`, hasHealthcheck: false, only: 'no healthcheck' },
]
const TAGS = ['ok-v1', 'ok-v2'] as const

/** Milliseconds from start to end. */
interface Contestant {
  deploy(tag: string): Promise<number>
  rollback(): Promise<number>
}

interface Pair {
  readonly ours: number
  readonly theirs: number
}

/** The same server, through a port of the loopback. */
function throughPort(server: LabServer, port: number): LabServer {
  return { ...server, port, hostKeys: server.hostKeys.map(line => line.replace(/^\S+/, `[127.0.0.1]:${port}`)) }
}

async function ourDeploy(lab: Lab, server: LabServer, compose: string): Promise<Contestant & AsyncDisposable> {
  const project = await Project.create(lab, 'ours')
  await project.write('compose.yaml', compose)
  const inputs = {
    host: `${server.user}@${server.host}:${server.port}`,
    'known-hosts': server.hostKeys.join('\n'),
    files: '',
    // The tests set a time of their own; what is measured is the default.
    'stable-for': '',
  }
  let current = ''
  return {
    async deploy(tag) {
      const run = await project.run({ ...inputs, env: `TAG=${tag}` })
      expectEnd(run, 0, tag === current ? 'unchanged' : 'deployed')
      current = tag
      return run.durationMs
    },
    async rollback() {
      const run = await project.run({ ...inputs, mode: 'rollback' })
      expectEnd(run, 0, 'rolled-back')
      current = TAGS[0]
      return run.durationMs
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  }
}

/** Each step of both in turn, so that what else the machine does falls on both; the first round warms the caches. */
async function compareSteps(
  ours: Contestant,
  theirs: Contestant,
  rounds: number,
): Promise<Readonly<Record<Step, Pair>>> {
  const contestants = { ours, theirs }
  const times: Record<Step, Record<keyof Pair, number[]>> = {
    'no change': { ours: [], theirs: [] },
    'one image': { ours: [], theirs: [] },
    rollback: { ours: [], theirs: [] },
  }
  const [from, to] = TAGS
  for (const contestant of [ours, theirs]) await contestant.deploy(from)
  const acts: readonly [Step, (contestant: Contestant) => Promise<number>][] = [
    ['one image', contestant => contestant.deploy(to)],
    ['rollback', contestant => contestant.rollback()],
    ['no change', contestant => contestant.deploy(from)],
  ]
  for (let round = 0; round <= rounds; round++) {
    for (const [step, act] of acts) {
      for (const name of ['theirs', 'ours'] as const) {
        const time = await act(contestants[name])
        if (round > 0 || rounds === 0) times[step][name].push(time)
      }
    }
  }
  const pairOf = (step: Step): Pair => ({ ours: median(times[step].ours), theirs: median(times[step].theirs) })
  return { 'no change': pairOf('no change'), 'one image': pairOf('one image'), rollback: pairOf('rollback') }
}

async function compareUploads(server: LabServer, folder: string, temp: string, rounds: number): Promise<Pair> {
  const openSsh = await openSshTo(server, temp)
  const times = { ours: [] as number[], theirs: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    await emptyDestination(server)
    const theirs = await tarToSsh(openSsh, `tar -x -f - -C ${DESTINATION}`, { folder })
    await emptyDestination(server)
    const { whole, checksums } = await upload(server, folder)
    await checkUpload(server, checksums)
    if (round === 0 && rounds > 0) continue
    times.ours.push(whole)
    times.theirs.push(theirs)
  }
  return { ours: median(times.ours), theirs: median(times.theirs) }
}

let missed = 0

function print(what: string, distance: number, { ours, theirs }: Pair, target?: number, more = ''): void {
  const ratio = ours / theirs
  if (target !== undefined && ratio > target) missed += 1
  const verdict = target === undefined ? '' : `, ${ratio <= target ? 'within' : 'OVER'} ${target}`
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2).padStart(6)} s`
  console.log(
    `${String(distance).padStart(4)} ms  ${what.padEnd(34)} ours ${seconds(ours)}, theirs ${seconds(theirs)}: ${ratio.toFixed(2)} times as long${verdict}${more}`,
  )
}

/** How many times the distance shows in the time. */
function roundTrips(far: Pair, near: Pair, distance: number): string {
  const count = (name: keyof Pair) => ((far[name] - near[name]) / distance).toFixed(1)
  return ` (round trips with the login: ${count('ours')}, theirs ${count('theirs')})`
}

async function main(rounds: number, mebibytes: number, distances: readonly number[]): Promise<void> {
  // Before the lab, which takes longer.
  if (!isFresh('ssh-compose-deploy')) throw new Error('run pnpm build ssh-compose-deploy first')
  const temp = await mkdtemp(path.join(tmpdir(), 'bench-deploy-'))
  try {
    const lab = await openDeployLab(LAB, { name: 'vps1', projectDiskMb: 3 * mebibytes + 300 })
    const folder = path.join(temp, 'upload')
    await mkdir(folder)
    await writeFile(path.join(folder, 'file'), randomBytes(mebibytes * 1024 * 1024))
    console.log(`A deploy, node ${process.versions.node}, ${rounds === 0 ? 'one round' : `median of ${rounds} rounds`}`)
    const atHome = new Map<Step, Pair>()
    for (const distance of distances) {
      await using proxy = await startDelayProxy(lab.server().port, distance)
      const server = throughPort(lab.server(), proxy.port)
      for (const { compose, hasHealthcheck, only } of distance === 0 ? [USUAL, ...EARLY] : [USUAL]) {
        await using ours = await ourDeploy(lab, server, compose)
        await using theirs = await ScriptedDeploy.create(lab, server, temp, { compose, waits: hasHealthcheck })
        const pairs = await compareSteps(ours, theirs, rounds)
        if (only !== undefined) {
          print(`one image, ${only}`, distance, pairs['one image'], undefined, ' (ours waits until it has run for 5 s)')
          continue
        }
        for (const step of STEPS) {
          const near = atHome.get(step)
          const more = near === undefined ? '' : roundTrips(pairs[step], near, distance)
          print(step, distance, pairs[step], TARGETS[step], more)
          if (distance === 0) atHome.set(step, pairs[step])
        }
      }
      print(`upload of ${mebibytes} MiB`, distance, await compareUploads(server, folder, temp, rounds), TARGETS.upload)
    }
  } finally {
    // Also what was left by a lab that could not be opened.
    await closeLab(LAB)
    await rm(temp, { recursive: true })
  }
  if (missed > 0) process.exitCode = 1
}

const [rounds = '5', mebibytes = '100', ...distances] = process.argv.slice(2)
await main(Number(rounds), Number(mebibytes), distances.length === 0 ? DISTANCES : distances.map(Number))
