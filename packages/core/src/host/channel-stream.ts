import { Duplex } from 'node:stream'
import type { Channel } from 'ssh2'

/**
 * A channel as a stream that behaves. ssh2's own throws at every write, end and close once the connection is gone, from
 * within event handlers where nobody can catch it; and its destroy() is no destroy().
 */
export class ChannelStream extends Duplex {
  readonly #channel: Channel & Duplex
  readonly #isLost: () => boolean

  constructor(channel: Channel & Duplex, isLost: () => boolean) {
    super({ allowHalfOpen: true, autoDestroy: false, writableHighWaterMark: 256 * 1024 })
    this.#channel = channel
    this.#isLost = isLost
    channel
      .on('data', (chunk: Buffer) => {
        if (!this.push(chunk)) channel.pause()
      })
      .on('end', () => this.push(null))
      .on('close', () => {
        // What was received before is still to be read.
        if (this.readableEnded) this.destroy()
        else this.once('end', () => this.destroy())
      })
      .on('error', (thrown: Error) => this.destroy(thrown))
  }

  override _read(): void {
    this.#channel.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (failure?: Error) => void): void {
    if (this.#isLost()) done(new Error('the connection is gone'))
    else this.#channel.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    // Not end(): when the output has ended too, ssh2 would close the channel before the exit status is here.
    if (!this.#isLost()) this.#channel.eof()
    done()
  }

  override _destroy(failure: Error | null, done: (failure: Error | null) => void): void {
    if (!this.#isLost()) this.#channel.close()
    done(failure)
  }
}
