import { glob, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { LIMITS } from '@deploy-actions/core/discord/limits'
import type { Attachment } from '@deploy-actions/core/discord/message'
import type { Log } from '@deploy-actions/core/runner/log'

/** More than this Discord takes in no request, whatever the server's boosts. */
const MOST_BYTES = 25 * 1024 * 1024

/** Reads the files that patterns name in a folder. What cannot go along is told, and left out. */
export async function readAttachments(patterns: readonly string[], folder: string, log: Log): Promise<Attachment[]> {
  const found: string[] = []
  for (const pattern of patterns) {
    const before = found.length
    for await (const name of glob(pattern, { cwd: folder })) {
      const file = path.resolve(folder, name)
      if (!(await isInside(folder, file))) {
        log.warning(`\`files\`: ${name} leads out of the workspace, so it is not attached.`)
      } else if (!found.includes(file) && (await stat(file)).isFile()) found.push(file)
    }
    if (found.length === before) log.warning(`\`files\`: nothing in the workspace can be attached as ${pattern}.`)
  }
  const files: Attachment[] = []
  let bytes = 0
  for (const file of found.sort()) {
    const { size } = await stat(file)
    if (files.length >= LIMITS.files || bytes + size > MOST_BYTES) {
      log.warning(
        `\`files\`: ${path.basename(file)} is left out; Discord takes ${LIMITS.files} files and 25 MiB a message.`,
      )
      continue
    }
    bytes += size
    files.push({ name: path.basename(file), data: await readFile(file) })
  }
  return files
}

/** By the file that it really is: whoever sends a pull request can put links into its tree. A link that leads nowhere is not inside. */
async function isInside(folder: string, file: string): Promise<boolean> {
  const [home, real] = await Promise.all([realpath(folder), realpath(file).catch(() => '')])
  return real.startsWith(home + path.sep)
}
