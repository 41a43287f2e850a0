import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'stand-ins')

/**
 * What stands for other people's actions of a workflow where they can't be downloaded: small actions of ours that call the
 * same real programs. For `repositories` of runWorkflow, with the commits that the workflow pins.
 */
export async function standInsFor(workflow: string): Promise<Record<string, string>> {
  const uses = (await readFile(workflow, 'utf8')).matchAll(/\buses: (?:actions|docker)\/([\w-]+)@\S+/g)
  return Object.fromEntries(
    [...uses]
      .map(([use, name = '']) => [use.replace('uses: ', ''), join(FOLDER, name)] as const)
      .filter(([, folder]) => existsSync(folder)),
  )
}
