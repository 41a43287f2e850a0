import type { Outcome } from './server.ts'
import { differences, type Snapshot, type Tree } from './snapshot.ts'

/** What a check found; nothing when the invariant holds. Each line begins with the invariant's number. */
export type Findings = readonly string[]

/** I1, whole: project and containers are exactly those of one of the complete states, and so is each release of the store. */
export function whole(complete: readonly Snapshot[], actual: Snapshot): Findings {
  const candidates = complete.map(expected => [
    ...differences(expected.project, actual.project),
    ...differences(expected.containers, actual.containers).map(line => `container ${line}`),
    ...differences(linksOf(expected.store), linksOf(actual.store)).map(line => `.deploy: ${line}`),
  ])
  const closest = candidates.toSorted((a, b) => a.length - b.length)[0] ?? []
  return [
    ...closest,
    ...releases(complete, actual),
    ...records(
      complete.map(({ records }) => records),
      actual.records,
    ),
  ].map(line => `I1 ${line}`)
}

const RELEASE = /^releases\/([^/]+)/

/** What is not part of a release: `current`, `confirmed`, and what nobody knows. */
const linksOf = (store: Tree): Tree => new Map([...store].filter(([name]) => !RELEASE.test(name)))

const releaseOf = (store: Tree, id: string): Tree =>
  new Map([...store].filter(([name]) => RELEASE.exec(name)?.[1] === id))

/** Each release is complete, or absent where one of the complete states does not have it. */
function releases(complete: readonly Snapshot[], actual: Snapshot): string[] {
  const all = [actual, ...complete].flatMap(({ store }) =>
    [...store.keys()].flatMap(name => RELEASE.exec(name)?.[1] ?? []),
  )
  return [...new Set(all)].flatMap(id => {
    const candidates = complete.map(({ store }) => differences(releaseOf(store, id), releaseOf(actual.store, id)))
    return (candidates.toSorted((a, b) => a.length - b.length)[0] ?? []).map(line => `.deploy: ${line}`)
  })
}

/** Each record is whole: it has the content that one of the complete states has, or is absent in one of them. */
function records(complete: readonly Tree[], actual: Tree): string[] {
  const names = [...new Set([...complete.flatMap(tree => [...tree.keys()]), ...actual.keys()])].sort()
  return names.flatMap(name => {
    const plain = (tree: Tree) => (name === 'pending' ? decision(tree.get(name)) : tree.get(name))
    const allowed = complete.map(plain)
    const found = plain(actual)
    if (allowed.includes(found)) return []
    return [
      `record ${name}: ${found ?? 'absent'} (expected ${[...new Set(allowed)].map(text => text ?? 'absent').join(', or ')})`,
    ]
  })
}

/** What a final `pending` says: which release runs. Which one it was rolled back from may differ. */
function decision(pending = ''): string {
  const value = (key: string) => new RegExp(`(?:^|; )${key} ([^;]*)`).exec(pending)?.[1] ?? ''
  const phase = value('phase')
  if (phase === 'confirmed') return `${value('target')} is confirmed`
  if (phase === 'rolled-back') return `${value('rollback-target')} is confirmed`
  return pending
}

/**
 * I3, nothing lost: every file's bytes, every volume and every image is still somewhere. What the script is there to remove, as an
 * undisturbed run shows, is left out.
 */
export function nothingLost(before: Snapshot, undisturbed: Snapshot, actual: Snapshot): Findings {
  return [...before.treasures]
    .filter(([value]) => undisturbed.treasures.has(value) && !actual.treasures.has(value))
    .map(([value, name]) => `I3 lost: ${name} (${value.slice(0, 19)})`)
}

/** I4, clean: nothing is left behind, and nothing that was started is alive. */
export function clean(actual: Snapshot, outcome: Outcome): Findings {
  return [
    ...actual.leftovers.map(name => `I4 left behind: .deploy/${name}`),
    ...outcome.leftAlive.map(command => `I4 still alive: ${command}`),
  ]
}

/** I5, truthful: the exit status of a run that was not killed agrees with what is there. Others than these claim nothing. */
export function truthful({ status }: Outcome, old: Snapshot, fresh: Snapshot, actual: Snapshot): Findings {
  if (status === 0) {
    const counted = withoutTags(withoutEmptyDirectories(actual, fresh), fresh)
    return whole([fresh], counted).map(line => `I5 exit status 0, but ${line}`)
  }
  if (status === 65) {
    const changed = [...differences(old.project, actual.project), ...differences(old.containers, actual.containers)]
    return changed.map(line => `I5 exit status 65 (nothing was changed), but ${line}`)
  }
  if (status === 69)
    return differences(fresh.project, actual.project).map(
      line => `I5 exit status 69 (the files are those of the release), but ${line}`,
    )
  if (status === 127) return ['I5 exit status 127: a command was not found']
  return []
}

/** Our tags are set and removed as well as can be, and set anew by the next switch: the images themselves are held otherwise. */
function withoutTags(actual: Snapshot, expected: Snapshot): Snapshot {
  const others = [...actual.records].filter(([name]) => !name.startsWith('tags of '))
  return {
    ...actual,
    records: new Map([...others, ...[...expected.records].filter(([name]) => name.startsWith('tags of '))]),
  }
}

/** An empty directory that could not be removed is named, stays on record, and goes with the next switch. */
function withoutEmptyDirectories(actual: Snapshot, expected: Snapshot): Snapshot {
  const paths = [...actual.project.keys()]
  const staying = paths.filter(
    name =>
      !expected.project.has(name) &&
      actual.project.get(name)?.startsWith('directory ') &&
      isOnRecord(actual, name) &&
      paths.every(below => !below.startsWith(`${name}/`) || actual.project.get(below)?.startsWith('directory ')),
  )
  if (staying.length === 0) return actual
  const known = expected.records.get('directories')
  const records = new Map(actual.records)
  if (known === undefined) records.delete('directories')
  else records.set('directories', known)
  return {
    ...actual,
    project: new Map([...actual.project].filter(([name]) => !staying.includes(name))),
    records,
  }
}

const isOnRecord = ({ records }: Snapshot, directory: string): boolean =>
  records.get('directories')?.split('; ').includes(directory) ?? false

/** I6, neighbours untouched: containers and volumes of other projects are as before. */
export function neighboursUntouched(before: Snapshot, actual: Snapshot): Findings {
  const others = (tree: Tree) => new Map([...tree].filter(([key]) => key.startsWith('neighbour/')))
  return differences(others(before.containers), others(actual.containers)).map(line => `I6 ${line}`)
}

/** I7, continues: the journal can be read, and the recovery itself succeeded. */
export function continues(outcome: Outcome, actual: Snapshot): Findings {
  const failed =
    outcome.status === 0 ? [] : [`I7 the recovery ended with status ${outcome.status}: ${lastLine(outcome)}`]
  return [...failed, ...actual.tornJournal.map(line => `I7 torn line in the journal: ${line}`)]
}

export function lastLine({ stderr, stdout }: Outcome): string {
  return (stderr.trim() || stdout.trim()).split('\n').slice(-3).join(' | ')
}
