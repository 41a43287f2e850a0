import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cut } from '../report/cut.ts'
import { errorCode } from '../values/error-code.ts'
import { isRecord } from '../values/record.ts'
import type { Environment } from './inputs.ts'

/** How a step of one of these actions ended, for the other steps of its job: post steps cannot read outputs. */
export interface StepResult {
  /** The name of the action's directory. */
  readonly action: string
  /** The step's `id`, or the runner's name for it. */
  readonly step: string
  /** The part of the step that wrote last. */
  readonly stage: 'main' | 'post'
  readonly startedAt: string
  readonly writtenAt: string
  /** The output `result`, or what the post part made of it. */
  readonly result: string
  /** One line, or ''. */
  readonly reason: string
  /** What a person can do now, ready to paste. */
  readonly next: readonly string[]
  readonly environment: string
  readonly url: string
  /** `user@host:port` or `local`. */
  readonly hosts: readonly string[]
  readonly path: string
  /** For Coolify the image tag. */
  readonly release: string
  readonly previousRelease: string
  readonly version: string
  readonly sha: string
  /** The server rolls back then unless the release is confirmed. */
  readonly pending: { readonly until: string } | null
}

/** The numbers of the files are the order of the job's steps. */
export interface NumberedResult extends StepResult {
  readonly number: number
}

const FORMAT = 1
const MOST_BYTES = 16 * 1_024
const MOST_ENTRIES = 20
/** A temporary folder can outlive its run (`act --reuse`, whose run id is always 1). */
const LONGEST_AGE = 24 * 60 * 60 * 1_000
const NAME = /^(\d{2,})-[\w.-]+\.json$/

/** Creates the file of a step under the next number; resolves with its path. */
export async function createResultFile(result: StepResult, env: Environment): Promise<string> {
  const folder = folderOf(env)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const numbers = (await readdir(folder)).map(name => resultNumber(name) ?? 0)
  for (let number = Math.max(0, ...numbers) + 1; ; number++) {
    const file = path.join(folder, `${String(number).padStart(2, '0')}-${result.action}.json`)
    try {
      await writeFile(file, serialize(result), { flag: 'wx', mode: 0o600 })
      return file
    } catch (thrown) {
      if (errorCode(thrown) !== 'EEXIST') throw thrown
    }
  }
}

/** Replaces a step's file; a reader finds the old content or the new one. */
export async function writeResultFile(file: string, result: StepResult): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`)
  await writeFile(draft, serialize(result), { mode: 0o600 })
  await rename(draft, file)
}

/** Reads one file; a text says what is wrong with it and reads on after "it". */
export async function readResultFile(file: string): Promise<StepResult | string> {
  try {
    const facts = await stat(file)
    if (!facts.isFile()) return 'is not a file'
    if (facts.size > MOST_BYTES) return `is larger than ${MOST_BYTES / 1_024} KiB`
    return parseResult(await readFile(file, 'utf8'))
  } catch (thrown) {
    return `cannot be read (${errorCode(thrown)})`
  }
}

/** Reads the files of the job's other steps in the order of the steps. What cannot be read is left out, and named in `problems`. */
export async function readOtherResults(
  own: string | undefined,
  env: Environment,
  now: number,
): Promise<{ readonly results: readonly NumberedResult[]; readonly problems: readonly string[] }> {
  const folder = folderOf(env)
  const results: NumberedResult[] = []
  const problems: string[] = []
  const names = await readdir(folder).catch(() => [])
  for (const name of names.toSorted((a, b) => (resultNumber(a) ?? 0) - (resultNumber(b) ?? 0))) {
    const number = resultNumber(name)
    if (number === undefined || name === path.basename(own ?? '')) continue
    const parsed = await readResultFile(path.join(folder, name))
    if (typeof parsed === 'string') problems.push(`The result file ${name} is skipped: it ${parsed}.`)
    else if (now - Date.parse(parsed.writtenAt) < LONGEST_AGE) results.push({ ...parsed, number })
  }
  return { results, problems }
}

/** The number in the name of a result file; undefined for another file. */
export function resultNumber(file: string): number | undefined {
  const digits = NAME.exec(path.basename(file))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function folderOf(env: Environment): string {
  const run = [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT'] || '1', env['GITHUB_JOB']]
  const name = run.map(part => (part ?? '').replaceAll(/[^\w.]/g, '_')).join('-')
  return path.join(env['RUNNER_TEMP'] ?? '', 'deploy-actions', name)
}

/** Longer texts are cut until the whole fits. */
function serialize(result: StepResult): string {
  let text = ''
  for (const longest of [2_000, 500, 100, 20]) {
    text = `${JSON.stringify({ format: FORMAT, ...bounded(result, longest) })}\n`
    if (Buffer.byteLength(text) <= MOST_BYTES) break
  }
  return text
}

function bounded(result: StepResult, longest: number): StepResult {
  return Object.fromEntries(
    Object.entries(result).map(([key, value]) => {
      if (typeof value === 'string') return [key, cut(value, longest)]
      if (Array.isArray(value)) return [key, value.slice(0, MOST_ENTRIES).map(entry => cut(String(entry), longest))]
      return [key, value]
    }),
  ) as StepResult
}

/** Any step of the job can have written the text: nothing in it is trusted. */
function parseResult(text: string): StepResult | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'is not valid JSON'
  }
  if (!isRecord(json)) return 'is not a JSON object'
  if (json['format'] !== FORMAT) return `has another format than ${FORMAT}`
  const word = (key: string) => (typeof json[key] === 'string' ? json[key] : '')
  const words = (key: string) => {
    const value = json[key]
    return Array.isArray(value) ? value.filter(entry => typeof entry === 'string') : []
  }
  const writtenAt = word('writtenAt')
  if (Number.isNaN(Date.parse(writtenAt))) return 'has no time in `writtenAt`'
  const pending = json['pending']
  return {
    action: word('action'),
    step: word('step'),
    stage: json['stage'] === 'post' ? 'post' : 'main',
    startedAt: word('startedAt'),
    writtenAt,
    result: word('result'),
    reason: word('reason'),
    next: words('next'),
    environment: word('environment'),
    url: word('url'),
    hosts: words('hosts'),
    path: word('path'),
    release: word('release'),
    previousRelease: word('previousRelease'),
    version: word('version'),
    sha: word('sha'),
    pending: isRecord(pending) && typeof pending['until'] === 'string' ? { until: pending['until'] } : null,
  }
}
