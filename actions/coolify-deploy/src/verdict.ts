import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { failureReason } from '@deploy-actions/core/coolify/logs'
import { isApplication, type Resource } from '@deploy-actions/core/coolify/resource'
import { formatDuration } from '@deploy-actions/core/values/duration'

/** The result of a step. */
export type Verdict =
  | { readonly kind: 'healthy'; readonly url: string | undefined }
  /** Not waited for. */
  | { readonly kind: 'pending' }
  /** Another run or a person has set another version in the meantime. */
  | { readonly kind: 'superseded'; readonly by: string }
  | Unhealthy

export interface Unhealthy {
  readonly kind: 'unhealthy'
  /** The deployment did not finish; the deployed version is unhealthy; or a later step of the job failed. */
  readonly stage: 'deployment' | 'running' | 'job'
  /** A sentence. */
  readonly reason: string
  readonly next?: string | undefined
  /** Last log lines of the deployment or the container. */
  readonly lines: readonly string[]
  /** The deployment is still running in Coolify. */
  readonly isStillRunning?: true
  /** It was cancelled in Coolify's queue. */
  readonly isNeverStarted?: true
}

/** Explains the end of a deployment; undefined when it finished. */
export function deploymentFailure(
  deployment: Deployment,
  lines: readonly string[],
  name: string,
): Unhealthy | undefined {
  switch (deployment.status) {
    case 'finished':
      return undefined
    case 'cancelled-by-user':
      return {
        kind: 'unhealthy',
        stage: 'deployment',
        reason: `The deployment of ${name} was cancelled in Coolify, by a person or by another run.`,
        lines,
      }
    default: {
      const reason = failureReason(lines)
      const hidden = deployment.logs === undefined
      return {
        kind: 'unhealthy',
        stage: 'deployment',
        reason: `Coolify failed to deploy ${name}${reason ? `: ${sentence(reason)}` : '.'}`,
        next: nextAfter(reason, lines, hidden),
        lines,
      }
    }
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The next step, derived from the messages of Coolify and Docker. */
function nextAfter(reason: string | undefined, lines: readonly string[], hidden: boolean): string {
  const text = [reason ?? '', ...lines.slice(-30)].join('\n')
  if (/manifest unknown|not found: manifest|manifest for .* not found/i.test(text)) {
    return 'The registry does not have that tag. Check that an earlier job pushed the image under exactly this name and tag.'
  }
  if (/unauthorized|denied|no basic auth/i.test(text)) {
    return "The registry does not let Coolify's server pull. Run `docker login` on that server once, or make the package public."
  }
  if (/no matching manifest/i.test(text)) {
    return "The image was not built for the server's architecture. Add that architecture to `platforms` of the build."
  }
  if (/unhealthy|not healthy/i.test(text)) {
    return 'The new container did not become healthy. Read its log, and check that all its variables are set in Coolify (Environment Variables).'
  }
  if (reason === undefined && !hidden) {
    return 'Coolify gives no reason. When it restarts, for example for an update, it marks every running deployment as failed. In that case run the job again.'
  }
  return hidden
    ? "Read the log on the deployment's page in Coolify; with a token of a team admin that has `read:sensitive`, it is shown here. The most common causes: the registry does not have the image, the registry does not let the server pull it, or a variable is missing in Coolify."
    : "Read the log on the deployment's page in Coolify."
}

/** The time limit passed before the deployment ended. */
export function timedOut(name: string, status: string, limit: number, isStillRunning: boolean): Unhealthy {
  const what = isStillRunning ? 'it continues in Coolify' : 'it was cancelled'
  return {
    kind: 'unhealthy',
    stage: 'deployment',
    reason: `The deployment of ${name} was still ${status} after ${formatDuration(limit)} (\`wait-timeout\`); ${what}.`,
    next:
      status === 'queued'
        ? 'Other deployments were queued before it. Cancel a stuck deployment in Coolify.'
        : "Raise `wait-timeout` if the build needs longer. The deployment's page in Coolify shows its progress.",
    lines: [],
    ...(isStillRunning ? { isStillRunning } : {}),
    ...(!isStillRunning && status === 'queued' ? { isNeverStarted: true } : {}),
  }
}

export function notRunning(resource: Resource, reason: string, lines: readonly string[]): Unhealthy {
  const isCompose = resource.kind === 'service' || (isApplication(resource) && resource.buildPack === 'dockercompose')
  // Coolify treats a finished migration as a stopped container: https://github.com/coollabsio/coolify/issues/4976
  const oneShot =
    'If one of its containers is expected to exit, such as a migration, set `exclude_from_hc: true` and `restart: "no"` on its service in the compose file, or `health: url`. Otherwise:\n'
  return {
    kind: 'unhealthy',
    stage: 'running',
    reason: `Coolify finished the deployment, and ${resource.name} ${reason}.`,
    next: `${isCompose ? oneShot : ''}Read its log in Coolify (the page of the resource → Logs), and check that all its variables are set there (Environment Variables).`,
    lines,
  }
}

/** A health URL failed. */
export function failedHealthUrl(problem: string, lines: readonly string[] = []): Unhealthy {
  return {
    kind: 'unhealthy',
    stage: 'running',
    reason: `Coolify finished the deployment, and ${problem}.`,
    next: 'Check that the domain leads to this resource and that all its variables are set in Coolify, and read its log there.',
    lines,
  }
}
