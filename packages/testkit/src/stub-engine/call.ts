import { CallFailed, type Store } from './store.ts'

/** One call of the docker command. */
export interface Call {
  readonly store: Store
  readonly composeBinary: string
  /** The folder of the client's configuration: `--config`, `DOCKER_CONFIG` or `~/.docker`. */
  readonly configFolder: string
  out(line: string): void
  err(line: string): void
}

/** The call has printed its errors already, and ends with a status. */
export class Ended extends Error {
  override readonly name = 'Ended'
  readonly exitStatus: number

  constructor(exitStatus: number) {
    super(`exit status ${exitStatus}`)
    this.exitStatus = exitStatus
  }
}

/** Does something for each name; one that fails is reported, and the rest goes on: docker's way with several arguments. */
export function forEachName(call: Call, names: readonly string[], work: (name: string) => void): void {
  let hasFailed = false
  for (const name of names) {
    try {
      work(name)
    } catch (error) {
      if (!(error instanceof CallFailed) || error.exitStatus !== 1) throw error
      hasFailed = true
      call.err(error.message)
    }
  }
  if (hasFailed) throw new Ended(1)
}
