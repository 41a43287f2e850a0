import { ActionError } from '../values/action-error.ts'
import { reportFailure } from './failure.ts'
import { setOutputs } from './outputs.ts'
import { closeStepResult, openStepResult } from './step-result.ts'

/**
 * Runs an action's main function and turns what it throws into one annotation and the exit status. SIGINT and SIGTERM (a
 * cancelled job) abort the signal that main is given; it ends its calls and cleans up in its own time. How it ended is written to
 * the step's result file.
 *
 * The output `result` is `failed` from the first moment, before an input is read: a step that ends early, however it ends, must not
 * look like one that did its work to a condition of a later step. The last value of an output counts.
 */
export function runAction(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  return runStage('main', signal => {
    setOutputs({ result: 'failed' })
    return main(signal)
  })
}

/** The same for what runs at the end of the job, which leaves the outputs alone: under act they would replace those of the step. */
export function runPostStep(post: (signal: AbortSignal) => Promise<void>): Promise<void> {
  return runStage('post', post)
}

async function runStage(stage: 'main' | 'post', work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const cancelled = new AbortController()
  const cancel = (name: NodeJS.Signals) => cancelled.abort(new Cancelled(name))
  process.once('SIGINT', cancel)
  process.once('SIGTERM', cancel)
  let failure: unknown
  try {
    await openStepResult(stage, process.env)
    await work(cancelled.signal)
  } catch (thrown) {
    failure = thrown
    process.exitCode = await reportFailure(thrown, process.env)
  } finally {
    await closeStepResult(stage, failure)
    // A listener left behind would keep later signals from ending a process that hangs.
    process.removeListener('SIGINT', cancel)
    process.removeListener('SIGTERM', cancel)
  }
}

/** Why a run's signal was aborted. */
export class Cancelled extends ActionError {
  constructor(signal: string) {
    super({ title: 'Cancelled', message: `The run was cancelled (${signal}).` })
  }
}
