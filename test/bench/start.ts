// What an action costs before it does anything: processor time until it refuses to run without inputs, as a ratio to a node that
// runs an empty file. The ratio is what can be compared between machines, and every round measures all of them in turn, so that
// what else the machine does falls on all. pnpm bench start [ROUNDS] [NAME…]; needs `pnpm build`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { actionFolder, actionNames } from '@deploy-actions/build/workspace'
import { median } from './measure/median.ts'

/** At most so many times the processor time of an empty node. */
const TARGET = 3

/** bash counts the processor time of a whole child, from its start to the end of its process, and costs the child nothing. */
const MEASURE = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>&1'

/** Milliseconds on a processor. */
function processorTime(file: string, folder: string): number {
  const { stderr, error } = spawnSync('bash', ['-c', MEASURE, 'bash', process.execPath, file], {
    cwd: folder,
    env: { LC_ALL: 'C' },
    encoding: 'utf8',
  })
  const [, user, system] = /([\d.]+) ([\d.]+)\s*$/.exec(stderr ?? '') ?? []
  if (user === undefined) throw new Error(`bash did not measure ${file}: ${error?.message ?? stderr}`)
  return 1_000 * (Number(user) + Number(system))
}

function main(rounds: number, named: readonly string[]): void {
  const names = named.length > 0 ? named : actionNames()
  const bundles = names.map(name => ({ name, file: path.join(actionFolder(name), 'dist/index.cjs') }))
  const [missing] = bundles.filter(({ file }) => !existsSync(file))
  if (missing) throw new Error(`${missing.file} is missing; run pnpm build ${missing.name}`)
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-start-'))
  try {
    const empty = path.join(folder, 'empty.cjs')
    writeFileSync(empty, '')
    const subjects = [{ name: 'an empty node', file: empty }, ...bundles].map(subject => ({
      ...subject,
      times: [] as number[],
    }))
    for (let round = 0; round < rounds; round++) {
      for (const { file, times } of subjects) times.push(processorTime(file, folder))
    }
    const base = median(subjects[0]?.times ?? [])
    console.log(`processor time until the end without inputs, node ${process.versions.node}, median of ${rounds} runs`)
    for (const { name, times } of subjects) {
      const ratio = median(times) / base
      if (ratio > TARGET) process.exitCode = 1
      const verdict = ratio > TARGET ? `   OVER ${TARGET}` : ''
      console.log(
        `  ${name.padEnd(20)} ${median(times).toFixed(0).padStart(5)} ms ${ratio.toFixed(1).padStart(5)}${verdict}`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [rounds = '9', ...names] = process.argv.slice(2)
main(Number(rounds), names)
