// `pnpm readme-tables [--check]`: writes the tables of inputs and outputs in the READMEs of the actions, from their action.yml.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ActionMetadata, readActionMetadata } from './action-metadata.ts'
import { actionFolder, actionNames } from './workspace.ts'

const TABLES = { inputs: inputsTable, outputs: outputsTable }

/** The README with its tables as they should be; throws when there is no place for one. */
export function withTables(readme: string, metadata: ActionMetadata): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
    const from = text.indexOf(start)
    const to = text.indexOf(end)
    if (from === -1 || to < from)
      throw new Error(`has no place for the ${name}: it wants the lines ${start} and ${end}`)
    return `${text.slice(0, from + start.length)}\n\n${table(metadata)}\n\n${text.slice(to)}`
  }, readme)
}

export function inputsTable({ inputs }: ActionMetadata): string {
  const rows = Object.entries(inputs).map(
    ([name, { description = '', required, default: value, deprecationMessage }]) => [
      `\`${name}\``,
      cell(deprecationMessage ? `${description} Deprecated: ${deprecationMessage}` : description),
      required === 'true' ? '**required**' : value ? `\`${cell(value)}\`` : '',
    ],
  )
  return table(['Input', 'What it is', 'Default'], rows)
}

export function outputsTable({ outputs }: ActionMetadata): string {
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

function main(isCheck: boolean): void {
  const problems: string[] = []
  for (const name of actionNames()) {
    const file = path.join(actionFolder(name), 'README.md')
    if (!existsSync(file) || !existsSync(path.join(actionFolder(name), 'action.yml'))) continue
    const before = readFileSync(file, 'utf8')
    try {
      const after = withTables(before, readActionMetadata(actionFolder(name)))
      if (before === after) continue
      if (isCheck) problems.push(`actions/${name}/README.md is not as action.yml says: run pnpm readme-tables`)
      else writeFileSync(file, after)
    } catch (thrown) {
      problems.push(`actions/${name}/README.md ${thrown instanceof Error ? thrown.message : thrown}`)
    }
  }
  if (problems.length === 0) return
  console.error(problems.join('\n'))
  process.exitCode = 1
}

if (import.meta.main) main(process.argv.includes('--check'))
