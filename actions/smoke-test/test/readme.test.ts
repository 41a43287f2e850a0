import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
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

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')
const readme = read('README.md')
/** The page that people read first, the language of checks, and how to come from other tools. */
const documents = { 'README.md': readme, 'checks.md': read('checks.md'), 'migrate.md': read('migrate.md') }
const whole = Object.values(documents).join('\n')
const blocks = [...whole.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
const isStep = (block: string) => block.includes('uses: org/actions/smoke-test')

/** Any value does for what the examples take from their steps' `env:`. */
const env = { SMOKE_PASSWORD: 'x', DB_PASSWORD: 'x', API_TOKEN: 'x', REDIS_PASSWORD: 'x' }

interface Step {
  readonly uses?: string
  readonly with: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

/** The anchors that GitHub gives the headings of a document. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it('keep the page that people read first short', () => {
    const prose = readme.replace(/<!-- (\w+):start -->.*?<!-- \1:end -->/gs, '')
    expect(prose.split(/\s+/).length).toBeLessThan(1_200)
  })

  it.each(Object.entries(documents))('link to headings that are there: %s', (own, text) => {
    const links = [...text.matchAll(/\]\(([\w.]*)#([^)]+)\)/g)]
    const dead = links.filter(([, file, anchor = '']) => {
      const target = Object.entries(documents).find(([name]) => name === (file || own))?.[1] ?? ''
      return !anchorsOf(target).includes(anchor)
    })
    expect(dead.map(([link]) => link)).toEqual([])
  })

  it('show steps with checks that are right', async () => {
    const steps = blocks.filter(isStep).flatMap((block): Step[] => parse(block))
    const written = steps.filter(step => step.uses?.includes('smoke-test') && step.with['checks'] !== undefined)
    expect(written.length).toBeGreaterThan(2)
    for (const { with: inputs, env: given = {} } of written) {
      const server = inputs['host'] === undefined ? { connection: undefined } : {}
      expect(await mistakesIn(inputs['checks'] ?? '', { env: given, ...server })).toEqual([])
    }
  })

  it('show documents that are right', async () => {
    const written = blocks.filter(block => !isStep(block))
    expect(written.length).toBeGreaterThan(1)
    for (const document of written) expect(await mistakesIn(document, { env })).toEqual([])
  })

  it('begin with the check of the version', () => {
    expect(blocks[0]).toContain('- version: https://')
  })

  it('name every key, matcher and word of the vocabulary', () => {
    const keys = [CHECK, COMMON, HTTP, TCP, TLS_KEYS, DNS, COMMAND, EXPECT, RETRY, MATCHERS].flatMap(shape =>
      Object.keys(shape),
    )
    const lacking = [...new Set(keys)].filter(word => !new RegExp(`\`${word}[\`:]|\\b${word}: `).test(whole))
    expect([...lacking, ...[...ENGINE_NAMES, ...MIGRATION_TOOLS].filter(word => !whole.includes(word))]).toEqual([])
  })
})
