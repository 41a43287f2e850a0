import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collectFiles } from './files.ts'
import { packTar } from './tar.ts'

/** The files of the runner's own disk. */
export const localWorkspace = {
  collect: collectFiles,
  pack: packTar,
  exists: (root: string, path: string): Promise<boolean> =>
    access(join(root, path)).then(
      () => true,
      () => false,
    ),
  readText: (root: string, path: string): Promise<string> => readFile(join(root, path), 'utf8'),
}
