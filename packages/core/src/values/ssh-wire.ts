/** Bytes that end before what they announce: a cut key, or no key at all. */
export class WireTooShort extends Error {
  override readonly name = 'WireTooShort'
  /** Bytes that are missing, as far as the announced lengths tell. */
  readonly missing: number

  constructor(missing: number) {
    super('the bytes end too early')
    this.missing = missing
  }
}

/** Reads the data types of SSH: big-endian integers, and strings that carry their length. https://www.rfc-editor.org/rfc/rfc4251#section-5 */
export class WireReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get offset(): number {
    return this.#offset
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#offset)
  }

  take(length: number): Buffer {
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new WireTooShort(end - this.#bytes.length)
    const taken = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return taken
  }

  uint32(): number {
    return this.take(4).readUInt32BE()
  }

  string(): Buffer {
    return this.take(this.uint32())
  }

  text(): string {
    return this.string().toString('utf8')
  }
}

export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function wireString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([wireUint32(bytes.length), bytes])
}

/** A positive integer: without leading zeros, but with one where the first bit would make it negative. */
export function wireInteger(value: Uint8Array): Buffer {
  const magnitude = withoutLeadingZeros(Buffer.from(value))
  const negative = ((magnitude[0] ?? 0) & 0x80) !== 0
  return wireString(negative ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude)
}

export function withoutLeadingZeros(bytes: Buffer): Buffer {
  const first = bytes.findIndex(byte => byte !== 0)
  return first === -1 ? Buffer.alloc(0) : bytes.subarray(first)
}
