import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { checksSchema } from '../src/checks/checks-schema.ts'
import { mistakesIn } from './checks/loading.ts'

const folder = join(import.meta.dirname, '..')
const fits = new Ajv({ strict: false, validateFormats: false }).compile(checksSchema())

const isTaken = async (checks: string) => (await mistakesIn(checks)).length === 0

describe('checks.schema.json', () => {
  it('is made from the vocabulary as it is', () => {
    const written: unknown = JSON.parse(readFileSync(join(folder, 'checks.schema.json'), 'utf8'))
    // When this fails: node actions/smoke-test/scripts/write-schema.ts
    expect(written).toEqual(JSON.parse(JSON.stringify(checksSchema())))
  })

  it.each([
    '- https://x.example.org/health\n- tcp://db:5432\n- tls://x.example.org',
    'version: 1\ndefaults: { timeout: 5s, retry: { attempts: 3, interval: 1s }, severity: warning, group: web }\nchecks: [https://x]',
    '- version: https://x',
    '- version: { url: https://x, is: 1.4.2, path: $.version, bearer: abc }',
    '- version: { url: https://x, header: x-version, is: { starts-with: "1." } }',
    '- healthy: { url: https://x, is: [a, b] }',
    '- database: postgres\n  service: db',
    '- database: { engine: mysql, host: db, port: 3306, user: app, env: { A: b } }\n  through: ssh',
    '- migrations: django\n  service: web',
    '- migrations: { tool: rails, cwd: /app }\n  service: web',
    '- { name: a, group: g, enabled: true, severity: warning, timeout: 5s, through: ssh, http: https://x }',
    '- { http: https://x, enabled: "${ON:-true}", timeout: "${T:-5s}" }',
    '- http: { url: https://x, method: POST, headers: { a: b, c: 1 }, json: [1, { a: null }], follow_redirects: false, maxRedirects: 2 }',
    '- http: { url: https://x, form: { a: 1 }, basic-auth: { username: a, password: b }, resolve: "x:443:1.2.3.4", ip-version: 4, http-version: 2 }',
    '- http: { url: https://x, tls: { insecure-skip-verify: true, min-version: 1.2 }, http-version: 1.1 }',
    '- { tcp: "db:5432", expect: { banner: /x/ } }',
    '- { tls: { host: x, port: "465", server-name: y }, expect: { certificate: { days-left: { gte: 3 }, issuer: x, san: [a, b] }, tls-version: 1.3 } }',
    '- { dns: { name: x, type: MX }, expect: { records: [a, b] } }',
    '- { command: [a, 1, ""], expect: { exit-code: [0, 1], stdout: "0", stderr: { absent: false } } }',
    '- command: { shell: "echo 1", cwd: /, env: { A: , B: 1 } }',
    '- { http: https://x, expect: { status: 200, headers: { a: /b/ }, body: [a, { contains: b }], max-time: 800ms, max_size: 2MB } }',
    '- { http: https://x, expect: { status: [200, 3xx, 400-404] } }',
    '- { http: https://x, expect: { html: { h1: Welcome, "meta[name=commit]@content": { version: abcdef0 }, li: { length: { gte: 2 } } } } }',
    '- { http: https://x, expect: { json: { $.a: null, $.b: [1], $.c: { gte: 1, lt: 5 }, $.d: { every: { not: up } }, $.e: { notIn: [a] } } } }',
    '- { http: https://x, expect: { json: { $.a: { length: { gte: 1 } }, $.b: { or: [1, { type: null }] } }, json-schema: { type: object } } }'.replace(
      'type: null',
      'type: "null"',
    ),
    '- { http: https://x, retry: { attempts: 3, interval: 1s, backoff: 1.5, max-interval: 5s, deadline: 1m, initial-delay: 3s, jitter: 0, success-threshold: 3, fatal-on: [404, 5xx, exit-2, refused] } }',
    '- { name: a, http: https://x, capture: { t: $.t, h: header location, b: body, c: "html input[name=csrf]@value" } }\n- { http: "https://x/${t}", needs: a }',
  ])('takes what the action takes: %s', async checks => {
    expect(await mistakesIn(checks)).toEqual([])
    expect(fits(parse(checks))).toBe(true)
  })

  it.each([
    '{}',
    '[]',
    'checks: https://x',
    '- shop.example.org',
    'version: 2\nchecks: [https://x]',
    'chekcs: [https://x]\ndefaults: {}',
    '- { http: https://x, nmae: a }',
    '- { http: https://x, tcp: "x:1" }',
    '- { http: https://x, healthy: https://x }',
    '- { name: a }',
    '- version: shop',
    '- version: { is: 1 }',
    '- database: oracle',
    '- database: { engine: oracle }',
    '- migrations: { tool: django, url: https://x }',
    '- { http: https://x, severity: bad }',
    '- { http: https://x, timeout: 5 }',
    '- { http: https://x, enabled: 1 }',
    '- { http: https://x, through: server }',
    '- { http: https://x, needs: [] }',
    '- { http: https://x, capture: { a: token } }',
    '- { http: https://x, capture: { "a b": $.a } }',
    '- { http: https://x, retry: 3 }',
    '- { http: https://x, retry: { retries: 3 } }',
    '- { http: https://x, retry: { attempts: 0 } }',
    '- { http: https://x, retry: { fatal-on: nothing } }',
    '- http: { method: GET }',
    '- http: { url: https://x, method: FETCH }',
    '- http: { url: https://x, headers: { "a b": c } }',
    '- http: { url: https://x, basic-auth: { username: a } }',
    '- http: { url: https://x, http-version: 3 }',
    '- tcp: db',
    '- tcp: { host: db }',
    '- tcp: { host: db, port: 99999 }',
    '- dns: { name: x, type: AA }',
    '- command: npm test',
    '- command: []',
    '- command: { run: [a], shell: b }',
    '- command: { env: { A: b } }',
    '- { http: https://x, expect: { statuss: 200 } }',
    '- { http: https://x, expect: { status: 600 } }',
    '- { http: https://x, expect: { body: { contians: a } } }',
    '- { http: https://x, expect: { body: [] } }',
    '- { http: https://x, expect: { json: { status: up } } }',
    '- { http: https://x, expect: { html: h1 } }',
    '- { http: https://x, expect: { html: { h1: { contians: a } } } }',
    '- { http: https://x, expect: { json: { $.a: { or: a } } } }',
    '- { http: https://x, expect: { json: { $.a: { type: text } } } }',
    '- { http: https://x, expect: { max-time: 800 } }',
    '- { http: https://x, expect: { certificate: { days-left: many } } }',
    '- { http: https://x, expect: { certificate: { days: 3 } } }',
  ])('refuses what the action refuses: %s', async checks => {
    expect(await isTaken(checks)).toBe(false)
    expect(fits(parse(checks))).toBe(false)
  })
})
