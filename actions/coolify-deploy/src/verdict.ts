import type { Deployment } from '@deploy-actions/core/coolify/deployment'
import { failureReason } from '@deploy-actions/core/coolify/logs'
import { isApplication, type Resource } from '@deploy-actions/core/coolify/resource'
import { formatDuration } from '@deploy-actions/core/values/duration'

/** What came of a step. */
export type Verdict =
  | { readonly kind: 'well'; readonly url: string | undefined }
  /** Not waited for. */
  | { readonly kind: 'pending' }
  /** Another run or a person has set another version meanwhile. */
  | { readonly kind: 'superseded'; readonly by: string }
  | Sick

export interface Sick {
  readonly kind: 'sick'
  /** Coolify did not bring it to its end, or it does not run well. */
  readonly stage: 'deployment' | 'running'
  /** A sentence. */
  readonly reason: string
  readonly next?: string | undefined
  /** The last lines of the deployment's log, or of the container's. */
  readonly lines: readonly string[]
  /** It is still under way in Coolify. */
  readonly goesOn?: true
  /** It was cancelled while it waited in Coolify's queue. */
  readonly isNeverBegun?: true
}

/** What the end of a deployment means; undefined when Coolify has brought it to its end. */
export function sickness(deployment: Deployment, lines: readonly string[], name: string): Sick | undefined {
  switch (deployment.status) {
    case 'finished':
      return undefined
    case 'cancelled-by-user':
      return {
        kind: 'sick',
        stage: 'deployment',
        reason: `The deployment of ${name} was cancelled in Coolify, by somebody or by another run.`,
        lines,
      }
    default: {
      const reason = failureReason(lines)
      const hidden = deployment.logs === undefined
      return {
        kind: 'sick',
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

/** What helps, by the words of Coolify and Docker. */
function nextAfter(reason: string | undefined, lines: readonly string[], hidden: boolean): string {
  const text = [reason ?? '', ...lines.slice(-30)].join('\n')
  if (/manifest unknown|not found: manifest|manifest for .* not found/i.test(text)) {
    return 'The registry does not have that tag: was the image pushed by an earlier job, under this very name and tag?'
  }
  if (/unauthorized|denied|no basic auth/i.test(text)) {
    return "The registry does not let Coolify's server pull: log in there once (docker login), or make the package public."
  }
  if (/no matching manifest/i.test(text)) {
    return "The image is not built for the server's architecture: add it to `platforms` of the build."
  }
  if (/unhealthy|not healthy/i.test(text)) {
    return 'The new container did not become healthy. Its log says why; are all its variables set in Coolify (Environment Variables)?'
  }
  if (reason === undefined && !hidden) {
    return 'Coolify gives no reason. When it restarts, as for an update, it calls every deployment failed that was under way: then run the job again.'
  }
  return hidden
    ? "The deployment's page in Coolify has its log; a token with `read:sensitive` of a team's admin shows it here. Most often the registry does not have the image or does not let the server pull it, or the container did not become healthy as a variable is missing in Coolify."
    : "See the deployment's page in Coolify."
}

/** The time is up before Coolify has brought it to its end. */
export function lateness(name: string, status: string, limit: number, goesOn: boolean): Sick {
  const what = goesOn ? 'it goes on in Coolify' : 'it was cancelled'
  return {
    kind: 'sick',
    stage: 'deployment',
    reason: `The deployment of ${name} was still ${status} after ${formatDuration(limit)} (\`wait-timeout\`); ${what}.`,
    next:
      status === 'queued'
        ? 'Something was before it all the time: look for a stuck deployment in Coolify, and cancel it there.'
        : "Coolify's server may be busy, or the build needs longer: raise `wait-timeout`. Its page shows how far it came.",
    lines: [],
    ...(goesOn ? { goesOn } : {}),
    ...(!goesOn && status === 'queued' ? { isNeverBegun: true } : {}),
  }
}

export function notRunning(resource: Resource, reason: string, lines: readonly string[]): Sick {
  const isCompose = resource.kind === 'service' || (isApplication(resource) && resource.buildPack === 'dockercompose')
  // Coolify counts a migration that has ended as a container that is down: https://github.com/coollabsio/coolify/issues/4976
  const oneShot =
    'If a container of it is meant to end, such as a migration: set `exclude_from_hc: true` and `restart: "no"` on its service in the compose file, or `health: url`. Otherwise: '
  return {
    kind: 'sick',
    stage: 'running',
    reason: `Coolify finished the deployment, and ${resource.name} ${reason}.`,
    next: `${isCompose ? oneShot : ''}See its log in Coolify (the page of the resource → Logs), and check that all its variables are set there (Environment Variables).`,
    lines,
  }
}

/** A health URL does not answer well. */
export function badAnswer(trouble: string, lines: readonly string[] = []): Sick {
  return {
    kind: 'sick',
    stage: 'running',
    reason: `Coolify finished the deployment, and ${trouble}.`,
    next: 'Does the domain lead to this resource, and are all its variables set in Coolify? Its log there says more.',
    lines,
  }
}
