import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { loadChecks } from '../src/checks/load-checks.ts'
import { readInputs } from '../src/inputs.ts'
import { inputVariables } from './checks/loading.ts'

const root = join(import.meta.dirname, '../../..')
const FILES = globSync('examples/*/smoke.yml', { cwd: root }).sort()

function inputsWith(given: Readonly<Record<string, string>>) {
  const env = inputVariables(given)
  return readInputs(new InputReader(env), env)
}

describe('the examples', () => {
  it('are there', () => {
    expect(FILES).toEqual(['examples/atmr/smoke.yml', 'examples/time-manager/smoke.yml'])
  })

  it.each(FILES)('%s is read without a mistake, and asks first for the version', async file => {
    const inputs = inputsWith({ 'checks-file': file, through: 'ssh', host: 'local' })
    const env = { GITHUB_SHA: 'a'.repeat(40) }
    const plans = await loadChecks(inputs, env, async path => readFileSync(join(root, path), 'utf8'))
    expect(plans.length).toBeGreaterThan(3)
    const first = plans[0]?.make(new Map())
    const wanted = first?.ok ? JSON.stringify(first.check.expectations) : ''
    expect(wanted).toMatch(/"op":"version","version":"a{40}"/)
  })
})
