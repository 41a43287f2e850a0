import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type PlanFile, writePlanFile } from '@deploy-actions/core/release/plan-file'
import type { ReleaseTree } from './trees.ts'

/** A release as a test describes it. */
export interface TestRelease {
  readonly id: string
  readonly tree: ReleaseTree
  /** Services with their images, by the names that the stub engine knows. */
  readonly services: Readonly<Record<string, string>>
  /** The text of `.env`; or whether the server's is kept, or must be gone. */
  readonly env: { readonly text: string } | 'kept' | 'none'
}

/** Writes what a release ships below a folder. */
export function writeTree(folder: string, tree: ReleaseTree): void {
  for (const [name, entry] of Object.entries(tree)) {
    const target = path.join(folder, name)
    mkdirSync(path.dirname(target), { recursive: true })
    if ('link' in entry) symlinkSync(entry.link, target)
    else {
      writeFileSync(target, entry.text)
      chmodSync(target, entry.mode ?? 0o644)
    }
  }
}

/** What `stage` leaves of an upload: shipped files, manifest, modes, `.env`. */
export function writeStaged(folder: string, { tree, env }: TestRelease): void {
  mkdirSync(path.join(folder, 'files'), { recursive: true, mode: 0o700 })
  writeTree(path.join(folder, 'files'), tree)
  const files = Object.entries(tree).flatMap(([name, entry]) => ('link' in entry ? [] : [{ name, ...entry }]))
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  writeFileSync(path.join(folder, 'manifest'), files.map(({ name, text }) => `${hash(text)}  ${name}\n`).join(''))
  writeFileSync(
    path.join(folder, 'modes'),
    files.map(({ name, mode = 0o644 }) => `${mode.toString(8)} ${name}\n`).join(''),
  )
  if (typeof env === 'object') writeFileSync(path.join(folder, 'env'), env.text, { mode: 0o600 })
}

/** The documents that `store` adds, as the tar stream that it reads. */
export function documentsOf(release: TestRelease, imageId: (reference: string) => string, scratch: string): Buffer {
  const { id, tree, services, env } = release
  const pins = Object.values(services).map(reference => ({ imageId: imageId(reference), tag: pinOf(reference) }))
  const plan: PlanFile = {
    project: 'shop',
    composeFiles: Object.keys(services).length > 0 ? ['compose.yaml'] : [],
    services: Object.entries(services).map(([name, reference]) => ({ name, imageId: imageId(reference) })),
    optional: [],
    links: Object.entries(tree).flatMap(([name, entry]) => ('link' in entry ? [name] : [])),
    pins,
    env: typeof env === 'object' ? 'written' : env,
    foreign: [],
    envMode: '600',
    timeout: 60,
  }
  const images = Object.entries(services).map(
    ([name, reference]) => `  ${name}:\n    image: ${pinOf(reference)}\n    pull_policy: never\n`,
  )
  const folder = mkdtempSync(path.join(scratch, 'documents-'))
  writeFileSync(path.join(folder, 'plan'), writePlanFile(plan))
  writeFileSync(path.join(folder, 'images.yml'), images.length > 0 ? `services:\n${images.join('')}` : '')
  writeFileSync(path.join(folder, 'release.json'), `${JSON.stringify({ format: 2, id })}\n`)
  writeFileSync(path.join(folder, 'state'), 'state staged\n')
  try {
    return execFileSync('tar', ['-C', folder, '-cf', '-', 'plan', 'images.yml', 'release.json', 'state'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const pinOf = (reference: string): string => `${reference.replace(/:.*$/, '')}:deploy-${reference.replace(/^.*:/, '')}`

/** What the project directory holds when a release runs in it, in the form of a snapshot. */
export function expectedProject({ tree, env }: TestRelease, teamsOwn: ReleaseTree): Map<string, string> {
  const files: ReleaseTree = {
    ...teamsOwn,
    ...tree,
    ...(typeof env === 'object' ? { '.env': { ...env, mode: 0o600 } } : {}),
  }
  const expected = new Map<string, string>()
  for (const [name, entry] of Object.entries(files)) {
    for (let above = path.dirname(name); above !== '.'; above = path.dirname(above))
      expected.set(above, 'directory 755')
    const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
    expected.set(
      name,
      'link' in entry ? `link ${entry.link}` : `file ${(entry.mode ?? 0o644).toString(8)} ${hash(entry.text)}`,
    )
  }
  return expected
}
