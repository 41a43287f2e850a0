// `pnpm server-program [--check]`: joins the shell scripts of core/release/scripts into the one program that runs on servers, as a
// module that bundles take in.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './workspace.ts'

const SCRIPTS = path.join(root, 'packages/core/src/release/scripts')
const MODULE = path.join(root, 'packages/core/src/release/program.generated.ts')

/** In this order: functions first, the call of a verb last. */
const PARTS = [
  'common',
  'pending',
  'room',
  'tools',
  'seal',
  'survey',
  'files',
  'containers',
  'lock',
  'stage',
  'pull',
  'activate',
  'main',
] as const

/** The program's text, without the directives for shellcheck that each part starts with. */
export function serverProgram(): string {
  return PARTS.map(part => readFileSync(path.join(SCRIPTS, `${part}.sh`), 'utf8'))
    .map(text => text.replace(/^# shellcheck .*\n/, ''))
    .join('\n')
}

/** The module that holds a program. */
export function programModule(program: string): string {
  const hash = createHash('sha256').update(program).digest('hex')
  const text = program.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
  return `// Made by \`pnpm server-program\` from scripts/*.sh: change those.\n\nexport const PROGRAM_HASH = '${hash}'\n\nexport const PROGRAM = \`${text}\`\n`
}

function main(isCheck: boolean): void {
  const wanted = programModule(serverProgram())
  if (!isCheck) writeFileSync(MODULE, wanted)
  else if (readFileSync(MODULE, 'utf8') !== wanted)
    fail(
      'packages/core/src/release/program.generated.ts is not made of the scripts as they are: run pnpm server-program',
    )
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

if (import.meta.main) main(process.argv.includes('--check'))
