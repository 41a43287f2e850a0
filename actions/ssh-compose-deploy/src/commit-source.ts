import { join } from 'node:path'
import type { SourceOptions } from '@deploy-actions/core/deploy/options'
import { type CommitFiles, submodulesAmong } from '@deploy-actions/core/git/commit-files'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { shortSha } from '@deploy-actions/core/values/commit-sha'

/** The files of one commit, in a folder that goes when it is disposed of. */
export interface CommitFolder extends CommitFiles, AsyncDisposable {
  readonly folder: string
}

/** Writes the files of a commit of the repository that a folder of the workspace is in. */
export type CheckOut = (folder: string, sha: string) => Promise<CommitFolder>

/** The same source, with its files from the commit; `env-file` stays one of the workspace, where an earlier step writes it. */
export function commitSource(source: SourceOptions, sha: string, commit: CommitFolder): SourceOptions {
  const missing = submodulesAmong(commit.submodules, [...source.composeFiles, ...source.files])
  if (missing.length > 0) {
    throw new ActionError({
      title: 'Files of a submodule',
      message: `Commit ${shortSha(sha)} has no files of its submodules, and the deploy needs them: ${missing.join(', ')}`,
      next: 'Check the commit out with its submodules (actions/checkout: `ref`, `submodules: true`) and leave out `source: git`.',
    })
  }
  const place = `"${source.root}" of commit ${shortSha(sha)}`
  return { ...source, root: join(commit.folder, commit.prefix), place }
}
