// `pnpm test:all`, which `npm test` runs: everything that must hold, in the order in which a fault is found soonest. The last line counts.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { formatDuration } from '@deploy-actions/core/values/duration'
import { addCounts, NO_TESTS, type Report, readReport } from './test-report.ts'
import { root } from './workspace.ts'

const NO_REPORT: Report = { counts: NO_TESTS, failures: [] }

interface Section {
  readonly title: string
  /** The script of package.json, and its arguments. */
  readonly script: readonly string[]
  /** The titles of the sections without which this one can't tell anything. */
  readonly needs?: readonly string[]
  /** Whether it is a run of jest, whose tests are counted. */
  readonly isJest?: boolean
}

const jest = (project: string) => ['jest', '--selectProjects', project, '--maxWorkers=2']

const SECTIONS: readonly Section[] = [
  { title: 'Types and style', script: ['check'] },
  { title: 'Bundles', script: ['build'] },
  { title: 'Release tree', script: ['release-tree'], needs: ['Bundles'] },
  { title: 'Workflows and scripts', script: ['lint:workflows'] },
  { title: 'Unit tests', script: jest('unit'), isJest: true },
  { title: 'Tests of the bundles', script: jest('bundle'), isJest: true, needs: ['Bundles'] },
  { title: 'Tests of the crash harness', script: jest('crash'), isJest: true },
  { title: 'Crash points', script: ['crash', '--short'], needs: ['Tests of the crash harness'] },
  { title: 'Tests in the lab', script: jest('lab'), isJest: true, needs: ['Release tree'] },
]

interface Outcome extends Report {
  readonly title: string
  readonly result: 'passed' | 'failed' | 'not run'
  readonly ms: number
}

async function runSection(section: Section, folder: string): Promise<Outcome> {
  const { title, script } = section
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(2, 60 - title.length))}`)
  const started = performance.now()
  const report = path.join(folder, `${script.join('-')}.json`)
  const options = section.isJest ? ['--json', `--outputFile=${report}`] : []
  const status = await runScript([...script, ...options])
  const ms = performance.now() - started
  const { counts, failures } = section.isJest ? readReport(() => readFileSync(report, 'utf8'), root) : NO_REPORT
  const isPassed = status === 0 && counts.failed === 0
  // What fails without a failed test counts too, so that the last line can't call a failed run clean.
  const failed = isPassed ? 0 : Math.max(counts.failed, 1)
  console.log(`${title}: ${isPassed ? 'passed' : 'FAILED'} after ${formatDuration(ms)}`)
  return { title, result: isPassed ? 'passed' : 'failed', counts: { ...counts, failed }, failures, ms }
}

function runScript(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('pnpm', ['--silent', 'run', ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 1))
  })
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'test-all-'))
  const outcomes: Outcome[] = []
  try {
    for (const section of SECTIONS) {
      const missing = outcomes.find(({ title, result }) => result !== 'passed' && section.needs?.includes(title))
      if (missing === undefined) outcomes.push(await runSection(section, folder))
      else outcomes.push({ title: section.title, result: 'not run', ...NO_REPORT, ms: 0 })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`\n━━ All ${'━'.repeat(57)}`)
  for (const { title, result, counts, ms } of outcomes) {
    const tests = counts.passed > 0 ? `${counts.passed} tests` : ''
    console.log(`${result.padEnd(8)} ${title.padEnd(24)} ${formatDuration(ms).padStart(10)}  ${tests}`)
  }
  // Once more at the end: the lines of a failed test are far above by now.
  for (const failure of outcomes.flatMap(({ failures }) => failures)) console.log(`\nfailed   ${failure}`)
  const { passed, failed, skipped } = outcomes.map(({ counts }) => counts).reduce(addCounts, NO_TESTS)
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exitCode = outcomes.every(({ result }) => result === 'passed') ? 0 : 1
}

await main()
