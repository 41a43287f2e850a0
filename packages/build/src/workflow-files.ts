import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isMap, isSeq, parse, parseDocument } from 'yaml'
import { readActionMetadata } from './action-metadata.ts'
import { type Block, blocksOf, yamlIn } from './documents.ts'
import { isShipped } from './shipped.ts'
import { repositoryFiles, root } from './workspace.ts'

/** What there is to lint, as paths from the top of the repository. */
export interface Files {
  readonly workflows: readonly string[]
  readonly actions: readonly string[]
  readonly scripts: readonly string[]
  readonly documents: readonly string[]
}

/** Of the files that git knows or would add. */
export function filesToLint(): Files {
  const files = repositoryFiles()
  const text = (file: string) => readFileSync(path.join(root, file), 'utf8')
  return {
    workflows: files.filter(
      file => /^(\.github\/workflows|examples|test\/demo)\/.*\.ya?ml$/.test(file) && isWorkflow(text(file)),
    ),
    actions: files.filter(file => /^actions\/[^/]+\/action\.yml$/.test(file)),
    documents: files.filter(file => file.endsWith('.md') && isShipped(file)),
    // The parts of the server program are linted as the whole that they are.
    scripts: files.filter(file => !/(^|\/)fixtures\/|\/release\/scripts\//.test(file) && isShellScript(file, text)),
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

/** What a document leaves out around the jobs, or the steps, that it shows. */
const AROUND_JOBS = 'on: push\n'
const AROUND_STEPS = `${AROUND_JOBS}jobs:\n  shown:\n    runs-on: ubuntu-latest\n    steps:\n`

/** The workflows that a document shows, whole or in part, each as a file whose lines have the numbers that they have in the document. */
export function workflowsShownIn(markdown: string): string[] {
  return yamlIn(markdown).flatMap(({ line, text }) => {
    const around = partOfWorkflow(text)
    if (around === undefined) return []
    const padding = '\n'.repeat(Math.max(0, line - around.split('\n').length))
    return [`${around}${padding}${around === AROUND_STEPS ? text.replace(/^(?=.)/gm, '      ') : text}`]
  })
}

/** The shell scripts that a document shows, with the numbers of their lines. */
export function scriptsShownIn(markdown: string): string[] {
  const isShell = ({ language }: Block) => language === 'sh'
  return blocksOf(markdown)
    .filter(isShell)
    .map(({ line, text }) => `${'\n'.repeat(line - 1)}${text}`)
}

/** What makes a workflow of a piece of YAML: undefined when nothing does. */
function partOfWorkflow(block: string): string | undefined {
  const document = parseDocument(block, { logLevel: 'error' })
  if (document.errors.length > 0) return undefined
  if (isSeq(document.contents)) {
    return document.contents.items.some(item => isMap(item) && item.has('uses')) ? AROUND_STEPS : undefined
  }
  if (!isMap(document.contents) || !document.has('jobs')) return undefined
  return document.has('on') ? '' : AROUND_JOBS
}

/** What each copy is of. */
interface Copies {
  readonly workflows: Map<string, string>
  readonly scripts: Map<string, string>
}

/** Lays the workflows out as those of one repository that has our actions, and the scripts of documents as files. */
export function layOut(folder: string, { workflows, actions, documents }: Files): Copies {
  for (const file of actions) layOutAction(folder, file)
  execFileSync('git', ['init', '--quiet', folder])
  mkdirSync(path.join(folder, '.github/workflows'), { recursive: true })
  const text = (file: string) => readFileSync(path.join(root, file), 'utf8')
  const flat = (file: string) => file.replaceAll('/', '__')
  const copies: Copies = { workflows: new Map(), scripts: new Map() }
  const add = (copy: string, original: string, workflow: string) => {
    writeFileSync(path.join(folder, copy), withLocalActions(workflow))
    copies.workflows.set(copy, original)
  }
  for (const file of workflows)
    add(file.startsWith('.github/') ? file : `.github/workflows/${flat(file)}`, file, text(file))
  for (const file of documents) {
    for (const [index, workflow] of workflowsShownIn(text(file)).entries()) {
      add(`.github/workflows/${flat(file)}-${index}.yml`, file, workflow)
    }
    for (const [index, script] of scriptsShownIn(text(file)).entries()) {
      const copy = `${flat(file)}-${index}.sh`
      writeFileSync(path.join(folder, copy), script)
      copies.scripts.set(copy, file)
    }
  }
  return copies
}

/** actionlint asks whether the programs of an action are there; for that nothing needs to be built here. */
function layOutAction(folder: string, file: string): void {
  cpSync(path.join(root, file), path.join(folder, file), { recursive: true })
  const { main, post } = readActionMetadata(path.dirname(path.join(root, file))).runs
  for (const program of [main, post]) {
    if (program === undefined) continue
    const target = path.join(folder, path.dirname(file), program)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, '')
  }
}
