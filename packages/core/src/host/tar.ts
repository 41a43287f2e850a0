import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack as newPack, type Pack } from 'tar-stream'
import { ActionError } from '../values/action-error.ts'
import { errorCode } from '../values/error-code.ts'
import { type FileEntry, isFile, type ManifestEntry } from './manifest.ts'

/** A constant, so that the same files are the same bytes. What is unpacked gets the time of its unpacking. */
const MTIME = new Date(0)
/** Up to this size a file is read at once: the way through node's thread pool takes several times as long as the reading. */
const SMALL = 256 * 1024
/** Many small pieces would each become a packet. */
const CHUNK = 256 * 1024

/** The files as one tar stream, in the manifest's order. `onBytes` is told how much has left. */
export function packTar(
  root: string,
  manifest: readonly ManifestEntry[],
  onBytes: (bytes: number) => void = () => {},
): Readable {
  const pack = newPack()
  fill(pack, root, manifest).catch(thrown => pack.destroy(thrown))
  return Readable.from(inChunks(pack, onBytes), { objectMode: false, highWaterMark: 2 * CHUNK })
}

/**
 * How a host unpacks the stream into a directory. The time is that of the unpacking, since web servers derive ETag and
 * Last-Modified from it: a fixed one would have browsers keep what has changed. The owner is who unpacks; modes are kept.
 */
export function unpackCommand(directory: string): string[] {
  return ['tar', '-x', '-m', '-o', '-p', '-f', '-', '-C', directory]
}

async function fill(pack: Pack, root: string, manifest: readonly ManifestEntry[]): Promise<void> {
  for (const entry of manifest) {
    if (isFile(entry)) await addFile(pack, join(root, entry.path), entry)
    else pack.entry({ name: entry.path, type: 'symlink', linkname: entry.link, mode: 0o777, mtime: MTIME })
  }
  pack.finalize()
}

async function addFile(pack: Pack, path: string, entry: FileEntry): Promise<void> {
  const header = { name: entry.path, mode: entry.mode, size: entry.size, mtime: MTIME }
  if (entry.size <= SMALL) {
    const bytes = readSmall(path, entry)
    await new Promise<void>((resolve, reject) => {
      pack.entry(header, bytes, failure => (failure ? reject(failure) : resolve()))
    })
    return
  }
  let sent = 0
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      sent += chunk.length
      if (sent > entry.size) throw new FileChanged(entry)
      yield chunk
    }
    if (sent !== entry.size) throw new FileChanged(entry)
  }
  const source = createReadStream(path, { highWaterMark: CHUNK })
  await pipeline(source, counted, pack.entry(header)).catch(thrown => throwChanged(thrown, entry))
}

function readSmall(path: string, entry: FileEntry): Buffer {
  try {
    const bytes = readFileSync(path)
    if (bytes.length === entry.size) return bytes
  } catch (thrown) {
    throwChanged(thrown, entry)
  }
  throw new FileChanged(entry)
}

async function* inChunks(source: Pack, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let length = 0
  const flush = () => {
    const chunk = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
    parts = []
    length = 0
    onBytes(chunk.length)
    return chunk
  }
  for await (const part of source as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length >= CHUNK) yield flush()
  }
  if (length > 0) yield flush()
}

function throwChanged(thrown: unknown, entry: FileEntry): never {
  throw errorCode(thrown) === 'ENOENT' ? new FileChanged(entry) : thrown
}

class FileChanged extends ActionError {
  constructor({ path }: FileEntry) {
    super({
      title: 'A file changed',
      message: `${path} was changed while it was sent.`,
      next: 'have earlier steps end what writes to it, then run the job again.',
    })
  }
}
