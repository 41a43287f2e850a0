// `pnpm lint:workflows`: actionlint, zizmor and shellcheck over the workflows, the actions and the shell scripts of this repository,
// and those that its documents show.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runCommand } from './command-line.ts'
import { ensureGoTool, type GoTool } from './go-tool.ts'
import { isOnPath } from './on-path.ts'
import { ensurePythonTool } from './python-tool.ts'
import { serverProgram } from './server-program.ts'
import { filesToLint, layOut } from './workflow-files.ts'
import { root } from './workspace.ts'

const TOOLS = path.join(root, 'packages/build/tools')

/** The hashes are those of the release's own list, actionlint_1.7.12_checksums.txt. */
const ACTIONLINT: GoTool = {
  name: 'actionlint',
  version: '1.7.12',
  package: 'github.com/rhysd/actionlint/cmd/actionlint',
  module: path.join(TOOLS, 'actionlint'),
  ldflags: '-X github.com/rhysd/actionlint.version=1.7.12',
  released: {
    url: kind => {
      const file = `actionlint_1.7.12_${kind.replace('-', '_').replace('x64', 'amd64')}.tar.gz`
      return `https://github.com/rhysd/actionlint/releases/download/v1.7.12/${file}`
    },
    sha256: {
      'linux-x64': '8aca8db96f1b94770f1b0d72b6dddcb1ebb8123cb3712530b08cc387b349a3d8',
      'linux-arm64': '325e971b6ba9bfa504672e29be93c24981eeb1c07576d730e9f7c8805afff0c6',
      'darwin-x64': '5b44c3bc2255115c9b69e30efc0fecdf498fdb63c5d58e17084fd5f16324c644',
    },
  },
}

/** validate-secrets has an output for each name that it is given, which its action.yml cannot list. */
const NAMED_BY_THE_CALLER = 'property "has-[^"]+" is not defined'

/** There is no wheel of shellcheck for Linux on arm64; there it comes from the system. */
async function ensureShellcheck(): Promise<string> {
  if (`${process.platform}-${process.arch}` !== 'linux-arm64') {
    return ensurePythonTool('shellcheck', path.join(TOOLS, 'python/shellcheck.txt'))
  }
  if (await isOnPath('shellcheck')) return 'shellcheck'
  throw new Error('shellcheck is missing; install it, for instance by: apt-get install shellcheck')
}

interface Linter {
  readonly title: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Makes its findings speak of the files of this repository. */
  readonly translate?: (output: string) => string
}

function passes({ title, command, args, cwd = root, translate = output => output }: Linter): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  console.log(`${title}: ${status === 0 ? 'nothing found' : 'found something'}`)
  if (status !== 0) console.log(translate(`${stdout}${stderr}`))
  return status === 0
}

/** Names the originals instead of their copies. */
function inTermsOf(copies: ReadonlyMap<string, string>): (output: string) => string {
  return output => [...copies].reduce((text, [copy, file]) => text.replaceAll(copy, file), output)
}

async function main(): Promise<void> {
  const shellcheck = await ensureShellcheck()
  const actionlint = await ensureGoTool(ACTIONLINT)
  const zizmor = await ensurePythonTool('zizmor', path.join(TOOLS, 'python/zizmor.txt'))
  const files = filesToLint()
  const folder = mkdtempSync(path.join(tmpdir(), 'lint-'))
  try {
    const copies = layOut(folder, files)
    const program = path.join(folder, 'server-program.sh')
    writeFileSync(program, serverProgram())
    const workflows = `${files.workflows.length} workflows`
    const audited = [...files.workflows, ...files.actions, '.github/dependabot.yml']
    const results = [
      passes({
        title: `actionlint, ${workflows} and ${copies.workflows.size - files.workflows.length} in documents`,
        command: actionlint,
        args: ['-shellcheck', shellcheck, '-pyflakes', '', '-ignore', NAMED_BY_THE_CALLER, ...copies.workflows.keys()],
        cwd: folder,
        translate: inTermsOf(copies.workflows),
      }),
      passes({
        title: `zizmor, ${workflows} and ${files.actions.length} actions`,
        command: zizmor,
        args: ['--offline', '--quiet', '--persona', 'pedantic', '--no-progress', '--config', 'zizmor.yml', ...audited],
      }),
      passes({
        title: `shellcheck, the server program and ${files.scripts.length} scripts`,
        command: shellcheck,
        args: [program, ...files.scripts],
      }),
      passes({
        title: `shellcheck, ${copies.scripts.size} scripts in documents`,
        command: shellcheck,
        // What `ssh` runs is meant to have the values of this shell.
        args: ['--shell=sh', '--exclude=SC2029', ...copies.scripts.keys()],
        cwd: folder,
        translate: inTermsOf(copies.scripts),
      }),
    ]
    if (results.includes(false)) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await runCommand(main)
