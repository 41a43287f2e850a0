import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import type { Resource } from '@deploy-actions/core/coolify/resource'
import type { Result as DeployResult } from '@deploy-actions/core/deploy/result'
import { reasonLine, reasonOf } from '@deploy-actions/core/report/reason'
import type { ActionError, ExitStatus } from '@deploy-actions/core/values/action-error'

/** Those of the results that this action reports; action.yml describes them. */
export type Result = Exclude<DeployResult, 'unchanged' | 'stopped' | 'confirmed'>

/** What went wrong with one resource. */
export interface Trouble {
  readonly title: string
  /** Sentences. */
  readonly message: string
  readonly next?: string | undefined
  readonly exitStatus: ExitStatus
  /** The last lines of a log, and whose log that is. */
  readonly lines: readonly string[]
  readonly linesOf: string
}

/** How one resource came out of a run. */
export interface End {
  readonly resource: Resource
  readonly result: Result
  /** Image tag or commit that runs now, as far as that is known. */
  readonly version: string | undefined
  readonly previous: string | undefined
  /** The one that this run started and that failed, as far as that is known. */
  readonly failed?: string | undefined
  readonly deployment: Pick<Deployment, 'uuid' | 'status' | 'path'> | undefined
  /** The health URL that answered, or the first domain. */
  readonly url: string | undefined
  /** Set when the step must fail. */
  readonly trouble?: Trouble
  /** What a person should know and nothing is wrong with. */
  readonly note?: string
}

/** How a run ended. */
export interface Outcome {
  readonly result: Result
  /** What the run says of itself in one line. */
  readonly headline: string
  readonly ends: readonly End[]
  readonly failure?: ActionError
  /** A sentence below the headline. */
  readonly explanation?: string
  /** Lines of a plan. */
  readonly details?: readonly string[]
}

const STATUSES = ['failed', 'cancelled-by-user', 'in_progress', 'queued', 'finished']

/** The action's outputs, under the names of action.yml. */
export function outputsOf(
  { result, ends, failure }: Outcome,
  base: string,
  durationMs: number,
): Record<string, string | undefined> {
  const [first] = ends
  const statuses = ends.flatMap(({ deployment }) => deployment?.status ?? [])
  const pageOf = ({ deployment }: End) => pageUrl(deployment, base)
  return {
    result,
    'image-tag': first?.version,
    'previous-image-tag': first?.previous,
    'failed-image-tag': ends.find(({ failed }) => failed !== undefined)?.failed,
    reason: reasonOf(failure),
    status: STATUSES.find(status => statuses.includes(status)) ?? '',
    'deployment-uuid': first?.deployment?.uuid,
    'deployment-url': first && pageOf(first),
    url: first?.url,
    duration: (durationMs / 1_000).toFixed(1),
    deployments: JSON.stringify(
      ends.map(end => ({
        name: end.resource.name,
        uuid: end.resource.uuid,
        kind: end.resource.kind,
        result: end.result,
        status: end.deployment?.status ?? '',
        imageTag: end.version ?? '',
        previousImageTag: end.previous ?? '',
        failedImageTag: end.failed ?? '',
        reason: reasonLine(end.trouble?.message ?? ''),
        deploymentUuid: end.deployment?.uuid ?? '',
        deploymentUrl: pageOf(end) ?? '',
        url: end.url ?? '',
      })),
    ),
  }
}

/** Coolify gives the path of a deployment's page. */
export function pageUrl(deployment: End['deployment'], base: string): string | undefined {
  return deployment?.path === undefined ? undefined : `${base}${deployment.path}`
}
