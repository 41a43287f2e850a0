// `npm run demo` and `npm test` come through here: on a machine that has node 18 and npm it installs what this project is built
// with, then runs a script of package.json by it. Plain JavaScript without dependencies.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { cacheFolder, installOnce } from './src/install-once.mjs'
import { CommandFailed, runQuietly, withProgress } from './src/progress.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')

/** What npm tells its scripts of itself must not steer the npm and the pnpm that are started here. */
const OF_THE_OUTER_NPM = /^npm_(lifecycle|package|command|execpath|node_execpath|config_(local|global)_prefix)/

class SetupFailed extends Error {}

/** @returns {NodeJS.ProcessEnv} */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_OUTER_NPM.test(name)))
}

/**
 * The native pnpm for this machine: one package that is one file, named by its hash in a lock file; no install script runs.
 * @returns {Promise<string>} its path
 */
async function installPnpm() {
  const kind = `${process.platform}-${process.arch}`
  const toolchain = path.join(here, 'toolchain', kind)
  if (!existsSync(toolchain)) {
    throw new SetupFailed(
      `This sets itself up on linux-x64 and linux-arm64; here is ${kind}. Install node 24 and the pnpm that package.json\n` +
        'names as packageManager, then run: pnpm install && pnpm demo:run   (or pnpm test:all)',
    )
  }
  const lock = readFileSync(path.join(toolchain, 'package-lock.json'))
  const folder = path.join(cacheFolder(), `toolchain-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`)
  await installOnce(folder, draft =>
    withProgress(`pnpm into ${folder}`, async () => {
      for (const file of ['package.json', 'package-lock.json'])
        copyFileSync(path.join(toolchain, file), path.join(draft, file))
      await runQuietly('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: draft,
        env: cleanEnvironment(),
      })
    }),
  )
  return path.join(folder, `node_modules/@pnpm/exe.${kind}/pnpm`)
}

/** @param {unknown} thrown */
function explain(thrown) {
  if (thrown instanceof SetupFailed) return thrown.message
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  if (/spawn npm ENOENT/.test(text))
    return 'npm was not found. It comes with node: install node 20 or later with its npm.'
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|dns error|error sending request/i.test(text)) {
    return `The npm registry could not be reached; the first run needs it (behind a proxy, set HTTPS_PROXY).\n\n${text}`
  }
  return thrown instanceof CommandFailed ? text : String(thrown instanceof Error ? thrown.stack : thrown)
}

/**
 * @param {string} script
 * @returns {Promise<number>} its exit status
 */
async function main(script) {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 18) throw new SetupFailed(`This is node ${process.versions.node}; node 18 or later is needed to start.`)
  const pnpm = await installPnpm()
  const env = cleanEnvironment()
  env['PATH'] = [path.dirname(pnpm), env['PATH']].join(path.delimiter)
  // CI=true has pnpm replace a node_modules of another make without asking.
  await withProgress('packages and node 24 into node_modules', () =>
    runQuietly(pnpm, ['install', '--frozen-lockfile'], { cwd: root, env: { ...env, CI: 'true' } }),
  )
  if (!existsSync(path.join(root, 'node_modules/.bin/node'))) {
    throw new SetupFailed(
      'The registry did not hand out node 24 (an optional package, so that pnpm goes on without). Run this again.',
    )
  }
  return new Promise((resolve, reject) => {
    const child = spawn(pnpm, ['--silent', 'run', script], { cwd: root, env, stdio: 'inherit' })
    // The terminal sends Ctrl-C to the child too, so that it can put things away; this only waits for its end.
    process.on('SIGINT', () => {})
    process.on('SIGTERM', () => child.kill('SIGTERM'))
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)))
  })
}

const [script] = process.argv.slice(2)
try {
  if (script === undefined) throw new SetupFailed('usage: node packages/build/setup.mjs SCRIPT')
  process.exitCode = await main(script)
} catch (thrown) {
  console.error(`\n${explain(thrown)}`)
  process.exitCode = 1
}
