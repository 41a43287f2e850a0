import { LineSplitter } from '@deploy-actions/core/host/lines'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

function linesOf(pieces: readonly Uint8Array[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(line => lines.push(line))
  for (const piece of pieces) splitter.push(Buffer.from(piece))
  splitter.end()
  return lines
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zé✓ ]*$/)), fc.array(fc.nat(20)), (written, cuts) => {
        const bytes = Buffer.from(written.map(line => `${line}\n`).join(''))
        const pieces: Uint8Array[] = []
        let rest = bytes
        for (const cut of cuts) {
          pieces.push(rest.subarray(0, cut))
          rest = rest.subarray(cut)
        }
        expect(linesOf([...pieces, rest])).toEqual(written)
      }),
    )
  })

  it('takes line ends of both kinds, and a last line without one', () => {
    expect(linesOf([Buffer.from('a\r'), Buffer.from('\nb\n\nc')])).toEqual(['a', 'b', '', 'c'])
  })

  it('keeps of an endless line only the beginning', () => {
    const lines = linesOf([...Array.from({ length: 400 }, () => Buffer.alloc(65_536, 'x')), Buffer.from('\nnext\n')])
    expect(lines.map(line => line.length)).toEqual([1_048_576, 4])
  })
})
