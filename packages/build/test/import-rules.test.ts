import { readFileSync } from 'node:fs'
import path from 'node:path'
import { importProblems } from '@deploy-actions/build/import-rules'
import { asksTheTime, importsOf } from '@deploy-actions/build/module-imports'
import { filesUnder, root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'

describe('importsOf', () => {
  it('finds every form', () => {
    const source = `
import a from 'a'
import { type B } from 'b'
import type { C } from 'c'
export * from './d.ts'
const e = await import('e')
const f = require('f')
// import 'g'
`
    expect(importsOf(source)).toEqual([
      { specifier: 'a', isTypeOnly: false },
      { specifier: 'b', isTypeOnly: true },
      { specifier: 'c', isTypeOnly: true },
      { specifier: './d.ts', isTypeOnly: false },
      { specifier: 'e', isTypeOnly: false },
      { specifier: 'f', isTypeOnly: false },
    ])
  })
})

describe('asksTheTime', () => {
  it.each([
    ['const t = Date.now()', true],
    ['const t = new Date()', true],
    ['const f = Date.now', true],
    ['const t = new Date(0)', false],
    ['const t = Date.UTC(2026, 0)', false],
    ['const s = "Date.now()"', false],
  ])('%s: %s', (source, expected) => {
    expect(asksTheTime(source)).toBe(expected)
  })
})

describe('importProblems', () => {
  it.each([
    ['packages/core/src/values/a.ts', '../flow/retry.ts', "imports core's flow; values may import nothing"],
    ['packages/core/src/flow/a.ts', '../runner/log.ts', "imports core's runner; flow may import values"],
    ['packages/core/src/http/a.ts', '../host/host.ts', "imports core's host; http may import values, flow"],
    ['packages/core/src/new/a.ts', '../values/secret.ts', 'is in the folder new, for which there is no rule'],
    ['packages/core/src/compose/a.ts', 'ssh2', "imports ssh2; only core's host may"],
    ['packages/core/src/host/a.ts', 'undici', "imports undici; only core's http may"],
    ['packages/core/src/http/a.ts', '@actions/core', "imports @actions/core; only core's runner may"],
    ['packages/core/src/release/a.ts', 'node:fs', "imports node:fs; only core's host and runner may"],
    ['packages/core/src/release/a.ts', 'node:cluster', 'imports node:cluster, for which there is no rule'],
    [
      'packages/core/src/host/a.ts',
      '@deploy-actions/testkit/manual-clock',
      'imports packages/testkit/src/manual-clock.ts, which does not ship',
    ],
    ['actions/a/src/run.ts', '../../b/src/run.ts', 'imports of the action b; what two need moves to core'],
    ['actions/a/src/run.ts', '../test/fixture.ts', 'imports actions/a/test/fixture.ts, which does not ship'],
    [
      'actions/a/src/run.ts',
      '@deploy-actions/core/runner/clock',
      'imports packages/core/src/runner/clock.ts; main.ts does, and hands it on',
    ],
    ['actions/a/src/run.ts', 'node:fs', "imports node:fs; only core's host and runner may"],
  ])('%s may not import %s', (file, specifier, problem) => {
    expect(importProblems(file, `import { x } from '${specifier}'`)).toEqual([problem])
  })

  it.each([
    ['packages/core/src/values/a.ts', "import { createHash } from 'node:crypto'"],
    ['packages/core/src/host/a.ts', "import type { Log } from '../runner/log.ts'"],
    ['packages/core/src/runner/a.ts', 'export const now = () => Date.now()'],
    ['actions/a/src/main.ts', "import { systemClock } from '@deploy-actions/core/runner/clock'"],
    ['actions/a/src/main.ts', "import 'node:fs'\nconst t = new Date()"],
    ['actions/a/src/adapters/files.ts', "import 'node:fs/promises'"],
    ['actions/a/src/run.ts', "import { retry } from '@deploy-actions/core/flow/retry'"],
    ['packages/core/test/a.test.ts', "import 'node:fs'"],
  ])('%s may: %s', (file, source) => {
    expect(importProblems(file, source)).toEqual([])
  })

  it('finds who asks the time', () => {
    expect(importProblems('actions/a/src/run.ts', 'const t = Date.now()')).toEqual(['asks the time: take a Clock'])
  })
})

describe('the sources that ship', () => {
  it('keep to the direction of imports', () => {
    const files = [...filesUnder('packages/core/src'), ...filesUnder('actions')].filter(file => file.endsWith('.ts'))
    const problems = files.flatMap(file =>
      importProblems(file, readFileSync(path.join(root, file), 'utf8')).map(problem => `${file} ${problem}`),
    )
    expect(files.length).toBeGreaterThan(0)
    expect(problems).toEqual([])
  })
})
