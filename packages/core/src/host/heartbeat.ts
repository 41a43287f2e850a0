import type { HeldProcess } from './host.ts'

export interface Heartbeat {
  /** Milliseconds since the last sign of life. A run that was suspended sees by this how long it slept. */
  readonly silence: () => number
  readonly stop: () => void
}

/** Writes an empty line to a held process now and then, so that it knows that this side lives. Ends with the process, or when stopped. */
export function keepAlive(process: HeldProcess, every: number): Heartbeat {
  let last = Date.now()
  const beat = () => {
    process.write('\n')
    last = Date.now()
  }
  const timer = setInterval(beat, every)
  const stop = () => clearInterval(timer)
  void process.ended.then(stop)
  return { silence: () => Date.now() - last, stop }
}
