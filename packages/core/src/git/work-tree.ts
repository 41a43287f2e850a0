import { promisify } from 'node:util'

/** Runs git with arguments and resolves with its trimmed output; rejects with what it complained of. */
export type Git = (args: readonly string[]) => Promise<string>

/** The git of a folder. Prompts for nothing and takes no lock. */
export function gitIn(folder: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Git {
  const quiet = { ...env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' }
  return async args => {
    // Loading it takes 10 ms, and many a run never asks git for anything.
    const { execFile } = await import('node:child_process')
    const options = { cwd: folder, env: quiet, maxBuffer: 64 * 1024 * 1024, ...(signal ? { signal } : {}) }
    return (await promisify(execFile)('git', [...args], options)).stdout.trim()
  }
}

export function headSha(git: Git): Promise<string> {
  return git(['rev-parse', 'HEAD'])
}

/** When a commit was made (the committer's date); rejects when the work tree does not have it. */
export async function commitDate(git: Git, sha: string): Promise<Date> {
  return new Date(await git(['show', '--no-patch', '--format=%cI', '--end-of-options', sha, '--']))
}

/** The names of all tags, or undefined when the clone is shallow and may lack some. */
export async function completeTags(git: Git): Promise<string[] | undefined> {
  if ((await git(['rev-parse', '--is-shallow-repository'])) === 'true') return undefined
  return lines(await git(['tag', '--list']))
}

/**
 * The full name of what is checked out. A detached HEAD, which is what actions/checkout leaves behind, is told by the names that point
 * to it, or by the newest branch or first tag that contains it; undefined when nothing tells.
 */
export async function headRef(git: Git): Promise<string | undefined> {
  if ((await git(['branch', '--show-current'])) !== '') return git(['symbolic-ref', 'HEAD'])
  const decorations = (await git(['show', '--no-patch', '--pretty=%D'])).replace(/^grafted, /, '').trim()
  if (decorations === 'HEAD') return containingRef(git)
  const names = /^HEAD, (.*)$/.exec(decorations)?.[1]?.trim()
  if (names === undefined) return undefined
  return names.startsWith('tag: ') ? pointingTag(git, names) : decoratedRef(names)
}

/** From `pull/87/merge`, `origin/main`, or `origin/main, main`. */
export function decoratedRef(names: string): string | undefined {
  if (/^pull\/\d+\/(head|merge)$/.test(names)) return `refs/${names}`
  const branch = /^[^/]+\/[^/]+, (.+)$/.exec(names)?.[1] ?? /^[^/]+\/(.+)$/.exec(names)?.[1]
  return branch === undefined ? undefined : `refs/heads/${branch.trim()}`
}

async function pointingTag(git: Git, names: string): Promise<string | undefined> {
  const tags = lines(await git(['for-each-ref', '--format=%(refname)', '--points-at', 'HEAD', 'refs/tags/']))
  const isNamed = (tag: string) => {
    const decoration = `tag: ${tag.slice('refs/tags/'.length)}`
    return names === decoration || names.startsWith(`${decoration}, `)
  }
  // The longest first: a tag's name may hold a comma.
  return tags.sort((a, b) => b.length - a.length).find(isNamed) ?? (tags.length === 1 ? tags[0] : undefined)
}

async function containingRef(git: Git): Promise<string | undefined> {
  const newest = async (scope: string) =>
    lines(await git(['for-each-ref', '--format=%(refname)', '--contains', 'HEAD', '--sort=-committerdate', scope]))[0]
  const local = await newest('refs/heads/')
  if (local !== undefined) return local
  const remote = await newest('refs/remotes/')
  if (remote !== undefined) return remote.replace(/^refs\/remotes\/[^/]+\//, 'refs/heads/')
  const [tag] = lines(await git(['tag', '--contains', 'HEAD']))
  return tag === undefined ? undefined : `refs/tags/${tag}`
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}
