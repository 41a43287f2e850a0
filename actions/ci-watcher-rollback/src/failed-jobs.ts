import type { Item } from '@deploy-actions/core/github/judge/items'
import type { Job } from '@deploy-actions/core/github/snapshot'

/** A job, check or status that failed, as outputs and reports show it. */
export interface FailedJob {
  readonly name: string
  /** '' for what is not a job of a workflow. */
  readonly workflow: string
  readonly conclusion: string
  readonly url: string
  /** The first step that failed; '' when that is not known. */
  readonly step: string
}

export function failedJobs(items: readonly Item[]): FailedJob[] {
  return items.filter(({ state }) => state === 'failed').flatMap(jobsOf)
}

function jobsOf({ kind, name, word, url, failedJobs: jobs }: Item): FailedJob[] {
  if (jobs.length > 0) return jobs.map(job => jobFacts(job, name))
  return [{ name, workflow: kind === 'workflow' ? name : '', conclusion: word, url, step: '' }]
}

function jobFacts({ name, conclusion = '', url, steps }: Job, workflow: string): FailedJob {
  const failing = steps.find(step => step.conclusion === 'failure' || step.conclusion === 'timed_out')
  return { name, workflow, conclusion, url, step: failing?.name ?? '' }
}

/** `CI / test (failure) at step "npm test": https://…` */
export function lineOf({ name, workflow, conclusion, step, url }: FailedJob): string {
  const whole = workflow === '' || workflow === name ? name : `${workflow} / ${name}`
  const at = step === '' ? '' : ` at step "${step}"`
  return `${whole} (${conclusion})${at}${url === '' ? '' : `: ${url}`}`
}
