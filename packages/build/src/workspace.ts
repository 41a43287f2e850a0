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
