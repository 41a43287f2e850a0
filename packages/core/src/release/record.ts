import { ActionError } from '../values/action-error.ts'

export type ReleaseState = 'staged' | 'live' | 'validated' | 'rolled-back' | 'failed'

/** What a service of a release runs. */
export interface ServiceRecord {
  readonly name: string
  /** The reference as the compose file says it. */
  readonly image: string
  readonly imageId: string
  /** `repository@sha256:…`, under which a registry gives the same image again; undefined for one that was built on the server. */
  readonly digest?: string
  /** Our own tag of the image, which the release's images.yml names. */
  readonly pin: string
  /** Hash of the shipped files that the service mounts; undefined when it mounts none. */
  readonly mounts?: string
}

/** How a release deals with the project's `.env`: `written` by it, `kept` as the server has it, or there is `none`. */
export type EnvPolicy = 'written' | 'kept' | 'none'

/** release.json: what a release is, why it is in its state, and who made it. Holds no secret. */
export interface ReleaseRecord {
  readonly format: 1
  readonly id: string
  readonly state: ReleaseState
  readonly reason?: string
  /** True for the state that was found on the server, not brought by us. */
  readonly adopted: boolean
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly sha?: string
  readonly version?: string
  /** Who made it: the run's page, or a person. */
  readonly by?: string
  readonly project: string
  readonly composeFiles: readonly string[]
  readonly env: EnvPolicy
  readonly services: readonly ServiceRecord[]
  /** Hash over files, environment and images: two releases with the same one are the same. */
  readonly fingerprint: string
  /** The release that ran before it. */
  readonly previous?: string
}

const SHORT_SHA = 7

/** Sorts by time and names the commit: `20261121T093600Z-1a2b3c4`. `taken` are the ids that exist. */
export function newReleaseId(now: number, name: string | undefined, taken: readonly string[]): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const label = (name ?? '').replace(/[^A-Za-z0-9_.]+/g, '-').slice(0, 40) || 'manual'
  const id = `${time}-${label}`
  let candidate = id
  for (let number = 2; taken.includes(candidate); number++) candidate = `${id}.${number}`
  return candidate
}

/** How a release names its commit in its id. */
export function shortSha(sha: string | undefined): string | undefined {
  return sha?.slice(0, SHORT_SHA)
}

export function parseRecord(json: string): ReleaseRecord {
  const record = JSON.parse(json) as ReleaseRecord
  if (record.format !== 1) {
    throw new ActionError({
      title: 'A release on the server is of a newer format',
      message: `Release ${record.id} was written in format ${record.format}; this version of the action reads format 1.`,
      next: 'Use the version of the action that deployed it, or a newer one.',
      exitStatus: 1,
    })
  }
  return record
}

/** The short words for a release: `20261121T093600Z-1a2b3c4 (v1.2.0)`. */
export function nameOf(record: ReleaseRecord): string {
  return record.version === undefined ? record.id : `${record.id} (${record.version})`
}

/** Whether a release ever was seen healthy, so that it is worth going back to. */
export function isGood(record: ReleaseRecord): boolean {
  return record.state === 'live' || record.state === 'validated' || record.state === 'rolled-back'
}

/**
 * The release that `to` means: an id, a version, a commit (7 characters at least), an image tag; '' is the good one before
 * `current`. Of several that match, the newest.
 */
export function findTarget(records: readonly ReleaseRecord[], current: string | undefined, to: string): ReleaseRecord {
  const newestFirst = [...records].sort((a, b) => (a.id < b.id ? 1 : -1))
  const others = newestFirst.filter(record => record.id !== current)
  const found =
    to === ''
      ? others.find(record => isTarget(record) && (current === undefined || record.id < current))
      : newestFirst.find(record => isTarget(record) && matches(record, to))
  if (found === undefined) throw noTarget(newestFirst, current, to)
  if (found.id === current) {
    throw new ActionError({
      title: 'Nothing to roll back',
      message: `"${to}" is release ${nameOf(found)}, which is the current one.`,
      next: 'Name another release in `to`, or leave it empty for the one before.',
    })
  }
  return found
}

/** A `failed` release never served; the empty state before a first deploy is nothing to go back to by hand. */
function isTarget(record: ReleaseRecord): boolean {
  return isGood(record) && record.services.length > 0
}

function matches(record: ReleaseRecord, to: string): boolean {
  if (record.id === to || record.version === to) return true
  if (/^[0-9a-f]{7,40}$/i.test(to) && record.sha?.startsWith(to.toLowerCase())) return true
  return record.services.some(service => service.image.endsWith(`:${to}`))
}

function noTarget(newestFirst: readonly ReleaseRecord[], current: string | undefined, to: string): ActionError {
  const targets = newestFirst.filter(record => isTarget(record) && record.id !== current)
  const list = targets.map(record => `${nameOf(record)}, ${record.state}`).join('; ')
  return new ActionError({
    title: 'No such release',
    message:
      to === ''
        ? 'There is no release before the current one to go back to.'
        : `No release on the server is "${to}", neither by id, version, commit nor image tag.`,
    next: list === '' ? 'Deploy an earlier commit instead.' : `Releases that can be named in \`to\`: ${list}.`,
  })
}
