import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

/** The top folder of this repository. */
export const root = path.resolve(import.meta.dirname, '../../..')

/** The names of the actions that have sources, in alphabetical order. */
export function actionNames(top: string = root): string[] {
  const folder = path.join(top, 'actions')
  return readdirSync(folder)
    .filter(name => existsSync(path.join(folder, name, 'src/main.ts')))
    .sort()
}

export function actionFolder(name: string, top: string = root): string {
  return path.join(top, 'actions', name)
}

/** The files below a folder of the repository, as paths from its top with `/`, sorted; without what is installed or built. */
export function filesUnder(folder: string, top: string = root): string[] {
  const isMade = (name: string) => name === 'node_modules' || name === 'dist'
  return readdirSync(path.join(top, folder), { withFileTypes: true })
    .filter(entry => !isMade(entry.name))
    .flatMap(entry => {
      const file = path.posix.join(folder, entry.name)
      return entry.isDirectory() ? filesUnder(file, top) : [file]
    })
    .sort()
}

/** The files of the repository that git knows or would add, as paths from its top. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  const files = [...new Set(listed.toString().split('\0'))].filter(Boolean)
  // git lists a file that was deleted and not committed yet.
  return files.filter(file => existsSync(path.join(root, file))).sort()
}
