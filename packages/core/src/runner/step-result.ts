import { reasonOf } from '../report/reason.ts'
import { ActionError, messageOf } from '../values/action-error.ts'
import type { Environment } from './inputs.ts'
import { maskedSecretsRedactor, runnerLog } from './log.ts'
import { latestOutputs } from './outputs.ts'
import {
  createResultFile,
  type NumberedResult,
  readOtherResults,
  readResultFile,
  resultNumber,
  type StepResult,
  writeResultFile,
} from './result-file.ts'
import { savedState, saveState } from './state.ts'

/** What the outputs of the step do not hold. */
export type ResultFacts = Partial<Omit<StepResult, 'action' | 'step' | 'stage' | 'startedAt' | 'writtenAt'>>

const STATE = 'result-file'

/** This process is one part of one step. */
const step: { file: string | undefined; present: StepResult | undefined; facts: ResultFacts } = {
  file: undefined,
  present: undefined,
  facts: {},
}

/** Adds to what this step's result file holds when this part of the step ends; the last value of a key counts. */
export function describeResult(facts: ResultFacts): void {
  step.facts = { ...step.facts, ...facts }
}

/** The results of the job's other steps, and this step's number in their order. */
export async function otherResults(
  env: Environment,
  now: number,
): Promise<{
  readonly own: number | undefined
  readonly results: readonly NumberedResult[]
  readonly problems: readonly string[]
}> {
  const own = step.file === undefined ? undefined : resultNumber(step.file)
  return { own, ...(await readOtherResults(step.file, env, now)) }
}

/** Main creates the step's file as that of a failure, which is what a step that is killed leaves. Post finds the file of its main. */
export async function openStepResult(stage: 'main' | 'post', env: Environment): Promise<void> {
  // Only runners set it, and without one no other step can read the file.
  if (!env['RUNNER_TEMP']) return
  await withWarning(async () => {
    if (stage === 'post') {
      step.file = savedState(STATE) || undefined
      const present = step.file === undefined ? undefined : await readResultFile(step.file)
      step.present = typeof present === 'string' ? undefined : present
      return
    }
    const now = new Date().toISOString()
    step.present = {
      action: actionOf(process.argv[1] ?? ''),
      step: env['GITHUB_ACTION'] ?? '',
      stage,
      startedAt: now,
      writtenAt: now,
      result: 'failed',
      reason: '',
      next: [],
      environment: '',
      url: '',
      hosts: [],
      path: '',
      release: '',
      previousRelease: '',
      version: '',
      sha: '',
      pending: null,
    }
    step.file = await createResultFile(step.present, env)
    saveState(STATE, step.file)
  })
}

/** Writes how this part of the step ended. A post part that has nothing to report leaves main's words. */
export async function closeStepResult(stage: 'main' | 'post', thrown: unknown): Promise<void> {
  const { file, present, facts } = step
  if (file === undefined || present === undefined) return
  if (stage === 'post' && thrown === undefined && facts.result === undefined) return
  await withWarning(() => {
    const known: ResultFacts = stage === 'main' ? fromOutputs(latestOutputs()) : {}
    const ended = { ...present, ...known, ...failureFacts(thrown, known.reason), ...facts }
    return writeResultFile(file, redacted({ ...ended, stage, writtenAt: new Date().toISOString() }))
  })
}

function fromOutputs(outputs: Readonly<Record<string, string>>): ResultFacts {
  return {
    result: outputs['result'] ?? 'failed',
    reason: outputs['reason'] ?? '',
    environment: outputs['environment'] ?? '',
    url: outputs['url'] ?? '',
    release: outputs['release'] ?? outputs['image-tag'] ?? '',
    previousRelease: outputs['previous-release'] ?? outputs['previous-image-tag'] ?? '',
    version: outputs['version'] ?? '',
  }
}

function failureFacts(thrown: unknown, reason: string | undefined): ResultFacts {
  if (thrown === undefined) return {}
  if (!(thrown instanceof ActionError)) {
    return { reason: reason || reasonOf({ title: 'Unexpected failure', message: messageOf(thrown) }) }
  }
  const next = thrown.next?.split('\n').filter(line => line.trim() !== '') ?? []
  return { reason: reason || reasonOf(thrown), next }
}

/** The runner hides secrets in the log only. */
function redacted(result: StepResult): StepResult {
  const clean = maskedSecretsRedactor()
  const entries = Object.entries(result).map(([key, value]) => {
    if (typeof value === 'string') return [key, clean(value)]
    return [key, Array.isArray(value) ? value.map(entry => clean(String(entry))) : value]
  })
  return Object.fromEntries(entries) as StepResult
}

/** A runner starts `ACTION/dist/index.cjs`. */
function actionOf(entry: string): string {
  return (
    entry
      .split(/[\\/]/)
      .at(-3)
      ?.replaceAll(/[^\w.-]/g, '') || 'action'
  )
}

/** The file is for messages: without it the step does its work all the same. */
async function withWarning(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    runnerLog.warning(`Later steps of the job cannot read how this step ended: ${messageOf(thrown)}`, 'No result file')
  }
}
