import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { loadRules } from '../src/load-rules.ts'
import { CODES } from '../src/problem.ts'
import { CHECK_KINDS } from '../src/rules/read-checks.ts'
import { KEY_NAMES, TYPE_NAMES } from '../src/rules/vocabulary.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '../../..', name), 'utf8')
/** The page that people read first, and the language of rules. */
const documents = [read('actions/validate-secrets/README.md'), read('docs/rules.md')]
const blocks = documents.flatMap(text => [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block))

const NO_LISTS = { required: '', optional: '', 'required-vars': '', 'optional-vars': '' }
const mistakesIn = async (rules: string, lists: Partial<typeof NO_LISTS> = {}) =>
  (await loadRules({ lists: { ...NO_LISTS, ...lists }, rules, rulesFile: '' }, '')).mistakes

describe('the documents', () => {
  it('show rules that are right', async () => {
    const rules = blocks.filter(block => block.includes('version: 1') || block.startsWith('secrets:'))
    expect(rules).toHaveLength(3)
    for (const text of rules) expect(await mistakesIn(text)).toEqual([])
  })

  it('show checks that are right', async () => {
    const [checks = ''] = blocks.filter(block => block.startsWith('checks:'))
    const names = [...new Set(checks.match(/\b[A-Z]+(_[A-Z]+)+\b/g))]
    expect(await mistakesIn(`secrets: [${names.join(', ')}]\n${checks}`)).toEqual([])
    expect(CHECK_KINDS.filter(kind => !checks.includes(`- ${kind}:`))).toEqual([])
  })

  it('show lists that are right, with an `env:` that names each', async () => {
    for (const step of blocks.filter(block => block.includes('uses: org/actions/validate-secrets'))) {
      const [{ with: inputs, env }] = parse(step.includes('steps:') ? step : `steps:\n${step}`).steps
      expect(await mistakesIn('', inputs)).toEqual([])
      const named = Object.values<string>(inputs).flatMap(list =>
        list
          .trim()
          .split('\n')
          .map(line => line.split(':')[0]),
      )
      expect(Object.keys(env)).toEqual(named)
    }
  })

  it('name every type, key and code', () => {
    const lacking = [...TYPE_NAMES, ...KEY_NAMES, ...Object.keys(CODES)].filter(
      word => !documents.join('\n').includes(`\`${word}`),
    )
    expect(lacking).toEqual([])
  })
})
