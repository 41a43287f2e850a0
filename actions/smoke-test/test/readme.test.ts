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

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
const isStep = (block: string) => block.includes('uses: org/actions/smoke-test')

/** Any value does for what the examples take from their steps' `env:`. */
const env = { SMOKE_PASSWORD: 'x', DB_PASSWORD: 'x', API_TOKEN: 'x', REDIS_PASSWORD: 'x' }

interface Step {
  readonly uses?: string
  readonly with: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

describe('README.md', () => {
  it('shows steps with checks that are right', async () => {
    const steps = blocks.filter(isStep).flatMap((block): Step[] => parse(block))
    const written = steps.filter(step => step.uses?.includes('smoke-test') && step.with['checks'] !== undefined)
    expect(written.length).toBeGreaterThan(2)
    for (const { with: inputs, env: given = {} } of written) {
      const server = inputs['host'] === undefined ? { connection: undefined } : {}
      expect(await mistakesIn(inputs['checks'] ?? '', { env: given, ...server })).toEqual([])
    }
  })

  it('shows documents that are right', async () => {
    const documents = blocks.filter(block => !isStep(block))
    expect(documents.length).toBeGreaterThan(1)
    for (const document of documents) expect(await mistakesIn(document, { env })).toEqual([])
  })

  it('begins with the proof of the version', () => {
    expect(blocks[0]).toContain('- version: https://')
  })

  it('names every key, matcher and word of the vocabulary', () => {
    const keys = [CHECK, COMMON, HTTP, TCP, TLS_KEYS, DNS, COMMAND, EXPECT, RETRY, MATCHERS].flatMap(shape =>
      Object.keys(shape),
    )
    const lacking = [...new Set(keys)].filter(word => !new RegExp(`\`${word}[\`:]|\\b${word}: `).test(readme))
    expect([...lacking, ...[...ENGINE_NAMES, ...MIGRATION_TOOLS].filter(word => !readme.includes(word))]).toEqual([])
  })
})
