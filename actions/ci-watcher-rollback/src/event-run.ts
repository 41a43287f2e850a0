import { parseRun } from '@deploy-actions/core/github/rows'
import type { Snapshot, WorkflowRun } from '@deploy-actions/core/github/snapshot'
import { isRecord } from '@deploy-actions/core/values/record'

/** The run that has started this one, by the payload of `workflow_run`. */
export interface EventRun {
  readonly run: WorkflowRun
  readonly sha: string
  /** `owner/name` of the repository that its commit comes from: a fork's, for a pull request. */
  readonly from: string
}

export function eventRunOf(payload: unknown): EventRun | undefined {
  const found = isRecord(payload) ? payload['workflow_run'] : undefined
  const [run] = parseRun(found)
  if (run === undefined || !isRecord(found)) return undefined
  const home = found['head_repository']
  return { run, sha: String(found['head_sha'] ?? ''), from: isRecord(home) ? String(home['full_name'] ?? '') : '' }
}

/** The commit that the event of a run is about: neither the test merge of a pull request, nor the default branch of `workflow_run`. */
export function commitOfEvent(payload: unknown, sha: string): string {
  const pull = isRecord(payload) ? payload['pull_request'] : undefined
  const head = isRecord(pull) && isRecord(pull['head']) ? pull['head']['sha'] : undefined
  return eventRunOf(payload)?.sha ?? (typeof head === 'string' ? head : sha)
}

/** PURE. The lists of the API can lag behind the event, which has what it says at first hand. */
export function withEventRun(snapshot: Snapshot, { run }: EventRun): Snapshot {
  const listed = snapshot.runs.find(({ id }) => id === run.id)
  if (listed !== undefined && (listed.attempt > run.attempt || listed.status === 'completed')) return snapshot
  return { ...snapshot, runs: [...snapshot.runs.filter(({ id }) => id !== run.id), run] }
}
