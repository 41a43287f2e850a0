import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** All that node may load of a bundle: the file that a runner starts, and the chunks beside it. */
export function codeBytes(bundle: string): number {
  const folder = path.dirname(bundle)
  return readdirSync(folder)
    .filter(file => /\.c?js$/.test(file))
    .reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0)
}
