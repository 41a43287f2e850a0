import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, withLock } from './cache.ts'
import { docker, imageExists, tryDocker } from './docker.ts'
import { IMAGE_LABEL } from './names.ts'
import type { Progress } from './progress.ts'
import { command, isInstalled } from './shell.ts'

const OFFICIAL_BASE = 'debian:trixie-slim'
export const BASE = 'deploy-actions-lab/base:trixie'
const PULL_LIMIT_MS = 180_000
/** An image registry that has not even named the image by then is taken to be out of reach. */
const PULL_ANSWER_MS = 15_000

/** The image that every other one is made from, so that a server pulls its layers once. */
export async function ensureBaseImage(progress: Progress): Promise<string> {
  if (await imageExists(BASE)) return BASE
  await withLock(join(cacheFolder(), 'base-image.lock'), async () => {
    if (await imageExists(BASE)) return
    const wasThere = await imageExists(OFFICIAL_BASE)
    if (wasThere || (await progress.step(`pull ${OFFICIAL_BASE}`, pullOfficialBase))) {
      await docker(['tag', OFFICIAL_BASE, BASE])
      // So that removing our images removes all that came with them.
      if (!wasThere) await docker(['image', 'rm', OFFICIAL_BASE])
    } else await progress.step('no image registry in reach: debootstrap trixie', bootstrapBase)
  })
  return BASE
}

async function pullOfficialBase(): Promise<boolean> {
  const { promise: silence, resolve: giveUp } = Promise.withResolvers<boolean>()
  let answered = false
  const timer = setTimeout(() => {
    if (!answered) giveUp(false)
  }, PULL_ANSWER_MS)
  const pull = tryDocker(['pull', OFFICIAL_BASE], {
    timeout: PULL_LIMIT_MS,
    onLine: line => {
      answered ||= line.includes('Pulling from')
    },
  }).then(result => result.exitCode === 0)
  try {
    return await Promise.race([pull, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** What `debian:trixie-slim` leaves out too, at once and when more packages come. */
const DOCUMENTATION = ['usr/share/doc/*', 'usr/share/locale/*', 'usr/share/man/*']
const LEFT_OUT = [
  ...DOCUMENTATION,
  'dev/*',
  'var/cache/apt/*.bin',
  'var/cache/apt/archives/*.deb',
  'var/lib/apt/lists/*',
  'var/log/*',
]

async function bootstrapBase(): Promise<void> {
  if (process.getuid?.() !== 0 || !(await isInstalled('apt-get'))) {
    throw new Error(
      `${OFFICIAL_BASE} cannot be pulled, and making it needs root on Debian. Pull it, or give the image of another way:\n` +
        `docker tag IMAGE ${BASE}`,
    )
  }
  if (!(await isInstalled('debootstrap'))) {
    await command('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'debootstrap'])
  }
  await mkdir(cacheFolder(), { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'lab-base-'))
  try {
    const root = join(folder, 'root')
    await command('debootstrap', ['--variant=minbase', 'trixie', root, 'http://deb.debian.org/debian'])
    // As the official image has it: no flush to the disk after each package, no index kept beside the lists.
    const excludes = DOCUMENTATION.map(path => `path-exclude /${path}`)
    await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/lab'), ['force-unsafe-io', ...excludes, ''].join('\n'))
    await writeFile(join(root, 'etc/apt/apt.conf.d/lab'), 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n')
    const archive = join(folder, 'base.tar')
    const leftOut = LEFT_OUT.map(path => `--exclude=./${path}`)
    await command('tar', ['--create', '--file', archive, '--directory', root, ...leftOut, '.'])
    await docker(['import', '--change', 'CMD ["bash"]', '--change', `LABEL ${IMAGE_LABEL}=base`, archive, BASE])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface ImageSource {
  /** The image's name; its tag is a hash of all it is made of. */
  readonly name: string
  /** The build context. */
  readonly folder: string
  readonly dockerfile?: string
  readonly args?: Readonly<Record<string, string>>
}

/** Builds an image from a base, unless one of the same content is there. Gives its reference. */
export async function ensureImage(source: ImageSource, base: string, progress: Progress): Promise<string> {
  const dockerfile = join(source.folder, source.dockerfile ?? 'Dockerfile')
  const args = { ...source.args, BASE_IMAGE: base }
  const image = `deploy-actions-lab/${source.name}:${await contentHash(source.folder, args, await imageId(base))}`
  if (await imageExists(image)) return image
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  const labels = ['--label', `${IMAGE_LABEL}=${source.name}`]
  await withLock(join(cacheFolder(), `image-${source.name}.lock`), async () => {
    if (await imageExists(image)) return
    const options = ['--quiet', '--file', dockerfile, '--tag', image, ...labels, ...buildArgs, ...proxyArgs()]
    await progress.step(`build the image ${source.name}`, () => docker(['build', ...options, source.folder]))
  })
  return image
}

/** A build reaches the package mirror through the same proxy as this machine. Docker takes the values from the environment. */
function proxyArgs(): string[] {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap(name => [name, name.toUpperCase()])
  return names.filter(name => (process.env[name] ?? '') !== '').flatMap(name => ['--build-arg', name])
}

async function imageId(image: string): Promise<string> {
  return docker(['image', 'inspect', '--format', '{{.Id}}', image])
}

async function contentHash(folder: string, args: Readonly<Record<string, string>>, base: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([args, base]))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  for (const file of files.sort()) hash.update(`\0${file.slice(folder.length)}\0`).update(await readFile(file))
  return hash.digest('hex').slice(0, 12)
}
