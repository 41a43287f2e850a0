import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { worstOf } from '@deploy-actions/core/deploy/result'
import { ActionError, type ExitStatus } from '@deploy-actions/core/values/action-error'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { type Attempt, type Context, pendingDeploy } from './attempt.ts'
import type { Outcome, ResourceResult } from './outcome.ts'
import { isPreview, type Plan } from './plan.ts'
import type { Verdict } from './verdict.ts'

/** The result of a resource without a problem. */
export function resultOf({ started, deployment, verdict }: Attempt, { inputs, undoLog }: Context): ResourceResult {
  const { plan, step } = started
  const { resource, previous, rollbackStep } = plan
  const pending = verdict.kind === 'healthy' ? pendingDeploy(plan, inputs) : undefined
  if (pending === undefined) undoLog.remove(resource.uuid)
  const base = {
    resource,
    previous,
    deployment: deployment ?? pendingOf(started.deployment),
    url: isPreview(step) ? undefined : resource.domains[0],
  }
  // The commit of a build from Git is known only now.
  const version = deployment?.commit ?? step.version
  switch (verdict.kind) {
    case 'superseded': {
      const note = `${resource.name} is now on ${verdict.by}, which another run or a person has set in Coolify in the meantime. Give the job a \`concurrency\` group, so that runs do not overlap.`
      return { ...base, result: 'superseded', version: undefined, note }
    }
    case 'pending':
      return { ...base, result: 'pending', version }
    default: {
      const result = inputs.wanted.kind === 'rollback' ? 'rolled-back' : 'deployed'
      if (pending !== undefined) {
        const { uuid, name } = resource
        const verified = { deployment: deployment && withoutLogs(deployment) }
        undoLog.record({ uuid, name, pending: { ...pending, verified } })
        return { ...base, result: 'pending', version, url: urlOf(verdict) ?? base.url, isVerified: true }
      }
      const note =
        inputs.confirm === 'job' && result === 'deployed' && 'none' in rollbackStep
          ? `${resource.name} is final: the post step cannot roll it back (\`confirm: job\`), because ${rollbackStep.none}.`
          : undefined
      return { ...base, result, version, url: urlOf(verdict) ?? base.url, ...(note ? { note } : {}) }
    }
  }
}

function urlOf(verdict: Verdict): string | undefined {
  return verdict.kind === 'healthy' ? verdict.url : undefined
}

/** The log can contain secrets. */
function withoutLogs({ logs: _, ...deployment }: Deployment): Omit<Deployment, 'logs'> {
  return deployment
}

function pendingOf(uuid: string | undefined): ResourceResult['deployment'] {
  return uuid === undefined ? undefined : { uuid, status: 'queued', path: undefined }
}

/** The result of a resource whose run ended with an error. */
export function failedResult(
  { resource, previous, step }: Plan,
  thrown: ActionError,
  exitStatus: ExitStatus,
): ResourceResult {
  const { title, message, next } = thrown
  const problem = { title, message: `${resource.name}: ${message}`, next, exitStatus, lines: [], linesOf: '' }
  return {
    ...{ resource, previous, problem },
    result: 'failed',
    version: undefined,
    failed: step.version,
    deployment: undefined,
    url: undefined,
  }
}

/** The run's outcome, combined from the results of its resources. */
export function outcomeOf(results: readonly ResourceResult[]): Outcome {
  const result = worstOf(results.map(end => end.result)) ?? 'skipped'
  const failure = failureOf(results)
  return { result, headline: headlineOf(results), results, ...(failure ? { failure } : {}) }
}

function failureOf(results: readonly ResourceResult[]): ActionError | undefined {
  const problems = results.flatMap(({ problem }) => problem ?? [])
  const [first] = problems
  if (first === undefined) return undefined
  const next = [...new Set(problems.flatMap(problem => problem.next ?? []))].join('\n')
  return new ActionError({
    title: problems.length === 1 ? first.title : `${problems.length} of ${results.length} failed`,
    message: problems.length === 1 ? first.message : problems.map(({ message }) => `- ${message}`).join('\n'),
    ...(next === '' ? {} : { next }),
    exitStatus: problems.some(({ exitStatus }) => exitStatus === 2) ? 2 : 1,
  })
}

const WORDS = {
  deployed: 'deployed',
  pending: 'queued',
  confirmed: 'confirmed',
  skipped: 'skipped',
  planned: 'planned',
  superseded: 'superseded',
  'rolled-back': 'rolled back',
  'rollback-failed': 'could not be rolled back',
  failed: 'not deployed',
} as const

/** One line: each resource and its result. */
function headlineOf(results: readonly ResourceResult[]): string {
  const parts = results.map(({ resource, result, version, previous, isVerified = false }) => {
    const at = version === undefined ? '' : ` ${result === 'rolled-back' ? 'to' : 'at'} ${shownVersion(version)}`
    const from =
      previous === undefined || previous === version || result !== 'deployed'
        ? ''
        : `, previously ${shownVersion(previous)}`
    return `${resource.name} ${isVerified ? 'deployed, to be confirmed by the end of the job,' : WORDS[result]}${result === 'failed' || result === 'rollback-failed' ? '' : `${at}${from}`}`
  })
  return parts.join('; ') || 'Coolify started nothing'
}

/** Commits are abbreviated. */
export function shownVersion(version: string): string {
  return /^[0-9a-f]{40,64}$/.test(version) ? shortSha(version) : version
}
