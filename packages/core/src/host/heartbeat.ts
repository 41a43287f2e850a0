import type { HeldProcess } from './host.ts'

/** Writes an empty line to a held process now and then, so that it knows that this side lives. Ends with the process, or when called. */
export function keepAlive(process: HeldProcess, every: number): () => void {
  const timer = setInterval(() => process.write('\n'), every)
  const stop = () => clearInterval(timer)
  void process.ended.then(stop)
  return stop
}
