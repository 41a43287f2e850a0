import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { loadRules } from '../src/load-rules.ts'
import { rulesSchema } from '../src/rules/json-schema.ts'

const folder = join(import.meta.dirname, '..')
const fits = new Ajv({ strict: false, validateFormats: false }).compile(rulesSchema())

async function isTaken(rules: string): Promise<boolean> {
  const lists = { required: '', optional: '', 'required-vars': '', 'optional-vars': '' }
  return (await loadRules({ lists, rules, rulesFile: '' }, '')).mistakes.length === 0
}

describe('rules.schema.json', () => {
  it('is made from the vocabulary as it is', () => {
    const written: unknown = JSON.parse(readFileSync(join(folder, 'rules.schema.json'), 'utf8'))
    // When this fails: node actions/validate-secrets/scripts/write-schema.ts
    expect(written).toEqual(JSON.parse(JSON.stringify(rulesSchema())))
  })

  it.each([
    'secrets: { A: url, B: { type: hex, decoded-bytes: { min: 1, max: 2 } }, C: }',
    'secrets: [A, B, { C: port }]',
    'vars: { A: { type: enum, enum: [a, 1, true] } }\nversion: 1',
    'secrets: { A: { min-length: 3, required: false, severity: warning, docs: "https://x" } }',
    'secrets: { A: { type: url, schemes: [https], require: [path], environments: { production: { forbid-local: true } } } }',
    'secrets: [A, B]\ngroups: [{ one-of: [A, B] }, { all-or-none: [A, B] }]',
    'secrets: [A, B]\nwhen: [{ if: { A: x, B: { not: [y, z] } }, require: [B] }]',
    'secrets: { A: , B: { required-when: { A: { set: true } } } }',
    'secrets: [A, B]\nchecks: [{ registry-login: { username: A, password: B, access: [pull, push] } }, { ssh-reachable: { host: A, port: 22 } }]',
    'secrets: [A]\nallow-other-names: false',
    'secrets: { A: { type: dotenv, names: { B: url, C: { min-length: 3, environments: { x: { forbidden: true } } } } } }',
    'secrets: { A: { type: base64, decoded-type: ssh-private-key, passphrase-from: B }, B: }',
    'secrets: { A: { type: private-key, algorithms: [ed25519], max-bytes: 72 } }',
  ])('takes what the action takes: %s', async rules => {
    expect(await isTaken(rules)).toBe(true)
    expect(fits(parse(rules))).toBe(true)
  })

  it.each([
    'secret: [A]',
    'secrets: { A: urll }',
    'secrets: { A: { typ: url } }',
    'secrets: { A: { type: port, schemes: [a] } }',
    'secrets: { A: { schemes: [a] } }',
    'secrets: { A: { type: enum } }',
    'secrets: { "A B": url }',
    'secrets: { A: { required: 1 } }',
    'secrets: { A: { min-length: -1 } }',
    'secrets: { A: { severity: bad } }',
    'version: 2',
    'secrets: [A]\ngroups: [{ one-of: [A] }]',
    'secrets: [A]\nwhen: [{ if: { A: x } }]',
    'secrets: [A]\nchecks: [{ ssh-login: { host: A } }]',
    'secrets: [A]\nchecks: [{ nothing: {} }]',
    'secrets: { A: { environments: { production: { nope: 1 } } } }',
    'allow-other-names: 1',
    'secrets: { A: { type: url, names: { B: url } } }',
    'secrets: { A: { names: { B: url } } }',
    'secrets: { A: { type: dotenv, names: {} } }',
    'secrets: { A: { type: dotenv, names: { B: urll } } }',
    'secrets: { A: { type: base64, passphrase-from: B }, B: }',
    'secrets: { A: { type: base64, decoded-type: nope } }',
  ])('refuses what the action refuses: %s', async rules => {
    expect(await isTaken(rules)).toBe(false)
    expect(fits(parse(rules))).toBe(false)
  })
})
