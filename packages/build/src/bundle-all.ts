// `pnpm build [NAME…] [--force]`: bundles the actions whose sources changed, each in a process of its own, and starts each bundle once.
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import { bundleAction, ENTRIES } from './bundle.ts'
import { runCommand } from './command-line.ts'
import { HASH_FILE, inputHash, isFresh } from './input-hash.ts'
import { runQuietly } from './progress.mjs'
import { startProblem } from './start-check.ts'
import { actionFolder, actionNames, root } from './workspace.ts'

/** One bundle takes one core and about 300 MB. */
const AT_ONCE = 2

/** Bundles one action into its `dist`, whole or not at all. */
async function bundleInto(name: string): Promise<string> {
  const hash = inputHash(name)
  const files = await bundleAction(actionFolder(name))
  for (const entry of ENTRIES.filter(({ file }) => files.has(file))) {
    const problem = startProblem(files, entry.file)
    if (problem !== undefined) throw new Error(`${entry.file} of ${name} ${problem}`)
  }
  const dist = path.join(actionFolder(name), 'dist')
  const modules = path.join(actionFolder(name), 'node_modules')
  await mkdir(modules, { recursive: true })
  const draft = await mkdtemp(path.join(modules, '.dist-'))
  try {
    for (const [file, content] of files) await writeFile(path.join(draft, file), content)
    await writeFile(path.join(draft, HASH_FILE), hash)
    await chmod(draft, 0o755)
    await rm(dist, { recursive: true, force: true })
    await rename(draft, dist)
  } catch (thrown) {
    // Another build of the same sources may have been quicker.
    if (!isFresh(name)) throw thrown
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  const bytes = [...files.values()].reduce((sum, content) => sum + content.length, 0)
  return `${name}: ${(bytes / 1024 / 1024).toFixed(2)} MB`
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false }, worker: { type: 'boolean', default: false } },
  })
  const names = positionals.length > 0 ? positionals : actionNames()
  if (values.worker) {
    for (const name of names) console.log(await bundleInto(name))
    return
  }
  const stale = names.filter(name => values.force || !isFresh(name))
  if (stale.length < names.length) console.log(`unchanged: ${names.filter(name => !stale.includes(name)).join(', ')}`)
  if (stale.length === 0) return
  // ncc only strips the types, and takes a missing package for a run-time error: so the compiler goes first.
  await runQuietly('pnpm', ['types'], { cwd: root })
  await mapLimit(stale, AT_ONCE, async name => {
    const started = Date.now()
    const stdout = await runQuietly(process.execPath, [import.meta.filename, '--worker', name], { cwd: root })
    console.log(`${stdout.trimEnd()} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  })
}

if (import.meta.main) await runCommand(main)
