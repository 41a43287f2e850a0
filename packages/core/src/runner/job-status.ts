import { ActionError } from '../values/action-error.ts'
import { type Service, serviceOf } from './github-run.ts'
import type { Environment } from './inputs.ts'

/** How a job ended. `unknown` is neither a success nor a failure: a release is never confirmed by it. */
export type JobStatus = 'success' | 'failure' | 'cancelled' | 'unknown'

/** What a post step does by the job's status. */
export type StatusFeature = 'confirm: job' | 'follow: job'

/** Stands before the value of the input's default, so that a value that the workflow wrote out differs from it. */
const DEFAULT_PREFIX = /^auto:/

const WRITTEN_OUT = '`job-status: ${{ job.status }}`'

const CONSEQUENCE: Readonly<Record<StatusFeature, string>> = {
  'confirm: job': 'a release would be confirmed although a later step failed',
  'follow: job': 'the message would report a success although the job failed',
}

const WITHOUT_STATUS: Readonly<Record<StatusFeature, string>> = {
  'confirm: job': 'set `confirm: manual` and confirm the release in a last step or job with `mode: confirm`',
  'follow: job':
    'post the message with `status: started`, and edit it in a last step of the job with `if: always()` and `message-id`',
}

/** Reads the input `job-status` in the post step, when the job has ended. */
export function readJobStatus(input: string): JobStatus {
  const word = input.trim().replace(DEFAULT_PREFIX, '')
  return word === 'success' || word === 'failure' || word === 'cancelled' ? word : 'unknown'
}

/**
 * Why the post step of this step will not know how the job ended; undefined when it will. To be thrown by the main part before it
 * changes anything. `alternative` is the way out that needs no status, for an action that has another one than its feature.
 */
export function untrustedJobStatus(
  feature: StatusFeature,
  input: string,
  env: Environment,
  alternative: string = WITHOUT_STATUS[feature],
): ActionError | undefined {
  const server = serviceOf(env)
  const title = `\`${feature}\` is not possible here`
  if (server !== 'GitHub' && env['GITHUB_ACTION_PATH']) {
    return new ActionError({
      title,
      message: `Inside a composite action, ${runnerOf(server)} computes \`job.status\` from the composite action's own steps only: ${CONSEQUENCE[feature]}.`,
      next: `Move the step out of the composite action into the job${server === 'Gitea' ? `, with ${WRITTEN_OUT}` : ''}. Or ${alternative}.`,
    })
  }
  if (server === 'Gitea' && DEFAULT_PREFIX.test(input.trim())) {
    return new ActionError({
      title,
      message: `${runnerOf(server)} does not evaluate the default of \`job-status\` again at the end of the job: ${CONSEQUENCE[feature]}.`,
      next: `Add ${WRITTEN_OUT} to the step's \`with:\`.`,
    })
  }
  if (readJobStatus(input) === 'unknown') {
    return new ActionError({
      title,
      message: `\`job-status\` is "${input.trim()}"; it must be the status of the job: success, failure or cancelled.`,
      next: `Remove \`job-status\`, or write ${WRITTEN_OUT}.`,
    })
  }
  return undefined
}

function runnerOf(server: Exclude<Service, 'GitHub'>): string {
  return server === 'act' ? 'act' : `the runner of ${server}`
}
