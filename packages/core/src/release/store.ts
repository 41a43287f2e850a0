import type { Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { activateScript } from './activate-script.ts'
import { type Layout, releaseFiles } from './layout.ts'
import { mustRun } from './must-run.ts'
import { type Plan, writePlan } from './plan-file.ts'
import type { ReleaseRecord, ReleaseState } from './record.ts'

const TIMEOUT = 60_000

/** Everything of a release but its shipped files. */
export interface ReleaseDocuments {
  readonly record: ReleaseRecord
  readonly plan: Plan
  readonly manifest: string
  /** The override file that pins the images. */
  readonly images: string
  /** The text of `.env`; undefined when the release has none of its own. */
  readonly env: string | undefined
}

const prepareScript = `
set -eu
# The team's own folder is made as any other; ours is nobody else's business, as it holds environments.
mkdir -p "$1"
umask 077
mkdir -p "$1/.deploy/releases" "$1/.deploy/tmp"
chmod 700 "$1/.deploy"
cd "$1" && pwd -P
`

/** Makes the project directory and ours in it; returns the real path. */
export async function prepareProject(host: Host, project: string): Promise<string> {
  const result = await host.run({ argv: ['sh', '-c', prepareScript, 'prepare', project], timeout: TIMEOUT })
  if (result.exitCode === 0) return result.stdout.trim()
  throw new ActionError({
    title: 'The project directory cannot be used',
    message: `${host.name} could not make ${project}/.deploy: ${result.stderr.trim()}`,
    next: `Make the directory once and give it to the login user: sudo install -d -o USER ${project}`,
  })
}

const writeScript = `
set -eu
umask 077
cat >"$1.new"
mv -f "$1.new" "$1"
`

/** Writes one file whole, readable for its owner only: beside, then renamed. */
export async function writeFile(host: Host, path: string, text: string): Promise<void> {
  await mustRun(
    host,
    { argv: ['sh', '-c', writeScript, 'write', path], stdin: text, timeout: TIMEOUT },
    `write ${path}`,
  )
}

const placeScript = `
set -eu
[ -d "$1/files" ] || mkdir "$1/files"
chmod 700 "$1"
mv "$1" "$2"
`

/**
 * Puts a release into the store in one rename. `folder` holds its shipped files (in `files/`), if there are any; the rest is
 * written beside them first.
 */
export async function storeRelease(
  host: Host,
  layout: Layout,
  folder: string,
  documents: ReleaseDocuments,
): Promise<void> {
  await mustRun(host, { argv: ['mkdir', '-p', folder], timeout: TIMEOUT }, `make ${folder}`)
  const write = (name: string, text: string) => writeFile(host, `${folder}/${name}`, text)
  await Promise.all([
    write(releaseFiles.record, `${JSON.stringify(documents.record)}\n`),
    write(releaseFiles.plan, writePlan(documents.plan)),
    write(releaseFiles.manifest, documents.manifest),
    write(releaseFiles.images, documents.images),
    write(releaseFiles.script, activateScript),
    ...(documents.env === undefined ? [] : [write(releaseFiles.env, documents.env)]),
  ])
  const target = `${layout.releases}/${documents.record.id}`
  await mustRun(host, { argv: ['sh', '-c', placeScript, 'place', folder, target], timeout: TIMEOUT }, `make ${target}`)
}

/** Sets a release's state and why, and notes it in the journal. */
export async function markRelease(
  host: Host,
  layout: Layout,
  record: ReleaseRecord,
  state: ReleaseState,
  at: Date,
  reason?: string,
): Promise<ReleaseRecord> {
  const marked = reason === undefined ? { ...record, state } : { ...record, state, reason }
  await writeFile(host, `${layout.releases}/${record.id}/${releaseFiles.record}`, `${JSON.stringify(marked)}\n`)
  await appendJournal(host, layout, { at: at.toISOString(), event: state, release: record.id, by: record.by, reason })
  return marked
}

export interface JournalEntry {
  readonly at: string
  readonly event: string
  readonly release: string
  readonly by?: string | undefined
  readonly reason?: string | undefined
}

/** An append of one line is whole or not at all. */
async function appendJournal(host: Host, layout: Layout, entry: JournalEntry): Promise<void> {
  const argv = ['sh', '-c', 'umask 077; cat >>"$1"', 'journal', layout.journal]
  await mustRun(host, { argv, stdin: `${JSON.stringify(entry)}\n`, timeout: TIMEOUT }, `write ${layout.journal}`)
}
