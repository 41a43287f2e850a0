import { InvalidValue } from '../values/invalid-value.ts'

/** One file or link of a release. Paths are relative, with slashes, and sorted by their bytes. */
export type ManifestEntry =
  | {
      readonly path: string
      /** The permission bits. */
      readonly mode: number
      readonly size: number
      readonly sha256: string
    }
  | { readonly path: string; readonly link: string }

export type FileEntry = Extract<ManifestEntry, { readonly sha256: string }>

export function isFile(entry: ManifestEntry): entry is FileEntry {
  return 'sha256' in entry
}

export function totalSize(manifest: readonly ManifestEntry[]): number {
  return manifest.reduce((sum, entry) => sum + (isFile(entry) ? entry.size : 0), 0)
}

/** An order that is the same on every machine, whatever its locale. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))
}

/** The files as `sha256sum -c` reads them on any server; links have no content to check. */
export function formatChecksums(manifest: readonly ManifestEntry[]): string {
  return manifest.map(entry => (isFile(entry) ? checksumLine(entry) : '')).join('')
}

/** Reads the output of `sha256sum`, or what formatChecksums wrote: the hash of each path. */
export function parseChecksums(text: string): Map<string, string> {
  const hashes = new Map<string, string>()
  for (const line of text.split('\n').filter(candidate => candidate !== '')) {
    const [, escaped, sha256 = '', name = ''] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
    if (sha256 === '') throw new InvalidValue('holds a line that is not one of sha256sum')
    hashes.set(escaped ? name.replace(/\\(n|\\)/g, (_, letter) => (letter === 'n' ? '\n' : '\\')) : name, sha256)
  }
  return hashes
}

/** coreutils marks a line whose name holds a newline or a backslash with a backslash in front. */
function checksumLine({ path, sha256 }: FileEntry): string {
  if (!/[\\\n]/.test(path)) return `${sha256}  ${path}\n`
  return `\\${sha256}  ${path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`
}
