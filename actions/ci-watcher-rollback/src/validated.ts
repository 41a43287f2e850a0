import type { Relation } from '@deploy-actions/core/github/commit-ci'
import { shortSha } from '@deploy-actions/core/values/commit-sha'

/** The file with the last commit whose CI passed. */
export interface StateFile {
  /** Undefined when nothing has been recorded yet. */
  read(): Promise<string | undefined>
  write(sha: string): Promise<void>
}

export interface Validated {
  /** What the file holds now. */
  readonly sha: string
  /** Why it does not hold the commit of this run. */
  readonly note: string | undefined
}

/**
 * Records a commit, forward only: two watches can end in either order. The file is read again after the comparison, which takes a
 * request, so that it is not based on what another watch has replaced meanwhile.
 */
export async function recordValidated(
  sha: string,
  file: StateFile,
  compare: (base: string, head: string) => Promise<Relation | undefined>,
): Promise<Validated> {
  for (;;) {
    const before = await file.read()
    const relation = before === undefined ? 'ahead' : await compare(before, sha)
    if ((await file.read()) !== before) continue
    if (before === undefined || relation === 'ahead') {
      await file.write(sha)
      return { sha, note: undefined }
    }
    return { sha: before, note: noteOf(before, sha, relation) }
  }
}

function noteOf(before: string, sha: string, relation: Relation | undefined): string | undefined {
  if (relation === 'identical') return undefined
  const kept = `The state file keeps ${shortSha(before)}`
  if (relation === 'behind') return `${kept}, which is newer than ${shortSha(sha)}.`
  const why = relation === 'diverged' ? 'is not an ancestor of' : 'cannot be compared with'
  return `${kept}, which ${why} ${shortSha(sha)}. Remove the file to begin anew, for example after a force-push.`
}
