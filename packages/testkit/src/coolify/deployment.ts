import type { Application } from './resources.ts'

export type DeploymentStatus = 'queued' | 'in_progress' | 'finished' | 'failed' | 'cancelled-by-user'

export interface LogEntry {
  readonly command: string | null
  readonly output: string
  readonly type: 'stdout' | 'stderr'
  readonly timestamp: string
  readonly hidden: boolean
  readonly batch: number
  /** The first entry has none. */
  readonly order?: number
}

export interface Deployment {
  readonly id: number
  readonly uuid: string
  readonly app: Application
  readonly server: number
  readonly pullRequestId: number
  /** Of a preview; other deployments read the application's when they start. */
  readonly dockerTag: string | null
  readonly forceRebuild: boolean
  readonly restartOnly: boolean
  readonly rollback: boolean
  readonly isApi: boolean
  readonly createdAt: number
  readonly logs: LogEntry[]
  /** `HEAD` until a build from git has looked it up; for ever with an image. */
  commit: string
  commitMessage: string | null
  status: DeploymentStatus
  updatedAt: number
  finishedAt: number | null
  /** What it deploys, known once it runs. */
  effectiveTag: string | null
}

export function isOver(deployment: Deployment): boolean {
  return deployment.status !== 'queued' && deployment.status !== 'in_progress'
}

/** `ApplicationDeploymentQueue::addLogEntry`. */
export function addLog(
  deployment: Deployment,
  now: number,
  output: string,
  more: Partial<Pick<LogEntry, 'command' | 'type' | 'hidden'>> = {},
): void {
  const order = deployment.logs.length === 0 ? {} : { order: deployment.logs.length + 1 }
  const timestamp = new Date(now).toISOString().replace('Z', '000Z')
  const entry = { command: null, output, type: 'stdout' as const, timestamp, hidden: false, batch: 1, ...more }
  deployment.logs.push({ ...entry, ...order })
  deployment.updatedAt = now
}

/** As Laravel writes a time of the database, which keeps whole seconds. */
export function dateTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z/, '.000000Z')
}

/** A time of the database that Laravel leaves as it is. */
export function plainTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
