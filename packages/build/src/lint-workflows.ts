// `pnpm lint:workflows`: actionlint, zizmor and shellcheck over the workflows, the actions and the shell scripts of this repository.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { readActionMetadata } from './action-metadata.ts'
import { ensureGoTool, type GoTool } from './go-tool.ts'
import { isOnPath } from './on-path.ts'
import { ensurePythonTool } from './python-tool.ts'
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

/** There is no wheel of shellcheck for Linux on arm64; there it comes from the system. */
async function ensureShellcheck(): Promise<string> {
  if (`${process.platform}-${process.arch}` !== 'linux-arm64') {
    return ensurePythonTool('shellcheck', path.join(TOOLS, 'python/shellcheck.txt'))
  }
  if (await isOnPath('shellcheck')) return 'shellcheck'
  throw new Error('shellcheck is missing; install it, for instance by: apt-get install shellcheck')
}

interface Files {
  readonly workflows: readonly string[]
  readonly actions: readonly string[]
  readonly scripts: readonly string[]
}

/** What there is to lint, of the files that git knows or would add. */
export function filesToLint(): Files {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  const files = [...new Set(listed.toString().split('\0'))].filter(Boolean)
  const text = (file: string) => readFileSync(path.join(root, file), 'utf8')
  return {
    workflows: files.filter(file => /^(\.github\/workflows|examples)\/.*\.ya?ml$/.test(file) && isWorkflow(text(file))),
    actions: files.filter(file => /^actions\/[^/]+\/action\.yml$/.test(file)),
    scripts: files.filter(file => !/(^|\/)fixtures\//.test(file) && isShellScript(file, text)),
  }
}

/** Examples hold Compose files and configuration in YAML too. */
export function isWorkflow(text: string): boolean {
  const document = parse(text, { logLevel: 'error' })
  return typeof document === 'object' && document !== null && 'on' in document && 'jobs' in document
}

function isShellScript(file: string, text: (file: string) => string): boolean {
  if (file.endsWith('.sh')) return true
  return path.extname(file) === '' && /^#!.*\b(ba|da)?sh\b/.test(text(file))
}

/** As a workflow would be if it stood in this repository: so that actionlint sees the inputs and outputs of our own actions. */
export function withLocalActions(workflow: string): string {
  return workflow.replace(/(\buses:\s*)org\/actions\/([\w./-]+)@v\d+/g, (_, uses: string, target: string) =>
    target.startsWith('.github/') ? `${uses}./${target}` : `${uses}./actions/${target}`,
  )
}

/** Lays the workflows out as those of one repository that has our actions. */
function layOut(folder: string, { workflows, actions }: Files): string[] {
  for (const file of actions) {
    cpSync(path.join(root, file), path.join(folder, file), { recursive: true })
    // actionlint asks whether what the action runs is there; here nothing needs to be built for that.
    const { main, post } = readActionMetadata(path.dirname(path.join(root, file))).runs
    for (const program of [main, post]) {
      if (program === undefined) continue
      const target = path.join(folder, path.dirname(file), program)
      mkdirSync(path.dirname(target), { recursive: true })
      writeFileSync(target, '')
    }
  }
  execFileSync('git', ['init', '--quiet', folder])
  mkdirSync(path.join(folder, '.github/workflows'), { recursive: true })
  return workflows.map(file => {
    const copy = file.startsWith('.github/') ? file : `.github/workflows/${file.replaceAll('/', '__')}`
    writeFileSync(path.join(folder, copy), withLocalActions(readFileSync(path.join(root, file), 'utf8')))
    return copy
  })
}

function passes(title: string, command: string, args: readonly string[], cwd: string): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  console.log(`${title}: ${status === 0 ? 'nothing found' : 'found something'}`)
  if (status !== 0) console.log(`${stdout}${stderr}`)
  return status === 0
}

async function main(): Promise<void> {
  const shellcheck = await ensureShellcheck()
  const actionlint = await ensureGoTool(ACTIONLINT)
  const zizmor = await ensurePythonTool('zizmor', path.join(TOOLS, 'python/zizmor.txt'))
  const files = filesToLint()
  const folder = mkdtempSync(path.join(tmpdir(), 'lint-'))
  try {
    const copies = layOut(folder, files)
    const audited = [...files.workflows, ...files.actions, '.github/dependabot.yml']
    const workflows = `${files.workflows.length} workflows`
    const results = [
      passes(`actionlint, ${workflows}`, actionlint, ['-shellcheck', shellcheck, '-pyflakes', '', ...copies], folder),
      passes(
        `zizmor, ${workflows} and ${files.actions.length} actions`,
        zizmor,
        ['--offline', '--persona', 'pedantic', '--no-progress', '--config', 'zizmor.yml', ...audited],
        root,
      ),
      files.scripts.length === 0 ||
        passes(`shellcheck, ${files.scripts.length} scripts`, shellcheck, files.scripts, root),
    ]
    if (results.includes(false)) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  try {
    await main()
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown)
    process.exitCode = 1
  }
}
