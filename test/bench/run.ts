// `pnpm bench NAME [ARGUMENT…]`: runs test/bench/NAME.ts. Without a name it lists what there is.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

const here = import.meta.dirname
const names = readdirSync(here)
  .filter(file => file.endsWith('.ts') && file !== 'run.ts')
  .map(file => file.replace(/\.ts$/, ''))

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || !existsSync(path.join(here, `${name}.ts`))) {
  console.error(`usage: pnpm bench NAME\nthere are: ${names.join(', ')}`)
  process.exitCode = 1
} else {
  const options = ['--disable-warning=ExperimentalWarning', path.join(here, `${name}.ts`), ...rest]
  process.exitCode = spawnSync(process.execPath, options, { stdio: 'inherit' }).status ?? 1
}
