import { type Fields, textOf } from '../values/fields.ts'
import { isRecord } from '../values/record.ts'
import type { CheckRun, CheckSuite, CommitStatus, Job, JobStep, WorkflowRun } from './snapshot.ts'

// What the API sends, as the rows of a snapshot. An entry without an id is left out; a word that is missing is ''.

const ACTIONS_APP = 'github-actions'

export function parseRun(value: unknown): WorkflowRun[] {
  return withId(value, (fields, id) => ({
    id,
    workflowId: textOf(fields, 'workflow_id') ?? '',
    // Gitea has no name. `path` can have `@ref` at its end.
    name: textOf(fields, 'name') ?? textOf(fields, 'path')?.replace(/@.*$/, '') ?? '',
    file: textOf(fields, 'path')?.replace(/@.*$/, '') ?? '',
    event: textOf(fields, 'event') ?? '',
    branch: textOf(fields, 'head_branch'),
    attempt: numberOf(fields, 'run_attempt') ?? 1,
    ...stateOf(fields),
    url: textOf(fields, 'html_url') ?? '',
  }))
}

export function parseJob(value: unknown): Job[] {
  return withId(value, (fields, id) => ({
    id,
    runId: numberOf(fields, 'run_id') ?? 0,
    name: textOf(fields, 'name') ?? '',
    ...stateOf(fields),
    url: textOf(fields, 'html_url') ?? '',
    steps: Array.isArray(fields['steps']) ? fields['steps'].flatMap(parseStep) : [],
  }))
}

function parseStep(value: unknown): JobStep[] {
  return isRecord(value) ? [{ name: textOf(value, 'name') ?? '', conclusion: textOf(value, 'conclusion') }] : []
}

export function parseCheck(value: unknown): CheckRun[] {
  return withId(value, (fields, id) => {
    const app = isRecord(fields['app']) ? (textOf(fields['app'], 'slug') ?? '') : ''
    const url = textOf(fields, 'html_url') ?? textOf(fields, 'details_url') ?? ''
    return { id, name: textOf(fields, 'name') ?? '', app, ...stateOf(fields), url, jobOf: jobOf(app, url, id) }
  })
}

/**
 * The page of a job's check run is the job's page, `/actions/runs/RUN/job/ID`, and ID is the check run's own. Other check runs that a
 * workflow has made have other pages.
 */
function jobOf(app: string, url: string, id: number): number | undefined {
  const [, run, job] = /\/actions\/runs\/(\d+)\/jobs?\/(\d+)$/.exec(url) ?? []
  return app === ACTIONS_APP && Number(job) === id ? Number(run) : undefined
}

/** Gitea names the state `status`, and links its own jobs by a path, which belongs to the server's origin. */
export function parseStatus(value: unknown, serverUrl: string): CommitStatus[] {
  return withId(value, (fields, id) => ({
    id,
    context: textOf(fields, 'context') ?? '',
    state: textOf(fields, 'state') ?? textOf(fields, 'status') ?? '',
    url: URL.parse(textOf(fields, 'target_url') ?? '', serverUrl)?.href ?? '',
  }))
}

/** The suites of GitHub Actions. Those of other apps are there for each push, with runs or without. */
export function parseSuite(value: unknown): CheckSuite[] {
  return withId(value, (fields, id) => ({
    id,
    app: isRecord(fields['app']) ? textOf(fields['app'], 'slug') : undefined,
    status: textOf(fields, 'status') ?? '',
  })).flatMap(({ app, ...suite }) => (app === ACTIONS_APP ? [suite] : []))
}

function stateOf(fields: Fields): { readonly status: string; readonly conclusion: string | undefined } {
  return { status: textOf(fields, 'status') ?? '', conclusion: textOf(fields, 'conclusion') }
}

function withId<Row>(value: unknown, parse: (fields: Fields, id: number) => Row): Row[] {
  if (!isRecord(value)) return []
  const id = numberOf(value, 'id')
  return id === undefined ? [] : [parse(value, id)]
}

function numberOf(fields: Fields, name: string): number | undefined {
  const value = Number(fields[name] ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : undefined
}
