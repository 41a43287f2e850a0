import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Header, pack as newPack, type Pack } from 'tar-stream'
import { ActionError } from '../values/action-error.ts'
import { errorCode } from '../values/error-code.ts'
import { type FileEntry, isFile, type ManifestEntry } from './manifest.ts'

/** A constant, so that the same files are the same bytes. What is unpacked gets the time of its unpacking. */
const MTIME = new Date(0)
/** Up to this size a file is read at once: the way through node's thread pool takes several times as long as the reading. */
const SMALL = 256 * 1024
/** Many small pieces would each become a packet. */
const CHUNK = 256 * 1024

/** A small file that is made here. */
export interface TarDocument {
  readonly path: string
  readonly text: string
}

export interface TarOptions {
  /** They come before the files. Readable for their owner only. */
  readonly documents?: readonly TarDocument[]
  /** Put in front of the files' paths: `files/`. */
  readonly prefix?: string
  /** Receives the number of bytes of each chunk that has left. */
  readonly onBytes?: (bytes: number) => void
}

/** The files as one tar stream, in the manifest's order. */
export function packTar(root: string, manifest: readonly ManifestEntry[], options: TarOptions = {}): Readable {
  const pack = newPack()
  fill(pack, root, manifest, options).catch(thrown => pack.destroy(thrown))
  return Readable.from(inChunks(pack, options.onBytes ?? (() => {})), { objectMode: false, highWaterMark: 2 * CHUNK })
}

/**
 * How a host unpacks the stream into a directory. The time is that of the unpacking, since web servers derive ETag and
 * Last-Modified from it: a fixed one would have browsers keep what has changed. The owner is who unpacks; modes are kept.
 */
export function unpackCommand(directory: string): string[] {
  return ['tar', '-x', '-m', '-o', '-p', '-f', '-', '-C', directory]
}

async function fill(
  pack: Pack,
  root: string,
  manifest: readonly ManifestEntry[],
  { documents = [], prefix = '' }: TarOptions,
): Promise<void> {
  for (const { path, text } of documents) {
    const bytes = Buffer.from(text)
    await addBytes(pack, { name: path, mode: 0o600, size: bytes.length, mtime: MTIME }, bytes)
  }
  for (const entry of manifest) {
    const name = `${prefix}${entry.path}`
    if (isFile(entry)) await addFile(pack, join(root, entry.path), name, entry)
    else pack.entry({ name, type: 'symlink', linkname: entry.link, mode: 0o777, mtime: MTIME })
  }
  pack.finalize()
}

function addBytes(pack: Pack, header: Partial<Header> & Pick<Header, 'name'>, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry(header, bytes, failure => (failure ? reject(failure) : resolve()))
  })
}

async function addFile(pack: Pack, path: string, name: string, entry: FileEntry): Promise<void> {
  const header = { name, mode: entry.mode, size: entry.size, mtime: MTIME }
  if (entry.size <= SMALL) return addBytes(pack, header, readSmall(path, entry))
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
      title: `${path} changed during the upload`,
      message: `${path} was changed while it was sent.`,
      next: 'End whatever writes to it in an earlier step, then run the job again.',
    })
  }
}
