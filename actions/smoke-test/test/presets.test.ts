import { describe, expect, it } from '@jest/globals'
import { judge } from '../src/expect/judge.ts'
import { createPatternTester } from '../src/expect/pattern.ts'
import type { Observation } from '../src/observation.ts'
import { checkOf, mistakesIn, SHA } from './checks/loading.ts'
import { answer, output } from './expect/observations.ts'

const isMatch = createPatternTester()
const reasons = async (written: string, seen: Observation) => judge(await checkOf(written), seen, 10, isMatch)

const URL_TEXT = 'https://shop.example.org/health'
/** The check without its name and place, which differ between a preset and what it stands for. */
async function essence(written: string) {
  const { name: _, at: __, ...rest } = await checkOf(written)
  return rest
}

describe('presets', () => {
  it.each([
    [`- version: ${URL_TEXT}`, `- http: ${URL_TEXT}\n  expect: { body: { version: "\${GITHUB_SHA}" } }`],
    [
      `- version: { url: "${URL_TEXT}", is: 1.4.2, path: $.build.version, bearer: "\${API_TOKEN}" }`,
      `- http: { url: "${URL_TEXT}", bearer: "\${API_TOKEN}" }\n  expect: { json: { $.build.version: { version: 1.4.2 } } }`,
    ],
    [
      `- version: { url: "${URL_TEXT}", header: X-Version, is: /^1\\./ }`,
      `- http: ${URL_TEXT}\n  expect: { headers: { X-Version: /^1\\./ } }`,
    ],
    [
      `- version: ${URL_TEXT}\n  expect: { body: { contains: ok } }`,
      `- http: ${URL_TEXT}\n  expect: { body: { and: [{ version: "\${GITHUB_SHA}" }, { contains: ok }] } }`,
    ],
    [
      `- healthy: ${URL_TEXT}`,
      `- http: ${URL_TEXT}\n  expect: { status: 200, json: { $.status: /^(pass|ok|up|healthy)$/i } }`,
    ],
    [
      `- healthy: { url: "${URL_TEXT}", path: $.state, is: green }\n  expect: { status: 204, max-time: 1s, json: { $.x: 1 } }`,
      `- http: ${URL_TEXT}\n  expect: { status: 204, max-time: 1s, json: { $.state: green, $.x: 1 } }`,
    ],
    [
      `- database: { url: "${URL_TEXT}", is: { ne: down } }`,
      `- http: ${URL_TEXT}\n  expect: { json: { $.database: { ne: down } } }`,
    ],
    ['- database: postgres\n  service: db', '- command: [pg_isready, -h, 127.0.0.1]\n  service: db'],
    [
      '- database: { engine: postgres, host: db, port: 5433, user: app, name: shop }',
      '- command: [pg_isready, -h, db, -p, 5433, -U, app, -d, shop]',
    ],
    [
      '- database: { engine: mysql, user: app }\n  service: db',
      '- command: [mysqladmin, -h, 127.0.0.1, -u, app, --connect-timeout=5, ping]\n  service: db',
    ],
    [
      '- database: mariadb\n  service: db',
      '- command: [mariadb-admin, -h, 127.0.0.1, --connect-timeout=5, ping]\n  service: db',
    ],
    [
      '- database: { engine: redis, env: { REDISCLI_AUTH: "${API_TOKEN}" } }\n  service: redis',
      '- command: { run: [redis-cli, -h, 127.0.0.1, ping], env: { REDISCLI_AUTH: "${API_TOKEN}" } }\n  service: redis\n  expect: { stdout: PONG }',
    ],
    [
      '- database: valkey\n  service: c',
      '- command: [valkey-cli, -h, 127.0.0.1, ping]\n  service: c\n  expect: { stdout: PONG }',
    ],
    [
      '- database: mongo\n  service: c',
      '- command: [mongosh, --quiet, --host, 127.0.0.1, --eval, "db.adminCommand(\'ping\').ok"]\n  service: c\n  expect: { stdout: "1" }',
    ],
    ['- migrations: alembic\n  service: web', '- command: [alembic, current, --check-heads]\n  service: web'],
    [
      '- migrations: { tool: django, cwd: /app }\n  service: web',
      '- command: { run: [python, manage.py, migrate, --check], cwd: /app }\n  service: web',
    ],
    ['- migrations: prisma\n  service: web', '- command: [npx, --no, --, prisma, migrate, status]\n  service: web'],
    ['- migrations: rails\n  service: web', '- command: [bin/rails, db:abort_if_pending_migrations]\n  service: web'],
  ])('%s stands for an ordinary check', async (preset, ordinary) => {
    expect(await essence(preset)).toEqual(await essence(ordinary))
  })

  it.each([
    [`- version: ${URL_TEXT}`, `version: ${URL_TEXT}`],
    [`- healthy: ${URL_TEXT}?a=1`, `healthy: ${URL_TEXT}?a=…`],
    ['- database: postgres\n  service: db', 'database: pg_isready -h 127.0.0.1 in db'],
    [`- version: ${URL_TEXT}\n  name: the new build`, 'the new build'],
  ])('%s has a name that says what it proves', async (written, name) => {
    expect((await checkOf(written)).name).toBe(name)
  })

  it.each<[string, Observation]>([
    [`- version: ${URL_TEXT}`, answer({ status: 'healthy', commit: SHA.slice(0, 7) })],
    [`- version: ${URL_TEXT}`, answer(`<html><!-- build ${SHA} --></html>`)],
    [`- version: { url: "${URL_TEXT}", is: v2.0.1 }`, answer({ version: '2.0.1' })],
    [`- healthy: ${URL_TEXT}`, answer({ status: 'healthy' })],
    [`- healthy: ${URL_TEXT}`, answer({ status: 'UP' })],
    [`- database: ${URL_TEXT}`, answer({ database: 'connected' })],
    [`- database: ${URL_TEXT}`, answer({ database: true })],
    [`- migrations: ${URL_TEXT}`, answer({ migrations: 'up to date' })],
    [`- migrations: ${URL_TEXT}`, answer({ migrations: 'up-to-date' })],
    [`- migrations: { url: "${URL_TEXT}", path: $.migrations.pending, is: 0 }`, answer({ migrations: { pending: 0 } })],
    ['- database: redis\n  service: r', output('PONG\n')],
    ['- migrations: django\n  service: web', output('')],
  ])('%s is content with %j', async (written, seen) => {
    expect(await reasons(written, seen)).toEqual([])
  })

  it.each<[string, Observation, string]>([
    [`- version: ${URL_TEXT}`, answer({ commit: '1234567abc' }), `the body names 1234567abc, not ${SHA}`],
    [
      `- version: ${URL_TEXT}`,
      answer({ status: 'healthy' }),
      `the body is "{\\"status\\":\\"healthy\\"}", which does not name ${SHA}`,
    ],
    [`- healthy: ${URL_TEXT}`, answer({ status: 'unhealthy' }), '$.status is "unhealthy", which does not match'],
    [`- healthy: ${URL_TEXT}`, answer({ status: 'healthy' }, { status: 503 }), 'status is 503, not 200'],
    [`- healthy: ${URL_TEXT}`, answer('<!doctype html><html></html>'), 'the body is HTML, not JSON'],
    [`- database: ${URL_TEXT}`, answer({ status: 'healthy' }), '$.database is missing'],
    [`- database: ${URL_TEXT}`, answer({ database: 'timeout' }), '$.database is "timeout"'],
    [`- migrations: ${URL_TEXT}`, answer({ migrations: 'pending' }), '$.migrations is "pending"'],
    [
      '- database: redis\n  service: r',
      output('NOAUTH Authentication required.\n'),
      'the output is "NOAUTH Authentication required.", not "PONG"',
    ],
    ['- migrations: rails\n  service: web', output('You have 1 pending migration', 1), 'the exit status is 1, not 0'],
  ])('%s is not content with %j', async (written, seen, expected) => {
    expect((await reasons(written, seen)).join('\n')).toContain(expected)
  })

  it.each([
    ['- version: shop', '1:12 write a URL'],
    ['- version: { is: 1 }', '1:12 `url` is missing here'],
    [`- version: ${URL_TEXT}\n  healthy: ${URL_TEXT}`, '2:12 a check has one preset only'],
    [`- version: ${URL_TEXT}\n  http: ${URL_TEXT}`, 'stands twice'],
    [`- version: { url: "${URL_TEXT}", pth: $.a }`, 'the key `pth` is not known; did you mean `path`?'],
    [`- version: { url: "${URL_TEXT}", path: a }`, 'write a JSONPath'],
    [`- version: { url: "${URL_TEXT}", path: $.a, header: b }`, 'write `path` or `header`, not both'],
    ['- database: postgress\n  service: db', '1:13 did you mean `postgres`?'],
    ['- database: oracle\n  service: db', '1:13 write a URL, or one of postgres'],
    ['- database: { engine: redis, user: a }\n  service: db', '1:36 `user` is not for redis'],
    ['- migrations: { tool: flyway }\n  service: web', 'write one of alembic'],
    ['- database: postgres', '1:3 where is the database? write `service:`'],
  ])('finds what is wrong in %s', async (written, expected) => {
    expect((await mistakesIn(written)).join('\n')).toContain(expected)
  })
})
