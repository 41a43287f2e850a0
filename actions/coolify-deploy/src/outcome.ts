import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import type { Result as DeployResult } from '@deploy-actions/core/deploy/result'
import { reasonLine, reasonOf } from '@deploy-actions/core/report/reason'
import type { ActionError, ExitStatus } from '@deploy-actions/core/values/action-error'

/** The results of this action; action.yml describes them. */
export type Result = Exclude<DeployResult, 'unchanged' | 'stopped'>

/** A failure of one resource. */
export interface Problem {
  readonly title: string
  /** Sentences. */
  readonly message: string
  readonly next?: string | undefined
  readonly exitStatus: ExitStatus
  /** The last lines of a log, and the owner of that log. */
  readonly lines: readonly string[]
  readonly linesOf: string
}

/** The result of one resource. */
export interface ResourceResult {
  readonly resource: Resource
  readonly result: Result
  /** Image tag or commit that runs now, if known. */
  readonly version: string | undefined
  readonly previous: string | undefined
  /** Image tag or commit that this run started and that failed, if known. */
  readonly failed?: string | undefined
  readonly deployment: Pick<Deployment, 'uuid' | 'status' | 'path'> | undefined
  /** The health URL that returned 2xx, or the first domain. */
  readonly url: string | undefined
  /** Set when the step must fail. */
  readonly problem?: Problem
  /** It is deployed and healthy, and waits for the end of the job (`confirm: job`). */
  readonly isVerified?: true
  /** Information that is not a failure. */
  readonly note?: string
}

/** The outcome of a run. */
export interface Outcome {
  readonly result: Result
  /** The outcome in one line. */
  readonly headline: string
  readonly results: readonly ResourceResult[]
  readonly failure?: ActionError
  /** A sentence below the headline. */
  readonly explanation?: string
  /** Lines of a plan. */
  readonly details?: readonly string[]
}

const STATUSES = ['failed', 'cancelled-by-user', 'in_progress', 'queued', 'finished']

/** The action's outputs, under the names of action.yml. */
export function outputsOf(
  { result, results, failure }: Outcome,
  base: string,
  durationMs: number,
): Record<string, string | undefined> {
  const [first] = results
  const statuses = results.flatMap(({ deployment }) => deployment?.status ?? [])
  const pageOf = ({ deployment }: ResourceResult) => pageUrl(deployment, base)
  return {
    result,
    'image-tag': first?.version,
    'previous-image-tag': first?.previous,
    'failed-image-tag': results.find(({ failed }) => failed !== undefined)?.failed,
    reason: reasonOf(failure),
    status: STATUSES.find(status => statuses.includes(status)) ?? '',
    'deployment-uuid': first?.deployment?.uuid,
    'deployment-url': first && pageOf(first),
    url: first?.url,
    duration: (durationMs / 1_000).toFixed(1),
    deployments: JSON.stringify(
      results.map(end => ({
        name: end.resource.name,
        uuid: end.resource.uuid,
        kind: end.resource.kind,
        result: end.result,
        status: end.deployment?.status ?? '',
        imageTag: end.version ?? '',
        previousImageTag: end.previous ?? '',
        failedImageTag: end.failed ?? '',
        reason: reasonLine(end.problem?.message ?? ''),
        deploymentUuid: end.deployment?.uuid ?? '',
        deploymentUrl: pageOf(end) ?? '',
        url: end.url ?? '',
      })),
    ),
  }
}

/** Coolify returns only the path of a deployment's page. */
export function pageUrl(deployment: ResourceResult['deployment'], base: string): string | undefined {
  return deployment?.path === undefined ? undefined : `${base}${deployment.path}`
}
