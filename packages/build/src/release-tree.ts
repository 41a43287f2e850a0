// `pnpm release-tree`: writes release/, the tree that a release commit holds. `uses: org/actions/NAME@v1` finds NAME at its top.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { readActionMetadata } from './action-metadata.ts'
import { runCommand } from './command-line.ts'
import { deadLinks, inReleaseTree } from './documents.ts'
import { HASH_FILE, isFresh } from './input-hash.ts'
import { metadataProblems } from './metadata-problems.ts'
import { reusableWorkflows } from './reusable-workflows.ts'
import { isShipped, releasePath } from './shipped.ts'
import { actionFolder, actionNames, repositoryFiles, root } from './workspace.ts'

/** Every job that uses one of the actions downloads the whole tree. */
const MOST_BYTES_PACKED = 4 * 1024 * 1024

function actionProblems(name: string): string[] {
  const folder = actionFolder(name)
  const missing = ['action.yml', 'README.md', 'dist'].filter(file => !existsSync(path.join(folder, file)))
  if (missing.length > 0) return missing.map(file => `actions/${name}/${file} is missing`)
  if (!isFresh(name)) return [`actions/${name}/dist is older than its sources; run pnpm build`]
  const problems = metadataProblems(readActionMetadata(folder), file => existsSync(path.join(folder, file)))
  return problems.map(problem => `actions/${name}/action.yml: ${problem}`)
}

function documentProblems(files: readonly string[]): string[] {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
  return files
    .filter(file => file.endsWith('.md') && isShipped(file))
    .flatMap(document => deadLinks(document, { files, read }))
}

async function writeTree(tree: string, names: readonly string[], files: readonly string[]): Promise<void> {
  for (const file of files.filter(isShipped)) await writeShipped(tree, file)
  for (const name of names) {
    const isKept = (file: string) => path.basename(file) !== HASH_FILE
    await cp(path.join(actionFolder(name), 'dist'), path.join(tree, name, 'dist'), { recursive: true, filter: isKept })
  }
  const workflows = path.join(root, '.github/workflows')
  const shipped = await reusableWorkflows(workflows)
  if (shipped.length > 0) await mkdir(path.join(tree, '.github/workflows'), { recursive: true })
  for (const file of shipped) await copyFile(path.join(workflows, file), path.join(tree, '.github/workflows', file))
}

async function writeShipped(tree: string, file: string): Promise<void> {
  const [source, target] = [path.join(root, file), path.join(tree, releasePath(file))]
  await mkdir(path.dirname(target), { recursive: true })
  if (file.endsWith('.md')) await writeFile(target, inReleaseTree(file, await readFile(source, 'utf8')))
  else await copyFile(source, target)
}

/** The bytes of a folder as a runner downloads it. */
async function packedSize(folder: string): Promise<number> {
  const { stdout } = await promisify(execFile)('tar', ['-cz', '-C', folder, '.'], {
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  })
  return stdout.length
}

async function main(): Promise<void> {
  const names = actionNames()
  const files = repositoryFiles()
  const problems = [...names.flatMap(actionProblems), ...documentProblems(files)]
  if (problems.length > 0) throw new Error(['The release tree was not written:', ...problems].join('\n  '))

  const draft = await mkdtemp(path.join(root, 'node_modules/.release-'))
  try {
    await chmod(draft, 0o755)
    await writeTree(draft, names, files)
    const bytes = await packedSize(draft)
    const size = `${(bytes / 1024 / 1024).toFixed(2)} MB packed, of ${MOST_BYTES_PACKED / 1024 / 1024} MB allowed`
    if (bytes > MOST_BYTES_PACKED) throw new Error(`The release tree is too large: ${size}.`)
    const release = path.join(root, 'release')
    await rm(release, { recursive: true, force: true })
    await rename(draft, release)
    console.log(`release/: ${names.join(', ')}; ${size}`)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

if (import.meta.main) await runCommand(main)
