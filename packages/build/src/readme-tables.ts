// `pnpm readme-tables [--check]`: writes the tables of inputs and outputs in the READMEs of the actions, from their action.yml, and
// those of the reusable workflows.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ActionMetadata, readActionMetadata } from './action-metadata.ts'
import { parseReusableWorkflow, type ReusableWorkflow, reusableWorkflows } from './reusable-workflows.ts'
import { actionFolder, actionNames, root } from './workspace.ts'

const WORKFLOWS = '.github/workflows'
const WORKFLOWS_DOCUMENT = 'docs/reusable-workflows.md'

/** The README with its tables as they should be; throws when there is no place for one. */
export function withTables(readme: string, metadata: ActionMetadata): string {
  return withPart(withPart(readme, 'inputs', inputsTable(metadata)), 'outputs', outputsTable(metadata))
}

/** The document with the tables of one reusable workflow between the marks of its name. */
export function withWorkflowTables(document: string, name: string, workflow: ReusableWorkflow): string {
  return withPart(document, name, [inputsTable(workflow), secretsTable(workflow), outputsTable(workflow)].join('\n\n'))
}

function withPart(document: string, name: string, part: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from === -1 || to < from) throw new Error(`has no place for ${name}: it wants the lines ${start} and ${end}`)
  return `${document.slice(0, from + start.length)}\n\n${part}\n\n${document.slice(to)}`
}

export function inputsTable({ inputs }: Pick<ActionMetadata, 'inputs'>): string {
  const rows = Object.entries(inputs).map(
    ([name, { description = '', required, default: value, deprecationMessage }]) => [
      `\`${name}\``,
      cell(deprecationMessage ? `${description} Deprecated: ${deprecationMessage}` : description),
      required === 'true' ? '**required**' : value ? `\`${cell(value)}\`` : '',
    ],
  )
  return table(['Input', 'What it is', 'Default'], rows)
}

function secretsTable({ secrets }: ReusableWorkflow): string {
  const rows = Object.entries(secrets).map(([name, { description = '', required }]) => [
    `\`${name}\``,
    cell(description),
    required === 'true' ? '**required**' : '',
  ])
  return table(['Secret', 'What it is', ''], rows)
}

export function outputsTable({ outputs }: Pick<ActionMetadata, 'outputs'>): string {
  const rows = Object.entries(outputs).map(([name, { description = '' }]) => [`\`${name}\``, cell(description)])
  return table(['Output', 'What it is'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.'
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** A table's cell is one line, and a bar would end it. */
function cell(text: string): string {
  return text
    .trim()
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*\n\s*/g, '<br>')
    .replace(/\s*\n\s*/g, ' ')
}

/** A document, and what it should be. */
interface Document {
  readonly file: string
  readonly update: (text: string) => string
  readonly source: string
}

async function documents(): Promise<Document[]> {
  const actions = actionNames().map(name => ({
    file: `actions/${name}/README.md`,
    update: (text: string) => withTables(text, readActionMetadata(actionFolder(name))),
    source: 'action.yml',
  }))
  const workflows = (await reusableWorkflows(path.join(root, WORKFLOWS))).map(
    name => [name.replace(/\.ya?ml$/, ''), readFileSync(path.join(root, WORKFLOWS, name), 'utf8')] as const,
  )
  return [
    ...actions,
    {
      file: WORKFLOWS_DOCUMENT,
      update: text =>
        workflows.reduce(
          (document, [name, workflow]) => withWorkflowTables(document, name, parseReusableWorkflow(workflow)),
          text,
        ),
      source: WORKFLOWS,
    },
  ]
}

async function main(isCheck: boolean): Promise<void> {
  const problems: string[] = []
  for (const { file, update, source } of await documents()) {
    const place = path.join(root, file)
    if (!existsSync(place)) continue
    const before = readFileSync(place, 'utf8')
    try {
      const after = update(before)
      if (before === after) continue
      if (isCheck) problems.push(`${file} is not as ${source} says: run pnpm readme-tables`)
      else writeFileSync(place, after)
    } catch (thrown) {
      problems.push(`${file} ${thrown instanceof Error ? thrown.message : thrown}`)
    }
  }
  if (problems.length === 0) return
  console.error(problems.join('\n'))
  process.exitCode = 1
}

if (import.meta.main) await main(process.argv.includes('--check'))
