import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { glob, realpath } from 'node:fs/promises'
import { isAbsolute, join, posix, sep } from 'node:path'
import { mapLimit } from '../flow/limit.ts'
import { ActionError } from '../values/action-error.ts'
import { errorCode } from '../values/error-code.ts'
import { byPath, type ManifestEntry } from './manifest.ts'

/**
 * Up to this size a file is read at once, and folders are: nothing else happens meanwhile, and the way through node's thread
 * pool takes several times as long as the reading. Larger ones are streamed, some at a time.
 */
const SMALL = 1024 * 1024
const PARALLEL = 4
/** Repositories and releases never travel. */
const LEFT_OUT = ['.git', '.deploy']

type Found =
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly mode: number; readonly size: number }

/**
 * Finds the files that are named, below folders and by globs, relative to a root; and hashes them. Links stay links as long
 * as they point inside. Every path that is wrong is in the one error.
 */
export async function collectFiles(root: string, paths: readonly string[]): Promise<ManifestEntry[]> {
  const problems: string[] = []
  const found = new Map<string, Found>()
  for (const path of paths) {
    try {
      for (const file of await findAll(root, path)) found.set(file.path, file)
    } catch (thrown) {
      if (!(thrown instanceof WrongPath)) throw thrown
      problems.push(thrown.message)
    }
  }
  if (problems.length > 0) throw new FilesRefused(problems)
  const sorted = [...found.values()].sort(byPath)
  return mapLimit(sorted, PARALLEL, file => entryOf(root, file))
}

/** Files that were asked for and cannot be sent. */
export class FilesRefused extends ActionError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super({
      title: 'Files not found',
      message: `These files cannot be sent:\n${problems.map(problem => `  ${problem}`).join('\n')}`,
      next: 'Correct the paths: they are relative to the root of the repository. Check that a step before this one checks it out (actions/checkout).',
    })
    this.problems = problems
  }
}

class WrongPath extends Error {}

async function findAll(root: string, given: string): Promise<Found[]> {
  const path = insideRoot(given)
  if (!/[*?[\]{}]/.test(path)) return findBelow(root, path, given)
  const found: Found[] = []
  let matches = 0
  const isLeftOut = (match: string) => match.split(sep).some(part => LEFT_OUT.includes(part))
  for await (const match of glob(path, { cwd: root, exclude: isLeftOut })) {
    if (isLeftOut(match)) continue
    matches += 1
    found.push(...(await findBelow(root, match.split(sep).join('/'), given)))
  }
  if (matches > 0) return found
  // A file may be called so: `[slug].ts`.
  return findBelow(root, path, given).catch(() => {
    throw new WrongPath(`${given} matches nothing`)
  })
}

function insideRoot(given: string): string {
  if (isAbsolute(given)) throw new WrongPath(`${given} is absolute`)
  const path = posix.normalize(given.split(sep).join('/')).replace(/\/$/, '')
  if (path === '..' || path.startsWith('../')) throw new WrongPath(`${given} is outside of the repository`)
  const leftOut = path.split('/').find(part => LEFT_OUT.includes(part))
  if (leftOut) throw new WrongPath(`${given} is in ${leftOut}, which is never sent`)
  return path
}

async function findBelow(root: string, path: string, given: string): Promise<Found[]> {
  await refuseDetours(root, path, given)
  const found = walk(root, path)
  if (found.length === 0) throw new WrongPath(`${given} is an empty folder`)
  return found
}

/** A path through a linked folder would be written through that link on the server, wherever that leads there. */
async function refuseDetours(root: string, path: string, given: string): Promise<void> {
  const parent = posix.dirname(path)
  const expected = join(await realpath(root), parent)
  const real = await realpath(join(root, parent)).catch(() => undefined)
  if (real === undefined) throw new WrongPath(`${given} does not exist${separatorHint(given)}`)
  if (real !== expected)
    throw new WrongPath(`${given} leads through a symbolic link; name the folder that it points to`)
}

function walk(root: string, path: string): Found[] {
  const stats = look(join(root, path), path)
  if (/[\r\uFFFD]/.test(path)) throw new WrongPath(`${path.replace(/\r/g, '\\r')} has a name that is not plain UTF-8`)
  if (stats.isSymbolicLink()) return [{ path, link: linkInside(root, path) }]
  if (stats.isFile()) return [{ path, mode: stats.mode & 0o777, size: stats.size }]
  if (!stats.isDirectory()) throw new WrongPath(`${path} is neither a file nor a folder nor a link`)
  return readdirSync(join(root, path))
    .filter(name => !LEFT_OUT.includes(name))
    .flatMap(name => walk(root, path === '.' ? name : `${path}/${name}`))
}

function look(file: string, path: string): Stats {
  try {
    return lstatSync(file)
  } catch (thrown) {
    const code = errorCode(thrown)
    throw new WrongPath(
      `${path} ${code === 'ENOENT' || code === 'ENOTDIR' ? `does not exist${separatorHint(path)}` : `cannot be read (${code})`}`,
    )
  }
}

function separatorHint(path: string): string {
  return path.includes(',') ? '; write one path per line, without commas' : ''
}

function linkInside(root: string, path: string): string {
  const link = readlinkSync(join(root, path))
  const target = posix.normalize(posix.join(posix.dirname(path), link))
  if (isAbsolute(link) || target === '..' || target.startsWith('../')) {
    throw new WrongPath(`${path} is a link that leads outside: ${link}`)
  }
  return link
}

async function entryOf(root: string, found: Found): Promise<ManifestEntry> {
  if ('link' in found) return found
  const hash = createHash('sha256')
  let size = 0
  const add = (bytes: Buffer) => {
    hash.update(bytes)
    size += bytes.length
  }
  const path = join(root, found.path)
  if (found.size <= SMALL) add(readFileSync(path))
  else for await (const chunk of createReadStream(path, { highWaterMark: SMALL })) add(chunk)
  return { path: found.path, mode: found.mode, size, sha256: hash.digest('hex') }
}
