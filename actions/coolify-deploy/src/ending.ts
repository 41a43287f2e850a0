import { worstOf } from '@deploy-actions/core/deploy/result'
import { ActionError, type ExitStatus } from '@deploy-actions/core/values/action-error'
import { shortSha } from '@deploy-actions/core/values/commit-sha'
import type { Attempt, Scene } from './attempt.ts'
import type { End, Outcome } from './outcome.ts'
import { isPreview, type Plan } from './plan.ts'

/** How a resource ended that nothing is wrong with. */
export function endOf({ begun, deployment, verdict }: Attempt, { inputs, ledger }: Scene): End {
  const { plan, step } = begun
  const { resource, previous } = plan
  ledger.close(resource.uuid)
  const base = {
    resource,
    previous,
    deployment: deployment ?? pendingOf(begun.deployment),
    url: isPreview(step) ? undefined : resource.domains[0],
  }
  // Of a build from git the commit is known only now.
  const version = deployment?.commit ?? step.version
  switch (verdict.kind) {
    case 'superseded': {
      const note = `${resource.name} is on ${verdict.by} now, which somebody else has set meanwhile: another run, or a person in Coolify. A \`concurrency\` group keeps runs apart.`
      return { ...base, result: 'superseded', version: undefined, note }
    }
    case 'pending':
      return { ...base, result: 'pending', version }
    default: {
      const result = inputs.wanted.kind === 'back' ? 'rolled-back' : 'deployed'
      return { ...base, result, version, url: (verdict.kind === 'well' ? verdict.url : undefined) ?? base.url }
    }
  }
}

function pendingOf(uuid: string | undefined): End['deployment'] {
  return uuid === undefined ? undefined : { uuid, status: 'queued', path: undefined }
}

/** How a resource ended whose story broke off. */
export function lostEnd({ resource, previous, step }: Plan, thrown: ActionError, exitStatus: ExitStatus): End {
  const { title, message, next } = thrown
  const trouble = { title, message: `${resource.name}: ${message}`, next, exitStatus, lines: [], linesOf: '' }
  return {
    ...{ resource, previous, trouble },
    result: 'failed',
    version: undefined,
    failed: step.version,
    deployment: undefined,
    url: undefined,
  }
}

/** The run's end, made of those of its resources. */
export function outcomeOf(ends: readonly End[]): Outcome {
  const result = worstOf(ends.map(end => end.result)) ?? 'skipped'
  const failure = failureOf(ends)
  return { result, headline: headlineOf(ends), ends, ...(failure ? { failure } : {}) }
}

function failureOf(ends: readonly End[]): ActionError | undefined {
  const troubles = ends.flatMap(({ trouble }) => trouble ?? [])
  const [first] = troubles
  if (first === undefined) return undefined
  const next = [...new Set(troubles.flatMap(trouble => trouble.next ?? []))].join('\n')
  return new ActionError({
    title: troubles.length === 1 ? first.title : `${troubles.length} of ${ends.length} failed`,
    message: troubles.length === 1 ? first.message : troubles.map(({ message }) => `- ${message}`).join('\n'),
    ...(next === '' ? {} : { next }),
    exitStatus: troubles.some(({ exitStatus }) => exitStatus === 2) ? 2 : 1,
  })
}

const WORDS = {
  deployed: 'deployed',
  pending: 'queued',
  skipped: 'skipped',
  planned: 'planned',
  superseded: 'superseded',
  'rolled-back': 'rolled back',
  'rollback-failed': 'neither deployed nor rolled back',
  failed: 'not deployed',
} as const

/** In ten seconds: what became of what. */
function headlineOf(ends: readonly End[]): string {
  const parts = ends.map(({ resource, result, version, previous }) => {
    const at = version === undefined ? '' : ` ${result === 'rolled-back' ? 'to' : 'at'} ${shownVersion(version)}`
    const from =
      previous === undefined || previous === version || result !== 'deployed'
        ? ''
        : `, before ${shownVersion(previous)}`
    return `${resource.name} ${WORDS[result]}${result === 'failed' || result === 'rollback-failed' ? '' : `${at}${from}`}`
  })
  return parts.join('; ') || 'Coolify started nothing'
}

/** Commits are shown short. */
export function shownVersion(version: string): string {
  return /^[0-9a-f]{40,64}$/.test(version) ? shortSha(version) : version
}
