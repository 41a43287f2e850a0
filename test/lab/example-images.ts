import { join } from 'node:path'
import { ensureEngine } from './engine.ts'
import { ensureBaseImage, ensureImage, type ImageSource } from './images.ts'
import type { Lab } from './lab.ts'
import { checkout } from './names.ts'
import { type Progress, progressTo, toStderr } from './progress.ts'
import type { PushedImage } from './registry.ts'

const IMAGES = join(import.meta.dirname, 'images')
const TIME_MANAGER = join(checkout, 'examples', 'time-manager')

/** The variable REGISTRY of examples/time-manager, for a server of the lab. */
export const TIME_MANAGER_REGISTRY = 'registry.lab:5000/timemanager'

/** Images that stand for official ones, since a lab must not need Docker Hub. */
export interface OfficialImages {
  readonly postgres: PushedImage
  readonly nginx: PushedImage
}

const OFFICIAL = ['postgres', 'nginx'] as const

function buildOfficial(name: (typeof OFFICIAL)[number], base: string, progress: Progress): Promise<string> {
  return ensureImage({ name, folder: join(IMAGES, name) }, base, progress)
}

/** Builds the lab's Postgres and nginx and pushes them to its registry. */
export async function pushOfficialImages(lab: Lab, progress = toTerminal()): Promise<OfficialImages> {
  const push = async (name: (typeof OFFICIAL)[number]) => {
    const image = await buildOfficial(name, lab.baseImage, progress)
    return progress.step(`push ${name}`, () => lab.registry.push(image, `${name}:lab`))
  }
  const [postgres, nginx] = await Promise.all([push('postgres'), push('nginx')])
  return { postgres, nginx }
}

/** Builds the lab's Redis and pushes it to its registry. */
export async function pushRedis(lab: Lab, progress = toTerminal()): Promise<PushedImage> {
  const image = await ensureImage({ name: 'redis', folder: join(IMAGES, 'redis') }, lab.baseImage, progress)
  return progress.step('push redis', () => lab.registry.push(image, 'redis:lab'))
}

/** Builds the lab's busybox and pushes it to its registry as `busybox:1.37`. */
export async function pushBusybox(lab: Lab, progress = toTerminal()): Promise<PushedImage> {
  const image = await ensureImage({ name: 'busybox', folder: join(IMAGES, 'busybox') }, lab.machineImage, progress)
  return progress.step('push busybox', () => lab.registry.push(image, 'busybox:1.37'))
}

export interface TimeManagerVersion {
  /** What `/api/health` answers, such as v1. */
  readonly version: string
  readonly commit?: string
  /** The image tag; without one, the version. */
  readonly tag?: string
  /** `never-ready`: the backend starts, but never becomes healthy. */
  readonly fault?: 'never-ready'
}

type Parts<T> = Readonly<Record<'backend' | 'frontend', T>>

/** Builds one version of examples/time-manager from its own Dockerfiles. */
async function buildTimeManager(
  { version, commit = '', fault }: TimeManagerVersion,
  base: string,
  progress: Progress,
): Promise<Parts<string>> {
  const build = (part: string, args: ImageSource['args']) => {
    const folder = join(TIME_MANAGER, part)
    const source = { name: `timemanager-${part}`, folder, dockerfile: 'Dockerfile.prod' }
    return ensureImage({ ...source, args: { ...args, VERSION: version } }, base, progress)
  }
  const [backend, frontend] = await Promise.all([
    build('backend', { COMMIT: commit, FAULT: fault ?? '' }),
    // The frontend's first line is the nginx image's: built after it, it takes that layer from the build cache.
    buildOfficial('nginx', base, progress).then(() => build('frontend', { VITE_API_BASE_URL: '/api' })),
  ])
  return { backend, frontend }
}

/** Builds one version of examples/time-manager and pushes it to the lab's registry. */
export async function pushTimeManager(
  lab: Lab,
  what: TimeManagerVersion,
  progress = toTerminal(),
): Promise<Parts<PushedImage>> {
  const images = await buildTimeManager(what, lab.baseImage, progress)
  const push = (part: 'backend' | 'frontend') =>
    progress.step(`push ${part} ${what.version}`, () =>
      lab.registry.push(images[part], `timemanager/${part}:${what.tag ?? what.version}`),
    )
  const [backend, frontend] = await Promise.all([push('backend'), push('frontend')])
  return { backend, frontend }
}

/** Builds what a lab with the time manager needs while the lab itself is still coming up: pushing then finds it built. */
export async function prepareTimeManager(versions: readonly TimeManagerVersion[], progress: Progress): Promise<void> {
  await ensureEngine(progress)
  const base = await ensureBaseImage(progress)
  await Promise.all([
    ...OFFICIAL.map(name => buildOfficial(name, base, progress)),
    ...versions.map(version => buildTimeManager(version, base, progress)),
  ])
}

/** Each tag of `registry.lab:5000/app`, and how its service behaves. */
const FAULT_IMAGES = {
  'ok-v1': { BEHAVIOUR: 'ok', VERSION: 'v1' },
  'ok-v2': { BEHAVIOUR: 'ok', VERSION: 'v2' },
  /** Exits with 1 as soon as it has started. */
  crash: { BEHAVIOUR: 'crash', VERSION: 'crash' },
  /** Runs, and is never healthy. */
  sick: { BEHAVIOUR: 'sick', VERSION: 'sick' },
  /** Healthy for eight seconds (CRASH_AFTER), then exits with 9. */
  'late-crash': { BEHAVIOUR: 'late-crash', VERSION: 'late-crash' },
  /** Of the replicas that share a volume at /shared, all but the first exit with 9. */
  'two-of-three-die': { BEHAVIOUR: 'two-of-three-die', VERSION: 'two-of-three-die' },
} as const

export type FaultTag = keyof typeof FAULT_IMAGES

/** Builds small images that are well or ill in one way each, and pushes them as `registry.lab:5000/app:TAG`. */
export async function pushFaultImages(lab: Lab, progress = toTerminal()): Promise<Record<FaultTag, PushedImage>> {
  const folder = join(IMAGES, 'faults')
  const pushed = await Promise.all(
    Object.entries(FAULT_IMAGES).map(async ([tag, args]) => {
      const image = await ensureImage({ name: 'app', folder, args }, lab.machineImage, progress)
      return [tag, await lab.registry.push(image, `app:${tag}`)]
    }),
  )
  return Object.fromEntries(pushed) as Record<FaultTag, PushedImage>
}

/** An image that needs so many MB when it is unpacked, and few to pull. Pushed as `registry.lab:5000/big:MB`. */
export async function pushBigImage(lab: Lab, megabytes: number, progress = toTerminal()): Promise<PushedImage> {
  const args = { MEGABYTES: String(megabytes) }
  const image = await ensureImage({ name: 'big', folder: join(IMAGES, 'big'), args }, lab.baseImage, progress)
  return lab.registry.push(image, `big:${megabytes}`)
}

function toTerminal(): Progress {
  return progressTo(toStderr)
}
