import { InvalidValue } from '../values/invalid-value.ts'
import { isRecord } from '../values/record.ts'

/**
 * `staged`: stored, and never verified. `confirmed`: verified once, so that it can be rolled back to. `rolled-back`: was confirmed,
 * and people rolled back from it. `failed`: never was healthy.
 */
export const releaseStates = ['staged', 'confirmed', 'rolled-back', 'failed'] as const
export type ReleaseState = (typeof releaseStates)[number]

/** The image that a service of a release runs. */
export interface ServiceRecord {
  readonly name: string
  /** The reference as the compose file has it. */
  readonly image: string
  readonly imageId: string
  /** `repository@sha256:…`, under which a registry has the same image; undefined for one that was built on the server. */
  readonly digest?: string
  /** Our own tag of the image, which the release's images.yml names. */
  readonly pin: string
  /** Hash of the shipped files that the service mounts; undefined when it mounts none. */
  readonly mounts?: string
  /** The state in which a service was adopted that was not healthy: a rollback to it must not expect more. */
  readonly found?: string
}

/** The project's `.env` under a release: `written` by it, `kept` as the server has it, or `none`. */
export const envPolicies = ['written', 'kept', 'none'] as const
export type EnvPolicy = (typeof envPolicies)[number]

/** release.json. It is written once and never changes: what becomes of the release is in the file `state`. Holds no secret. */
export interface ReleaseRecord {
  readonly format: 2
  readonly id: string
  /** Counts the releases of a project. The order of deploys on this server, whatever any clock says. */
  readonly sequence: number
  /** The release that was confirmed when this one was deployed. */
  readonly previous?: string
  /** True for a state that was found on the server, not deployed by us. */
  readonly adopted: boolean
  /** ISO 8601, UTC, by the server's clock. */
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
  /** Why it was adopted. */
  readonly reason?: string
}

/** A release on a server: its record, and what has become of it. */
export interface Release extends ReleaseRecord {
  readonly state: ReleaseState
  /** When it got into this state, ISO 8601. */
  readonly stateAt?: string
  /** Why it is in this state. */
  readonly stateReason?: string
}

/** Throws InvalidValue, which reads on after the release's name, for what is not a whole record of this format. */
export function parseRecord(text: string, id: string): ReleaseRecord {
  const record = parseJson(text)
  if (record['format'] !== 2) throw new InvalidValue(`is of format ${String(record['format'])}, not 2`)
  if (record['id'] !== id) throw new InvalidValue('names another release')
  const optional = (key: string) => (record[key] === undefined ? {} : { [key]: textAt(record, key) })
  return {
    format: 2,
    id,
    sequence: sequenceOf(record),
    ...optional('previous'),
    adopted: record['adopted'] === true,
    createdAt: textAt(record, 'createdAt'),
    ...optional('sha'),
    ...optional('version'),
    ...optional('by'),
    project: textAt(record, 'project'),
    composeFiles: listAt(record, 'composeFiles').map(file => textOf(file, 'composeFiles')),
    env: envPolicyOf(record),
    services: listAt(record, 'services').map(serviceOf),
    fingerprint: textAt(record, 'fingerprint'),
    ...optional('reason'),
  }
}

/** Reads the file `state`: lines `state WORD`, `at ISO`, `reason TEXT`. Without one, nobody has verified the release yet. */
export function parseState(text: string): Pick<Release, 'state' | 'stateAt' | 'stateReason'> {
  const value = (key: string) => new RegExp(`^${key} (.+)$`, 'm').exec(text)?.[1]
  const [at, reason] = [value('at'), value('reason')]
  return {
    state: releaseStates.find(state => state === value('state')) ?? 'staged',
    ...(at === undefined ? {} : { stateAt: at }),
    ...(reason === undefined ? {} : { stateReason: reason }),
  }
}

export function formatState(state: ReleaseState, at: Date, reason = ''): string {
  return `state ${state}\nat ${at.toISOString().replace(/\.\d+Z$/, 'Z')}\nreason ${reason.replace(/\s+/g, ' ')}\n`
}

/** The record without what the file `state` holds. */
export function formatRecord(record: ReleaseRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** The short words for a release: `20261121T093600Z-1a2b3c4 (v1.2.0)`. */
export function nameOf(record: Pick<ReleaseRecord, 'id' | 'version'>): string {
  return record.version === undefined ? record.id : `${record.id} (${record.version})`
}

/** Whether there is anything to run: a release that was adopted before a first deploy is empty. */
export function isEmpty(record: Pick<ReleaseRecord, 'services'>): boolean {
  return record.services.length === 0
}

type Fields = Readonly<Record<string, unknown>>

function parseJson(text: string): Fields {
  if (text.trim() === '') throw new InvalidValue('is empty')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new InvalidValue(`is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  if (!isRecord(value)) throw new InvalidValue('is not a JSON object')
  return value
}

function textOf(value: unknown, key: string): string {
  if (typeof value !== 'string') throw new InvalidValue(`has no text in ${key}`)
  return value
}

function textAt(fields: Fields, key: string): string {
  return textOf(fields[key], key)
}

function listAt(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key]
  if (!Array.isArray(value)) throw new InvalidValue(`has no list in ${key}`)
  return value
}

function sequenceOf(record: Fields): number {
  const sequence = record['sequence']
  if (typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence > 0) return sequence
  throw new InvalidValue('has no sequence number')
}

function envPolicyOf(record: Fields): EnvPolicy {
  const found = envPolicies.find(policy => policy === record['env'])
  if (found === undefined) throw new InvalidValue(`has an env that is not one of ${envPolicies.join(', ')}`)
  return found
}

function serviceOf(value: unknown): ServiceRecord {
  if (!isRecord(value)) throw new InvalidValue('has a service that is not an object')
  const optional = (key: string) => (value[key] === undefined ? {} : { [key]: textAt(value, key) })
  return {
    name: textAt(value, 'name'),
    image: textAt(value, 'image'),
    imageId: textAt(value, 'imageId'),
    ...optional('digest'),
    pin: textAt(value, 'pin'),
    ...optional('mounts'),
    ...optional('found'),
  }
}
