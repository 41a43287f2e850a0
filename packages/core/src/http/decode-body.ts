import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { KnownFailure } from './failure.ts'

export interface EncodedBody {
  readonly body: Uint8Array
  /** There is more of it, which was not read. */
  readonly isCut: boolean
}

/** A list of more is an attack, not a habit: https://curl.se/docs/CVE-2022-32206.html */
const MOST_CODINGS = 3

/**
 * Undoes a body's Content-Encoding, up to so many bytes: a megabyte may hold a gigabyte. Of a body that was cut, what can be read is
 * read. A coding that is not known leaves the body as it is.
 */
export async function decodeBody(
  encoded: EncodedBody,
  encoding: string | undefined,
  maxBytes: number,
): Promise<EncodedBody> {
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map(coding => coding.trim())
    .filter(coding => coding !== '' && coding !== 'identity')
  if (codings.length > MOST_CODINGS) throw new KnownFailure('encoding', `its body is encoded ${codings.length} times`)
  let decoded = encoded
  for (const coding of codings.reverse()) {
    const stream = decompressor(coding, decoded)
    if (!stream || decoded.body.length === 0) return decoded
    decoded = await decompress(decoded, stream, coding, maxBytes)
  }
  return decoded
}

function decompressor(coding: string, { body, isCut }: EncodedBody): Transform | undefined {
  const zlib = isCut ? { finishFlush: constants.Z_SYNC_FLUSH } : {}
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(zlib)
    case 'deflate':
      // Meant is zlib's format, but some servers send the bare one: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
      return ((body[0] ?? 0) & 0x0f) === 8 ? createInflate(zlib) : createInflateRaw(zlib)
    case 'br':
      return createBrotliDecompress(isCut ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {})
    case 'zstd':
      return createZstdDecompress(isCut ? { finishFlush: constants.ZSTD_e_flush } : {})
    default:
      return undefined
  }
}

async function decompress(
  encoded: EncodedBody,
  stream: Transform,
  coding: string,
  maxBytes: number,
): Promise<EncodedBody> {
  const chunks: Buffer[] = []
  let size = 0
  stream.end(encoded.body)
  try {
    for await (const chunk of stream) {
      const bytes: Buffer = chunk
      if (bytes.length > maxBytes - size) {
        chunks.push(bytes.subarray(0, maxBytes - size))
        return { body: Buffer.concat(chunks), isCut: true }
      }
      chunks.push(bytes)
      size += bytes.length
    }
  } catch {
    if (!encoded.isCut)
      throw new KnownFailure('encoding', `its body is not a complete ${coding}, though Content-Encoding says so`)
  }
  return { body: Buffer.concat(chunks), isCut: encoded.isCut }
}
