import { messageOf } from '../values/action-error.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { type Pending, parsePending } from './pending.ts'
import { parseRecord, parseState, type Release } from './record.ts'
import { fileIn, linesIn, type Sections, textIn } from './sections.ts'

export interface Disk {
  readonly sizeBytes: number
  readonly freeBytes: number
}

/** A Compose project of the server, by the labels of its containers. */
export interface ComposeProjectLabel {
  readonly project: string
  /** The project directory as the label has it. */
  readonly directory: string
  /** The same without links; '' when it is not there any more. */
  readonly realDirectory: string
}

/** Facts of a server, before anything is touched. */
export interface ServerSurvey {
  readonly user: string
  /** Milliseconds since 1970 by the server's clock; undefined when it did not report it. */
  readonly time: number | undefined
  readonly missingTools: readonly string[]
  /** The engine that the docker command uses: `unix:///var/run/docker.sock`; '' when it does not report it. */
  readonly endpoint: string
  /** `26.1.5 linux/amd64`, or docker's error. */
  readonly engine: string
  /** What the docker command is by its own words; '' when the engine responds. */
  readonly client: string
  /** The home directory, where Docker comes from snap and reads nothing else; undefined otherwise. */
  readonly snapHome: string | undefined
  readonly compose: string
  readonly pythonCompose: string
  /** Whether the project directory can be written, or made. */
  readonly writable: boolean
  /** The type of the file system of the project directory: `ext2/ext3`, `nfs`; '' when it is not known. */
  readonly fileSystem: string
  /** The project directory without links; undefined when it does not exist yet. */
  readonly realPath: string | undefined
  readonly disk: Disk | undefined
  readonly dockerDisk: Disk | undefined
  readonly projects: readonly ComposeProjectLabel[]
}

export const differenceKinds = ['changed', 'missing', 'unreadable', 'mode', 'link', 'extra'] as const

/** How a path of the project directory differs from a release. `.env` is one of the paths. */
export interface FileDifference {
  readonly kind: (typeof differenceKinds)[number]
  readonly path: string
}

/** The releases that a project directory holds, and how it differs from the one that it should hold. */
export interface StoreSurvey {
  readonly releases: readonly Release[]
  /** Releases whose record cannot be read, and why. */
  readonly damaged: readonly { readonly id: string; readonly why: string }[]
  /** All folders of releases, damaged ones too. */
  readonly ids: readonly string[]
  readonly pending: Pending | undefined
  /** Why `pending` cannot be read. */
  readonly pendingProblem: string | undefined
  /** The release that the project directory holds. */
  readonly held: Release | undefined
  /** Its id, also when its record is damaged. */
  readonly heldId: string | undefined
  readonly confirmed: Release | undefined
  /** Manifest, modes and plan of the held release, as text. */
  readonly manifest: string
  readonly modes: string
  readonly plan: string
  /** How the project directory differs from the held release. */
  readonly differences: readonly FileDifference[]
}

export function parseServer(sections: Sections): ServerSurvey {
  const time = /^\d+$/.test(textIn(sections, 'time')) ? Number(textIn(sections, 'time')) * 1_000 : undefined
  return {
    user: textIn(sections, 'user'),
    time,
    missingTools: linesIn(sections, 'missing'),
    endpoint: textIn(sections, 'endpoint'),
    engine: textIn(sections, 'engine'),
    client: textIn(sections, 'client'),
    snapHome: textIn(sections, 'snap-home') || undefined,
    compose: textIn(sections, 'compose'),
    pythonCompose: textIn(sections, 'python-compose'),
    writable: textIn(sections, 'writable') !== 'no',
    fileSystem: textIn(sections, 'file-system'),
    realPath: linesIn(sections, 'real')[0],
    disk: parseDisk(textIn(sections, 'disk')),
    dockerDisk: parseDisk(textIn(sections, 'docker-disk')),
    projects: parseProjects(sections),
  }
}

export function parseProjects(sections: Sections): ComposeProjectLabel[] {
  return linesIn(sections, 'projects').map(line => {
    const [project = '', directory = '', realDirectory = ''] = line.split('\t')
    return { project, directory, realDirectory }
  })
}

const INCOMPARABLE = 'does not tell which files belong to it (its manifest, modes or plan is missing or damaged)'

export function parseStore(sections: Sections): StoreSurvey {
  const ids = linesIn(sections, 'release-ids')
  const releases: Release[] = []
  const damaged: { id: string; why: string }[] = []
  const incomparable = linesIn(sections, 'damaged')
  for (const id of ids) {
    const read = reading(() => parseRecord(sections.get(`release ${id}`) ?? '', id))
    if ('why' in read) damaged.push({ id, why: read.why })
    else if (incomparable.includes(id)) damaged.push({ id, why: INCOMPARABLE })
    else releases.push({ ...read.value, ...parseState(sections.get(`state ${id}`) ?? '') })
  }
  const pending = reading(() => parsePending(sections.get('pending') ?? ''))
  const named = (section: string) => releases.find(release => release.id === textIn(sections, section))
  return {
    releases,
    damaged,
    ids,
    pending: 'why' in pending ? undefined : pending.value,
    pendingProblem: 'why' in pending ? pending.why : undefined,
    held: named('held'),
    heldId: textIn(sections, 'held') || undefined,
    confirmed: named('confirmed'),
    manifest: fileIn(sections, 'manifest'),
    modes: fileIn(sections, 'modes'),
    plan: fileIn(sections, 'plan'),
    differences: parseDifferences(sections),
  }
}

/** Lines `KIND path`. */
export function parseDifferences(sections: Sections, name = 'differences'): FileDifference[] {
  return linesIn(sections, name).flatMap(line => {
    const space = line.indexOf(' ')
    const kind = differenceKinds.find(known => known === line.slice(0, space))
    return kind === undefined ? [] : [{ kind, path: line.slice(space + 1) }]
  })
}

/** What differs for sure: a path that the login user cannot look at is named, and is not a difference. */
export function certainDifferences(differences: readonly FileDifference[]): FileDifference[] {
  return differences.filter(({ kind }) => kind !== 'unreadable')
}

function reading<T>(read: () => T): { readonly value: T } | { readonly why: string } {
  try {
    return { value: read() }
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return { why: messageOf(thrown) }
    throw thrown
  }
}

/** A line of POSIX `df -Pk`: file system, size, used, free, capacity, mount point. */
function parseDisk(line: string): Disk | undefined {
  const fields = /\s(\d+)\s+(\d+)\s+(\d+)\s+(?:\d+%|-)\s/.exec(line)
  if (fields === null) return undefined
  return { sizeBytes: Number(fields[1]) * 1_024, freeBytes: Number(fields[3]) * 1_024 }
}
