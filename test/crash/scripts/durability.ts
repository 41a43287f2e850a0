import type { LoggedCall } from './preload.ts'

/**
 * Layer D, its core: what a rename makes visible lies on the disk already, and the intent lies there before the first file moves.
 * Otherwise a power failure can leave an empty file under its final name, or a half-switched project that nobody knows of.
 */
export function missingSyncs(calls: readonly LoggedCall[], project: string): string[] {
  const unsynced = new Set<string>()
  const found: string[] = []
  let isIntentPending = false
  const inWork = (file: string) => file.startsWith(`${project}/.deploy/tmp/`)
  const isOurs = (file: string) => file.startsWith(`${project}/`) && !inWork(file)
  const within = (folder: string) => [...unsynced].filter(file => file === folder || file.startsWith(`${folder}/`))
  for (const { call, paths } of calls) {
    const [from = '', to = from] = paths
    if (call === 'write' || call === 'truncate') unsynced.add(from)
    if (call === 'sync') {
      unsynced.delete(from)
      if (from === `${project}/.deploy`) isIntentPending = false
    }
    const isMove = ['rename', 'unlink', 'mkdir', 'rmdir', 'symlink'].includes(call)
    if (isMove && isIntentPending && isOurs(to) && !to.startsWith(`${project}/.deploy/`)) {
      found.push(`${to} changes before the directory of .deploy/pending is synced`)
      isIntentPending = false
    }
    if (call !== 'rename') continue
    for (const file of within(from)) {
      if (isOurs(to)) found.push(`${file} is renamed to ${to} without a sync of its content`)
      unsynced.delete(file)
    }
    if (to === `${project}/.deploy/pending`) isIntentPending = true
  }
  return [...new Set(found)]
}
