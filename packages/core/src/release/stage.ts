import type { Readable } from 'node:stream'
import type { Host } from '../host/host.ts'
import { isFile, type ManifestEntry, totalSize } from '../host/manifest.ts'
import { ActionError } from '../values/action-error.ts'
import { mustRun } from './must-run.ts'

/** What the server already has of an earlier release: nothing of it is sent again. */
export interface Reusable {
  /** The folder of the earlier release's files. */
  readonly folder: string
  /** Path to checksum. */
  readonly checksums: ReadonlyMap<string, string>
  readonly executables: ReadonlySet<string>
}

export interface StageOptions {
  readonly entries: readonly ManifestEntry[]
  readonly manifest: string
  /** A folder that does not exist yet, beside where the files will go: on the same file system, so that a rename moves them. */
  readonly folder: string
  readonly reusable: Reusable | undefined
  /** Makes the tar stream of some of the entries. */
  readonly pack: (entries: readonly ManifestEntry[]) => Readable
  /** Milliseconds for the sending. */
  readonly timeout: number
  readonly signal: AbortSignal
}

export interface Staged {
  readonly sentFiles: number
  readonly sentBytes: number
  readonly reusedFiles: number
}

/** Reading everything once more, from a disk that may be slow. */
const CHECK_TIMEOUT = 300_000

/** Hard links to the earlier files (they are never written in place), less those that this release does not share. */
const reuseScript = `
set -eu
mkdir -p "$(dirname "$2")"
cp -al -- "$1" "$2" 2>/dev/null || cp -a -- "$1" "$2"
cd "$2"
xargs -0 rm -f --
find . -type d -empty -delete
mkdir -p "$2"
`

const unpackScript = `
set -eu
mkdir -p "$1"
cd "$1"
umask 022
exec tar -x -m -o -p -f -
`

const verifyScript = `
[ -s "$2" ] || [ "$2" = - ] || exit 0
cd "$1" && LC_ALL=C sha256sum -c "$2" 2>&1 | grep -v ': OK$'
true
`

/** Brings the files to the server, beside what runs, and has the server check each of them. */
export async function stageFiles(host: Host, options: StageOptions): Promise<Staged> {
  const { entries, folder, reusable, signal } = options
  const reused = new Set(entries.filter(entry => isReusable(entry, reusable)).map(entry => entry.path))
  if (reusable && reused.size > 0) {
    const dropped = [...reusable.checksums.keys()].filter(path => !reused.has(path))
    const argv = ['sh', '-c', reuseScript, 'reuse', reusable.folder, folder]
    const stdin = dropped.map(path => `./${path}\0`).join('')
    await mustRun(host, { argv, stdin, timeout: options.timeout, signal }, 'take over unchanged files')
  }
  const send = (some: readonly ManifestEntry[]) => {
    const argv = ['sh', '-c', unpackScript, 'unpack', folder]
    return mustRun(host, { argv, stdin: options.pack(some), timeout: options.timeout, signal }, 'unpack the files')
  }
  const sent = entries.filter(entry => !reused.has(entry.path))
  await send(sent)
  let wrong = await differingFiles(host, folder, { text: options.manifest })
  if (wrong !== '' && reused.size > 0) {
    // What was taken over had been spoiled on the server since: then it is sent after all.
    const again = entries.filter(entry => reused.has(entry.path))
    await send(again)
    sent.push(...again)
    reused.clear()
    wrong = await differingFiles(host, folder, { text: options.manifest })
  }
  if (wrong !== '') {
    throw new ActionError({
      title: 'Files did not arrive whole',
      message: `On ${host.name} these files differ from the ones that were sent:\n${wrong}`,
      next: 'Run the step again. If it happens again, look at the disk of the server.',
    })
  }
  return { sentFiles: sent.length, sentBytes: totalSize(sent), reusedFiles: reused.size }
}

/** The files of a folder that are not what a manifest says, a line each: one that we have, or one that lies on the host. */
export async function differingFiles(
  host: Host,
  folder: string,
  manifest: { readonly text: string } | { readonly path: string },
): Promise<string> {
  const [path, stdin] = 'text' in manifest ? ['-', manifest.text] : [manifest.path, '']
  const argv = ['sh', '-c', verifyScript, 'verify', folder, path]
  return (await host.run({ argv, stdin, timeout: CHECK_TIMEOUT })).stdout.trim()
}

/** Links are always sent: they are nothing but a name. */
function isReusable(entry: ManifestEntry, reusable: Reusable | undefined): boolean {
  if (reusable === undefined || !isFile(entry)) return false
  const isExecutable = (entry.mode & 0o111) !== 0
  return reusable.checksums.get(entry.path) === entry.sha256 && reusable.executables.has(entry.path) === isExecutable
}
