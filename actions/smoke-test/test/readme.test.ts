import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { yamlIn } from '@deploy-actions/build/documents'
import { stepsShown } from '@deploy-actions/build/shown-steps'
import { describe, expect, it } from '@jest/globals'
import { CHECK, COMMON } from '../src/checks/check-shape.ts'
import { COMMAND } from '../src/checks/command.ts'
import { EXPECT } from '../src/checks/expect.ts'
import { HTTP } from '../src/checks/http.ts'
import { MATCHERS } from '../src/checks/matcher-vocabulary.ts'
import { ENGINE_NAMES, MIGRATION_TOOLS } from '../src/checks/preset-commands.ts'
import { RETRY } from '../src/checks/retry.ts'
import { DNS, TCP } from '../src/checks/sockets.ts'
import { TLS_KEYS } from '../src/checks/tls.ts'
import { mistakesIn } from './checks/loading.ts'

const root = join(import.meta.dirname, '../../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const readme = read('actions/smoke-test/README.md')
const language = read('docs/checks.md')
const blocksIn = (document: string) => yamlIn(document).map(({ text }) => text)
const isStep = (block: string) => block.includes('uses: org/actions/smoke-test')

/** Any value does for what the examples take from their steps' `env:`. */
const env = { SMOKE_PASSWORD: 'x', DB_PASSWORD: 'x', API_TOKEN: 'x', REDIS_PASSWORD: 'x' }

/** What the runner would put in place of an expression: a URL, where an example has one. */
const withoutExpressions = (text: string) => text.replace(/\$\{\{[^}]*\}\}/g, 'https://shop.example.org')

describe('the documents', () => {
  it('keep the page that people read first short', () => {
    const prose = readme.replace(/<!-- (\w+):start -->.*?<!-- \1:end -->/gs, '')
    expect(prose.split(/\s+/).length).toBeLessThan(1_200)
  })

  it('show steps with checks that are right', async () => {
    const written = stepsShown('smoke-test').filter(({ inputs }) => 'checks' in inputs)
    expect(written.length).toBeGreaterThan(5)
    for (const { inputs, env: shown } of written) {
      const given = Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, withoutExpressions(value)]))
      const server = 'host' in inputs ? {} : { connection: undefined }
      expect(await mistakesIn(withoutExpressions(String(inputs['checks'])), { env: given, ...server })).toEqual([])
    }
  })

  it('show documents that are right', async () => {
    const written = [readme, language].flatMap(blocksIn).filter(block => !isStep(block))
    expect(written.length).toBeGreaterThan(1)
    for (const document of written) expect(await mistakesIn(document, { env })).toEqual([])
  })

  it('begin with the check of the version', () => {
    expect(blocksIn(readme)[0]).toContain('- version: https://')
  })

  it('name every key, matcher and word of the vocabulary', () => {
    const keys = [CHECK, COMMON, HTTP, TCP, TLS_KEYS, DNS, COMMAND, EXPECT, RETRY, MATCHERS].flatMap(shape =>
      Object.keys(shape),
    )
    const lacking = [...new Set(keys)].filter(
      word => !new RegExp(`\`${word}[\`:]|\\b${word}: `).test(readme + language),
    )
    expect([...lacking, ...[...ENGINE_NAMES, ...MIGRATION_TOOLS].filter(word => !language.includes(word))]).toEqual([])
  })
})
