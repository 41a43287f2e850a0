import type { Progress } from '../lab/progress.ts'

/** One way through a pipeline, and what is verified at its end. `S` is the stage: the servers, the fakes and the team's repository. */
export interface PipelinePath<S> {
  readonly name: string
  /** What `walk` verifies, in the words of the table. */
  readonly verified: string
  /** Third-party actions that cannot do their work in the lab, and whose stand-in matters for what this path verifies. */
  readonly standIns?: readonly string[]
  /** Whether `npm test` runs it; `pnpm pipelines` runs all. */
  readonly isInSuite?: true
  /** Begins with whatever the paths before it have left, and throws when something is not as it should be. */
  readonly walk: (stage: S) => Promise<void>
}

interface Definition<S> {
  readonly name: string
  readonly open: (progress: Progress) => Promise<S>
  readonly paths: readonly PipelinePath<S>[]
}

/** A row of the table. */
export interface Row extends Pick<PipelinePath<never>, 'name' | 'verified' | 'standIns'> {
  readonly pipeline: string
  readonly milliseconds: number
  /** Undefined when everything was as it should be. */
  readonly problem: string | undefined
}

export interface Pipeline {
  readonly name: string
  readonly paths: readonly Omit<PipelinePath<never>, 'walk'>[]
  /** Runs the paths that are wanted, one after the other, on servers that are there for as long. */
  run(isWanted: (path: Pick<PipelinePath<never>, 'name' | 'isInSuite'>) => boolean, run: Run): Promise<void>
}

interface Run {
  readonly progress: Progress
  readonly onRow: (row: Row) => void
}

export function definePipeline<S extends AsyncDisposable>({ name, open, paths }: Definition<S>): Pipeline {
  return {
    name,
    paths,
    async run(isWanted, { progress, onRow }) {
      await using stage = await open(progress)
      for (const path of paths.filter(isWanted)) {
        const start = performance.now()
        const problem = await problemOf(path.walk(stage))
        onRow({ ...path, pipeline: name, milliseconds: performance.now() - start, problem })
      }
    },
  }
}

async function problemOf(walk: Promise<void>): Promise<string | undefined> {
  try {
    await walk
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  }
}
