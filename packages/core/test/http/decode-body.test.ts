import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { decodeBody } from '@deploy-actions/core/http/decode-body'
import { describe, expect, it, test } from '@jest/globals'

const TEXT = 'the quick brown fox '.repeat(50)
const whole = (body: Uint8Array) => ({ body, isCut: false })
const textOf = (decoded: { body: Uint8Array }) => Buffer.from(decoded.body).toString()

describe('decodeBody', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['X-GZIP', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    ['identity', Buffer.from(TEXT)],
    [undefined, Buffer.from(TEXT)],
    ['pigeon', Buffer.from(TEXT)],
  ])('undoes %s', async (encoding, body) => {
    expect(textOf(await decodeBody(whole(body), encoding, 10_000))).toBe(TEXT)
  })

  test.each(['gzip', 'br', 'zstd', 'deflate'])('reads what a cut body of %s holds', async encoding => {
    const long = Array.from({ length: 20_000 }, (_, index) => `line ${index * 7919}`).join('\n')
    const compress = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync, deflate: deflateSync }[encoding]
    const body = compress?.(long).subarray(0, 20_000) ?? Buffer.of()
    const decoded = await decodeBody({ body, isCut: true }, encoding, 1_000_000)
    expect(decoded.isCut).toBe(true)
    expect(long.startsWith(textOf(decoded))).toBe(true)
    expect(encoding === 'zstd' || decoded.body.length > 1_000).toBe(true)
  })

  it('stops where a small body becomes a huge one', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const decoded = await decodeBody(whole(bomb), 'gzip', 1_000)
    expect([decoded.body.length, decoded.isCut]).toEqual([1_000, true])
  })

  it('says that a body is not what it claims', async () => {
    await expect(decodeBody(whole(Buffer.from('plain')), 'gzip', 100)).rejects.toThrow(
      'its body is not a complete gzip',
    )
    await expect(decodeBody(whole(gzipSync(TEXT).subarray(0, 40)), 'gzip', 10_000)).rejects.toThrow(
      'not a complete gzip',
    )
    await expect(decodeBody(whole(Buffer.of(1)), 'gzip,gzip,gzip,gzip', 100)).rejects.toThrow('encoded 4 times')
  })

  it('leaves an empty body alone, as HEAD and 204 have it', async () => {
    expect((await decodeBody(whole(Buffer.of()), 'gzip', 100)).body.length).toBe(0)
  })
})
