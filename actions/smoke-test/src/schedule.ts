import { Slots } from '@deploy-actions/core/flow/slots'

export interface Job {
  /** Unique. */
  readonly name: string
  /** Names of the jobs that must pass before; they lead back to none that needs itself. */
  readonly needs: readonly string[]
}

export interface Scheduling<J, R> {
  /** How many are under way at once. */
  readonly concurrency: number
  /** Once it is aborted, no further one begins. */
  readonly signal: AbortSignal
  make(job: J): Promise<R>
  passed(result: R): boolean
  /** The result of one that is not made; `need` is the one that did not pass, undefined when the signal was first. */
  skip(job: J, need: string | undefined): R
}

/** Makes jobs side by side, each after what it needs; results in the jobs' order. */
export function schedule<J extends Job, R>(jobs: readonly J[], scheduling: Scheduling<J, R>): Promise<R[]> {
  const { concurrency, signal, make, passed, skip } = scheduling
  const slots = new Slots(concurrency)
  const ends = new Map<string, Promise<R>>()
  const { promise: allKnown, resolve: start } = Promise.withResolvers<void>()
  const one = async (job: J): Promise<R> => {
    await allKnown
    for (const need of job.needs) {
      const end = await ends.get(need)
      if (end === undefined || !passed(end)) return skip(job, need)
    }
    const release = await slots.take()
    try {
      return signal.aborted ? skip(job, undefined) : await make(job)
    } finally {
      release()
    }
  }
  for (const job of jobs) ends.set(job.name, one(job))
  start()
  return Promise.all(ends.values())
}
