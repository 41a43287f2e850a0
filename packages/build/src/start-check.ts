import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BundleFiles } from './bundle.ts'

const LONGEST_START_MS = 20_000

/** What a program says that could not be loaded: ncc turns a package that it did not find into such an error at run time. */
const LOAD_ERROR =
  /Cannot find (module|package)|ReferenceError|SyntaxError|TypeError|ERR_[A-Z_]*MODULE|a bug of the action/

/**
 * Starts a file of a bundle without inputs, in an empty environment, and in a folder of its own far from any node_modules. It may end well or
 * refuse its inputs with an annotation, at once; anything else is a broken bundle.
 * @returns what is wrong; undefined when nothing is
 */
export function startProblem(files: BundleFiles, entry: string): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'start-'))
  try {
    for (const [name, content] of files) writeFileSync(path.join(folder, name), content)
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path.join(folder, entry)], {
      cwd: folder,
      env: {},
      encoding: 'utf8',
      timeout: LONGEST_START_MS,
    })
    return judgeStart({ status, signal, output: `${stdout}${stderr}` })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Start {
  readonly status: number | null
  readonly signal: string | null
  readonly output: string
}

export function judgeStart({ status, signal, output }: Start): string | undefined {
  if (signal !== null) return `did not end within ${LONGEST_START_MS / 1000} s (${signal}):\n${output}`
  if (LOAD_ERROR.test(output)) return `could not be loaded:\n${output}`
  if (status !== 0 && !output.includes('::error')) return `ended with ${status} and said no reason:\n${output}`
  return undefined
}
