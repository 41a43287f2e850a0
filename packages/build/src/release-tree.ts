// `pnpm release-tree`: writes release/, the tree that a release commit holds. `uses: org/actions/NAME@v1` finds NAME at its top.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { readActionMetadata } from './action-metadata.ts'
import { runCommand } from './command-line.ts'
import { HASH_FILE, isFresh } from './input-hash.ts'
import { metadataProblems } from './metadata-problems.ts'
import { reusableWorkflows } from './reusable-workflows.ts'
import { actionFolder, actionNames, root } from './workspace.ts'

/** Every job that uses one of the actions downloads the whole tree. */
const MOST_BYTES_PACKED = 4 * 1024 * 1024

const DOCUMENTS = ['LICENSE', 'README.md', 'SECURITY.md', 'ARCHITECTURE.md']

/** What ships of an action beside its bundle: the contract, how to use it, and the schemas that the latter links to. */
export function isShippedFile(name: string): boolean {
  return name === 'action.yml' || name.endsWith('.md') || name.endsWith('.schema.json')
}

/** The relative links of a document that lead to nothing in the release tree, which has an action's files at NAME/. */
export function deadLinks(document: string, isShipped: (file: string) => boolean): string[] {
  const targets = [...document.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  return targets.filter(target => !/^[a-z]+:/.test(target) && !isShipped(target))
}

async function actionProblems(name: string): Promise<string[]> {
  const folder = actionFolder(name)
  const missing = ['action.yml', 'README.md', 'dist'].filter(file => !existsSync(path.join(folder, file)))
  if (missing.length > 0) return missing.map(file => `actions/${name}/${file} is missing`)
  if (!isFresh(name)) return [`actions/${name}/dist is older than its sources; run pnpm build`]
  const isShipped = (target: string) => isShippedLink(name, target)
  const documents = (await readdir(folder)).filter(file => file.endsWith('.md'))
  const dead = await Promise.all(
    documents.map(async file =>
      deadLinks(await readFile(path.join(folder, file), 'utf8'), isShipped).map(
        target => `actions/${name}/${file}: ${target} is not in the release tree`,
      ),
    ),
  )
  const problems = metadataProblems(readActionMetadata(folder), file => existsSync(path.join(folder, file)))
  return [...dead.flat(), ...problems.map(problem => `actions/${name}/action.yml: ${problem}`)]
}

/** Links are relative to NAME/: to a file of the action, to another action, or to a document at the top. */
function isShippedLink(name: string, target: string): boolean {
  const [top = '', file, ...rest] = path.posix.join(name, target).replace(/\/$/, '').split('/')
  if (file === undefined) return DOCUMENTS.includes(top) || actionNames().includes(top)
  return rest.length === 0 && isShippedFile(file) && existsSync(path.join(actionFolder(top), file))
}

async function writeTree(tree: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(path.join(tree, name))
    for (const file of (await readdir(actionFolder(name))).filter(isShippedFile)) {
      await copyFile(path.join(actionFolder(name), file), path.join(tree, name, file))
    }
    const isShipped = (file: string) => path.basename(file) !== HASH_FILE
    await cp(path.join(actionFolder(name), 'dist'), path.join(tree, name, 'dist'), {
      recursive: true,
      filter: isShipped,
    })
  }
  for (const document of DOCUMENTS) await copyFile(path.join(root, document), path.join(tree, document))
  const workflows = path.join(root, '.github/workflows')
  const shipped = await reusableWorkflows(workflows)
  if (shipped.length > 0) await mkdir(path.join(tree, '.github/workflows'), { recursive: true })
  for (const file of shipped) await copyFile(path.join(workflows, file), path.join(tree, '.github/workflows', file))
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
  const problems = (await Promise.all(names.map(actionProblems))).flat()
  problems.push(...DOCUMENTS.filter(file => !existsSync(path.join(root, file))).map(file => `${file} is missing`))
  if (problems.length > 0) throw new Error(['The release tree was not written:', ...problems].join('\n  '))

  const draft = await mkdtemp(path.join(root, 'node_modules/.release-'))
  try {
    await chmod(draft, 0o755)
    await writeTree(draft, names)
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
