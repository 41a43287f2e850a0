import { createHash } from 'node:crypto'
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import type { EngineSnapshot } from '@deploy-actions/testkit/stub-engine/stub-engine'

/** Names with one line each, which people can read and which can be compared as text. */
export type Tree = ReadonlyMap<string, string>

/** Everything that a script can change, at one moment. */
export interface Snapshot {
  /** The project directory without `.deploy`: files with mode and hash, links, directories with mode. */
  readonly project: Tree
  /** Containers but those that hold images, with their image, configuration, state and volumes. */
  readonly containers: Tree
  /** The links `current` and `confirmed`, and every file of each release but its state. */
  readonly store: Tree
  /** What is brought in line by whoever acts next: `pending`, the states of releases, tags, containers that hold images. */
  readonly records: Tree
  /** SHA-256 of each file in the project directory and in the store; IDs of volumes, less those of holds, and of images. */
  readonly treasures: ReadonlyMap<string, string>
  /** Temporary files and directories. */
  readonly leftovers: readonly string[]
  /** Lines of the journal that are not JSON. */
  readonly tornJournal: readonly string[]
}

/** Reads a directory tree: `file MODE HASH`, `link TARGET`, `directory MODE`. */
export function readTree(folder: string, skip: (path: string) => boolean = () => false, root = ''): Tree {
  const tree = new Map<string, string>()
  const visit = (relative: string) => {
    for (const entry of entriesOf(path.join(folder, relative))) {
      const name = path.join(relative, entry.name)
      if (skip(name)) continue
      tree.set(name, describeEntry(path.join(folder, name), root))
      if (entry.isDirectory()) visit(name)
    }
  }
  visit('')
  return sorted(tree)
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function describeEntry(file: string, root: string): string {
  const status = lstatSync(file)
  const mode = (status.mode & 0o7777).toString(8)
  if (status.isSymbolicLink()) return `link ${readlinkSync(file)}`
  if (status.isDirectory()) return `directory ${mode}`
  if (status.isFile()) return `file ${mode} ${hashOf(file, root)}`
  return `other ${mode}`
}

function hashOf(file: string, root: string): string {
  const bytes = readFileSync(file)
  const hash = createHash('sha256')
  if (root === '' || !bytes.includes(root)) hash.update(bytes)
  else hash.update(bytes.toString('latin1').replaceAll(root, ''), 'latin1')
  return hash.digest('hex').slice(0, 16)
}

/** Written by every run, and read by nobody who decides anything. */
const VOLATILE =
  /^(lock|epoch|activating|state\.lock|journal\.jsonl|activation\.(log|result)|reserve|spare(\/reserve)?|tmp)$/
/** Whole files that `settle` or the next switch repairs. */
const RECORDS = /^(pending|directories|left|releases\/[^/]+\/state)$/
const LEFTOVER = /^tmp\/.|(^|\/)[^/]+\.new$/

/** What makes snapshots of two servers with other paths comparable. */
export interface Known {
  /** The directory that stands for the server: its path is not part of what a file says. */
  readonly root: string
  /** IDs of the volumes that OLD has: others are new. */
  readonly volumes: ReadonlySet<string>
  /** Names for Compose's hashes of services, which depend on where the project lies. */
  readonly hashes: ReadonlyMap<string, string>
}

export function takeSnapshot(project: string, engine: EngineSnapshot, known: Known): Snapshot {
  const deploy = path.join(project, '.deploy')
  // `saved` holds what a person's rollback overwrote: more than was there, and never less.
  const all = [...readTree(deploy, name => name === 'saved', known.root)]
  const ours = all.filter(([name]) => !LEFTOVER.test(name) && !VOLATILE.test(name))
  const tree = readTree(project, name => name === '.deploy')
  const records = ours
    .filter(([name, text]) => RECORDS.test(name) && text.startsWith('file'))
    .map(([name]) => [name, readRecord(path.join(deploy, name))] as const)
    // An empty list is as good as none.
    .filter(([, text]) => text !== '')
  return {
    project: tree,
    containers: containersOf(engine, known),
    store: new Map(ours.filter(([name]) => !RECORDS.test(name))),
    records: sorted([...records, ...engineRecords(engine)]),
    treasures: treasuresOf([...tree, ...ours.filter(([name]) => !RECORDS.test(name))], engine),
    leftovers: all.map(([name]) => name).filter(name => LEFTOVER.test(name)),
    tornJournal: tornLines(path.join(deploy, 'journal.jsonl')),
  }
}

/** Without times and owners, on one line. */
function readRecord(file: string): string {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !/^(at|owner|reason) /.test(line))
    .map(line => line.replace(/^[0-9a-f]{64} /, 'CONTAINER '))
    .join('; ')
}

const isHold = (name: string) => name.startsWith('deploy-holds-')

function containersOf({ containers }: EngineSnapshot, known: Known): Tree {
  const lines = Object.entries(containers).flatMap(([key, { name, image, configHash, status, health, volumes }]) => {
    if (isHold(name)) return []
    const mounts = Object.entries(volumes).map(
      ([target, id = 'none']) => `${target}=${known.volumes.has(id) ? id : 'new'}`,
    )
    return [
      [
        key,
        [
          name,
          status,
          health ?? '-',
          image.slice(7, 19),
          known.hashes.get(configHash ?? '') ?? configHash,
          ...mounts,
        ].join(' '),
      ] as const,
    ]
  })
  return sorted(lines)
}

function engineRecords({ containers, images }: EngineSnapshot): (readonly [string, string])[] {
  const holds = Object.values(containers).filter(({ name }) => isHold(name))
  return [
    ...holds.map(({ name, image }) => [`container ${name}`, image.slice(7, 19)] as const),
    ...Object.entries(images).map(([id, names]) => [`tags of ${id.slice(7, 19)}`, names.join(' ')] as const),
  ]
}

function treasuresOf(
  files: readonly (readonly [string, string])[],
  { containers, images, volumes }: EngineSnapshot,
): Map<string, string> {
  const ofHolds = new Set(
    Object.values(containers)
      .filter(({ name }) => isHold(name))
      .flatMap(hold => Object.values(hold.volumes)),
  )
  const bytes = files
    .filter(([, text]) => text.startsWith('file '))
    .map(([name, text]) => [text.replace(/^file \d+ /, ''), name] as const)
  return new Map([
    ...bytes,
    ...Object.entries(volumes)
      .filter(([, id]) => !ofHolds.has(id))
      .map(([name, id]) => [id, `volume ${name.slice(0, 12)}`] as const),
    ...Object.keys(images).map(id => [id, `image ${id.slice(7, 19)}`] as const),
  ])
}

function tornLines(journal: string): string[] {
  let text: string
  try {
    text = readFileSync(journal, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').filter(line => {
    if (line === '') return false
    try {
      JSON.parse(line)
      return false
    } catch {
      return true
    }
  })
}

function sorted(entries: Iterable<readonly [string, string]>): Tree {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What differs between two trees: one line per name. */
export function differences(expected: Tree, actual: Tree): string[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].sort()
  return names.flatMap(name => {
    const [before, after] = [expected.get(name), actual.get(name)]
    if (before === after) return []
    if (after === undefined) return [`missing: ${name} (${before})`]
    if (before === undefined) return [`extra: ${name} (${after})`]
    return [`differs: ${name} (expected ${before}, is ${after})`]
  })
}
