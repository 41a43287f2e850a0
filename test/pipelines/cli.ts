// `pnpm pipelines [NAME…]`: runs all paths of all pipelines, of one (`penpal`), or one path (`penpal/version tag`), and prints a table.
// `pnpm pipelines --document`: writes the tables of docs/pipelines.md.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '@deploy-actions/build/command-line'
import { textTable } from '../demo/table.ts'
import { checkout } from '../lab/names.ts'
import { progressTo, seconds, toStderr } from '../lab/progress.ts'
import { PIPELINES } from './catalogue.ts'
import { documentIsCurrent } from './document.ts'
import type { Row } from './pipeline.ts'

const HEAD = ['Pipeline', 'Path', 'Result', 'Time', 'Verified']

function lineOf({ pipeline, name, standIns = [], problem, milliseconds, verified }: Row): string[] {
  const note = standIns.length === 0 ? '' : ` (stand-in: ${standIns.join(', ')})`
  return [pipeline, name, problem === undefined ? 'passed' : 'FAILED', seconds(milliseconds), `${verified}${note}`]
}

async function main(): Promise<void> {
  if (process.argv[2] === '--document') {
    await documentIsCurrent({ write: true })
    return
  }
  if (!existsSync(join(checkout, 'release')))
    throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  const wanted = process.argv.slice(2)
  const isWanted = (pipeline: string, path: string) =>
    wanted.length === 0 || wanted.includes(pipeline) || wanted.includes(`${pipeline}/${path}`)
  const progress = progressTo(toStderr)
  const rows: Row[] = []
  for (const pipeline of PIPELINES) {
    if (!pipeline.paths.some(({ name }) => isWanted(pipeline.name, name))) continue
    await pipeline.run(({ name }) => isWanted(pipeline.name, name), {
      progress,
      onRow: row => {
        rows.push(row)
        progress.note(lineOf(row).join(' · '))
        if (row.problem !== undefined) console.error(row.problem)
      },
    })
  }
  if (rows.length === 0) {
    const names = PIPELINES.flatMap(({ name, paths }) => [name, ...paths.map(path => `  "${name}/${path.name}"`)])
    throw new Error(`No pipeline and no path is named ${wanted.join(' ')}. There are:\n${names.join('\n')}`)
  }
  console.log(`\n${textTable([HEAD, ...rows.map(lineOf)]).join('\n')}`)
  const failed = rows.filter(({ problem }) => problem !== undefined).length
  console.log(`\n${rows.length - failed} paths passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

await runCommand(main)
