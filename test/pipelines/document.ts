import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkout } from '../lab/names.ts'
import { PIPELINES } from './catalogue.ts'
import type { Pipeline } from './pipeline.ts'

const DOCUMENT = join(checkout, 'docs/pipelines.md')

function tableOf({ paths }: Pipeline): string {
  const rows = paths.map(({ name, verified, standIns = [] }) => {
    const note = standIns.length === 0 ? '' : ` *stand-in: ${standIns.join(', ')}*`
    return `| ${name} | ${verified.replaceAll('|', '\\|')}${note} |`
  })
  return ['| Path | What is verified |', '| --- | --- |', ...rows].join('\n')
}

/** The document with the tables of the catalogue. */
function withTables(document: string): string {
  return PIPELINES.reduce((text, pipeline) => {
    const [start, end] = [`<!-- ${pipeline.name}:start -->`, `<!-- ${pipeline.name}:end -->`]
    const [before, rest = ''] = text.split(start)
    const after = rest.split(end)[1]
    if (after === undefined) throw new Error(`docs/pipelines.md has no place for the table of ${pipeline.name}`)
    return `${before}${start}\n\n${tableOf(pipeline)}\n\n${end}${after}`
  }, document)
}

/** Whether the document already had the tables of the catalogue; with `write`, it gets them. */
export async function documentIsCurrent({ write }: { readonly write: boolean }): Promise<boolean> {
  const document = await readFile(DOCUMENT, 'utf8')
  const current = withTables(document)
  if (write && current !== document) await writeFile(DOCUMENT, current)
  return current === document
}
