import { generateKeyPairSync } from 'node:crypto'
import { maskableForms } from '@deploy-actions/core/values/secret'
import { selfSigned } from '@deploy-actions/testkit/certificates'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { TYPE_NAMES, type TypeName } from '../src/rules/vocabulary.ts'
import { runAction, type Told } from './running.ts'

/** A stretch that stands in no message by chance: one in 10^7 texts of this size would hold it. */
const WINDOW = 8

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
const random = (min: number, max = min) =>
  fc.array(fc.constantFrom(...LETTERS), { minLength: min, maxLength: max }).map(letters => letters.join(''))

/** A value, and what in it is secret. */
interface Sample {
  readonly value: string
  readonly cores: readonly string[]
}

const keys: { pem: string[]; certificates: string[] } = { pem: [], certificates: [] }
beforeAll(async () => {
  keys.pem = [
    ...Array.from({ length: 4 }, () => makeSshKey('ed25519').private),
    makeSshKey('ed25519', { passphrase: 'a passphrase of it' }).private,
    makeSshKey('ecdsa').private,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  ]
  keys.certificates = [
    (await selfSigned({ names: ['a.example'] })).cert,
    (await selfSigned({ names: ['b.example'], days: -3 })).cert,
  ]
})

/** Values of each type with a random core, most of them right before they are mangled. */
function sampleOf(type: TypeName): fc.Arbitrary<Sample> {
  const of = (make: (core: string) => string, min = 16, max = 40) =>
    random(min, max).map(core => ({ value: make(core), cores: [core] }))
  const pem = (pick: () => string[]) => fc.nat().map(index => sampleOfPem(pick()[index % pick().length] ?? ''))
  const samples: Record<TypeName, fc.Arbitrary<Sample>> = {
    text: of(core => core),
    enum: of(core => core),
    pattern: of(core => core),
    base64: of(core => Buffer.from(core).toString('base64')),
    base64url: of(core => `${core}-_`),
    hex: of(core => Buffer.from(core).toString('hex')),
    uuid: of(core => `123e4567-e89b-12d3-${core}`),
    integer: of(core => `12${core}`),
    port: of(core => `22${core}`),
    boolean: of(core => `true${core}`),
    url: of(core => `https://user:${core}@host.example/${core}?k=${core}`),
    host: of(core => `${core}.${core}:22`),
    'ssh-host': of(core => `${core}@${core}:22`),
    dotenv: of(core => `A=${core}\nPASSWORD="${core}`),
    email: of(core => `${core}@${core}`),
    semver: of(core => `v1.2.3-${core}`),
    json: of(core => `{"private": "${core}", "password": ${core}}`),
    jwt: of(
      core =>
        `${Buffer.from(`{"alg":"HS256","kid":"${core}"}`).toString('base64url')}.${Buffer.from(`{"exp":1,"iss":"${core}"}`).toString('base64url')}.${core}`,
    ),
    'docker-image': of(core => `ghcr.io/${core}/app:${core}+x`),
    'database-url': of(core => `postgres://user:${core}/${core}@db.example:5432/shop`),
    certificate: pem(() => keys.certificates),
    'private-key': pem(() => keys.pem),
    'ssh-private-key': pem(() => keys.pem),
    'ssh-public-key': of(core => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${core} me@host`),
    'known-hosts': of(core => `host.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${core}`),
  }
  return samples[type]
}

function sampleOfPem(text: string): Sample {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('-----'))
  return { value: text, cores: lines.slice(0, 3).map(line => line.slice(-32)) }
}

/** What happens to values on their way into a secret. */
const MANGLES: readonly ((value: string) => string)[] = [
  value => value,
  value => `${value}\n`,
  value => ` ${value}`,
  value => `"${value}"`,
  value => `VALUE=${value}`,
  value => `A_NAME=${value}`,
  value => value.replaceAll('\n', '\\n'),
  value => value.replaceAll('\n', ' '),
  value => value.replaceAll('\n', '\r\n'),
  value => value.slice(0, Math.ceil(value.length * 0.7)),
  value => value.slice(Math.floor(value.length * 0.3)),
  value => Buffer.from(value).toString('base64'),
  value => value.toUpperCase(),
  value => `\ufeff${value}`,
  value => `Bearer ${value}`,
  value => `<${value}>`,
  value => `\${${value}}`,
  value => `::error::${value}`,
  value => `${value}\n::set-output name=x::${value}`,
  value => `| ${value} | [x](y) \`${value}\``,
  value => `{"a":"${value}"`,
  value => `https://${value}`,
]

const OPTIONS =
  '{ severity: error, min-length: 4000, max-length: 5000, pattern: "x{3}", enum: [one, two], starts-with: zzz, ends-with: zzz, min-entropy: 9, not-equal-to: [OTHER] }'

const failing = fc
  .record({
    type: fc.constantFrom(...TYPE_NAMES),
    mangle: fc.constantFrom(...MANGLES),
    again: fc.constantFrom(...MANGLES),
    strict: fc.boolean(),
    store: fc.boolean(),
    place: fc.nat(9),
  })
  .chain(({ type, mangle, again, strict, store, place }) =>
    sampleOf(type).map(sample => ({
      type,
      strict,
      store,
      place,
      cores: sample.cores,
      value: again(mangle(sample.value)),
    })),
  )

/** Some of the same values come in the wrong place: as rules, as names, as other inputs. */
function givenOf({
  type,
  strict,
  store,
  place,
  value,
}: {
  type: TypeName
  strict: boolean
  store: boolean
  place: number
  value: string
}) {
  const options = strict
    ? OPTIONS.replace('{', `{ type: ${type},`)
    : type === 'enum'
      ? '{ type: enum, enum: [zzz] }'
      : type === 'pattern'
        ? '{ type: pattern, pattern: zzz }'
        : `{ type: ${type} }`
  const rules = `secrets:\n  A_NAME: ${options}\n  OTHER: { required: true }\n  LACKING: url\ngroups: [{ one-of: [A_NAME, OTHER] }]\n`
  const env = { A_NAME: value, OTHER: value }
  const inputs: Record<string, string> = {
    rules,
    'report-path': 'r.json',
    ...(store ? { secrets: JSON.stringify({ A_NAME: value, B: value }) } : {}),
  }
  if (place === 0) inputs['required'] = value
  if (place === 1) inputs['rules'] = `${rules}${value}: 1\n`
  if (place === 2) inputs['rules'] = `secrets:\n  A_NAME: ${value}\n  ${value}: url\n`
  if (place === 3) inputs['secrets'] = value
  if (place === 4) inputs['on-problem'] = value
  if (place === 5)
    inputs['rules'] = rules.replace(
      'LACKING: url',
      `LACKING: { type: ${JSON.stringify(value)}, ${JSON.stringify(value)}: 1 }`,
    )
  return { inputs, env: store ? {} : env }
}

function leakIn(told: Told, value: string, cores: readonly string[]): string | undefined {
  const text = told.everything.toLowerCase()
  const parts = new Set(Array.from({ length: text.length }, (_, at) => text.slice(at, at + WINDOW)))
  for (const core of cores) {
    const forms = [core, [...core].reverse().join(''), Buffer.from(core).toString('hex'), ...maskableForms(core)].map(
      form => form.toLowerCase(),
    )
    for (const form of forms) {
      for (let at = 0; at + WINDOW <= form.length; at++) {
        const part = form.slice(at, at + WINDOW)
        if (parts.has(part)) return part
      }
    }
  }
  return value.length >= WINDOW && !value.startsWith('-----') && text.includes(value.toLowerCase()) ? value : undefined
}

describe('what is written', () => {
  it('never holds a value, a part or a form of one, over thousands of failing runs', async () => {
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(failing, async sample => {
        const told = await runAction(givenOf(sample))
        expect(told.failure).toBeDefined()
        expect(leakIn(told, sample.value, sample.cores)).toBeUndefined()
        // The guard had nothing to do: no message was made from a value.
        expect(told.everything).not.toContain('***')
        seen.set(sample.type, (seen.get(sample.type) ?? 0) + 1)
      }),
      { numRuns: 2_000 },
    )
    expect([...seen.keys()].sort()).toEqual([...TYPE_NAMES].sort())
  }, 300_000)
})
