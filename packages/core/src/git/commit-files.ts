import { ActionError, messageOf } from '../values/action-error.ts'
import { shortSha } from '../values/commit-sha.ts'
import type { Git } from './work-tree.ts'

/** Git in a folder, with more variables for it than the step's own. */
export type GitAt = (folder: string, variables?: Readonly<Record<string, string>>) => Git

export interface CommitFiles {
  /** Where the folder lies below the root of the repository: '' or `app/`. */
  readonly prefix: string
  /** Paths of submodules, relative to that folder: the commit has their names, and not their files. */
  readonly submodules: readonly string[]
}

/** Neither hooks of the repository nor what its checkout leaves out have a say in what a commit holds. */
const PLAIN = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.sparseCheckout=false']

/**
 * Writes the files of one commit into an empty folder, as a checkout does (line ends, links, filters), and changes neither the work
 * tree nor the index of the repository that `folder` is in. A commit that is missing is fetched from `origin`.
 */
export async function writeCommitFiles(
  gitAt: GitAt,
  commit: { readonly folder: string; readonly sha: string },
  target: { readonly files: string; readonly index: string },
): Promise<CommitFiles> {
  const { folder, sha } = commit
  const [root = '', gitDirectory = '', prefix = ''] = await locate(gitAt(folder), folder)
  await ensureCommit(gitAt(root), sha)
  const variables = { GIT_DIR: gitDirectory, GIT_WORK_TREE: target.files, GIT_INDEX_FILE: target.index }
  const git = gitAt(target.files, variables)
  try {
    await git([...PLAIN, 'read-tree', sha])
    await git([...PLAIN, 'checkout-index', '--all', '--quiet'])
    const entries = await git([...PLAIN, 'ls-files', '--stage', '-z'])
    return { prefix, submodules: submodulesIn(entries, prefix) }
  } catch (thrown) {
    throw new ActionError({
      title: 'Files of the commit not written',
      message: `The files of commit ${shortSha(sha)} could not be written: ${complaint(thrown)}`,
      next: 'Check the free space of the runner, and that the filters that .gitattributes names (Git LFS) are installed there.',
      cause: thrown,
    })
  }
}

async function locate(git: Git, folder: string): Promise<string[]> {
  try {
    const lines = await git(['rev-parse', '--show-toplevel', '--absolute-git-dir', '--show-prefix'])
    return lines.split('\n')
  } catch (thrown) {
    throw new ActionError({
      title: 'No Git repository',
      message: `\`source: git\` needs a Git repository in "${folder}": ${complaint(thrown)}`,
      next: 'Check out the repository before this step (actions/checkout), and set `working-directory` to a folder of it.',
      cause: thrown,
    })
  }
}

async function ensureCommit(git: Git, sha: string): Promise<void> {
  const isThere = () => git(['cat-file', '-e', `${sha}^{commit}`]).then(() => true)
  if (await isThere().catch(() => false)) return
  // A depth would cut off the history of a repository that has all of it.
  const isShallow = (await git(['rev-parse', '--is-shallow-repository'])) === 'true'
  const quiet = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
  const slow = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60', '-c', 'maintenance.auto=false']
  try {
    await git([...PLAIN, ...slow, 'fetch', ...quiet, ...(isShallow ? ['--depth=1'] : []), 'origin', sha])
    await isThere()
  } catch (thrown) {
    throw new ActionError({
      title: 'Commit not found',
      message: `Commit ${sha} is not in the repository on the runner, and could not be fetched: ${complaint(thrown)}`,
      next: 'Check `sha`. In a private repository, let actions/checkout keep its credentials (`persist-credentials: true`) or fetch the whole history (`fetch-depth: 0`).',
      cause: thrown,
    })
  }
}

/** What git reported, without the command line, and without a token in the URL of a remote. */
function complaint(thrown: unknown): string {
  const lines = messageOf(thrown)
    .split('\n')
    .slice(1)
    .filter(line => line.trim() !== '')
  const text = lines.length > 0 ? lines.join(' ') : messageOf(thrown)
  return text.replace(/:\/\/[^/\s@]*@/g, '://…@')
}

function submodulesIn(entries: string, prefix: string): string[] {
  return entries.split('\0').flatMap(entry => {
    const [, path = ''] = /^160000 \S+ \d\t(.*)$/s.exec(entry) ?? []
    return path !== '' && path.startsWith(prefix) ? [path.slice(prefix.length)] : []
  })
}

/** The submodules that lie in, or around, one of the paths or globs that are to be sent. */
export function submodulesAmong(submodules: readonly string[], paths: readonly string[]): string[] {
  const isInside = (path: string, folder: string) => folder === '' || path === folder || path.startsWith(`${folder}/`)
  const places = paths.map(placeOf)
  return submodules.filter(submodule => places.some(place => isInside(submodule, place) || isInside(place, submodule)))
}

/** The path, or the folder that a glob searches; '' is the whole. */
function placeOf(path: string): string {
  const glob = path.search(/[*?[{]/)
  const fixed = glob === -1 ? path : path.slice(0, path.lastIndexOf('/', glob) + 1)
  return fixed.replace(/\/+$/, '').replace(/^\.$/, '')
}
