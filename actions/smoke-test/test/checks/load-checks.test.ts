import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { loadChecks } from '../../src/checks/load-checks.ts'
import { ChecksMistaken } from '../../src/checks/mistaken.ts'
import { readInputs } from '../../src/inputs.ts'
import { checkOf, checksOf, DEFAULTS, inputVariables, load, mistakesIn, revealed } from './loading.ts'

describe('variables', () => {
  it.each([
    [
      'https://${APP_HSOT}/',
      "1:1 the variable `APP_HSOT` is not set; pass it by the step's `env:`, or write what else to take: ${APP_HSOT:-…}",
    ],
    ['https://${constructor}/', '1:1 the variable `constructor` is not set'],
    ['https://${EMPTY}/', '1:1 the variable `EMPTY` is empty'],
    ['- http: "https://${A B}/"', '1:9 this is no variable; write ${NAME}'],
    ['- { http: "https://x", timeout: "${API_TOKEN}" }', '1:33 write a time as 300ms'],
    ['- { name: "${NOPE}", http: "https://x" }', '1:11 the variable `NOPE` is not set'],
  ])('that are not there are told: %s', async (written, expected) => {
    const found = (await mistakesIn(written)).join('\n')
    expect(found).toContain(expected)
    expect(found).not.toContain('hunter2')
  })

  it('of a check that is left out need not be there', async () => {
    expect(await checksOf('- { http: "https://${NOPE}", enabled: "${ON:-false}" }\n- tcp: x:1')).toHaveLength(1)
  })

  it.each<[string, string[]]>([
    ['- http: { url: "https://${APP_HOST}/", headers: { x-tenant: "${API_TOKEN}" } }', ['hunter2hunter2']],
    ['- http: { url: "https://x/?key=${PLAIN}" }', ['something']],
    ['- http: { url: "https://x/", body: "${PLAIN}" }', ['something']],
    ['- http: { url: "https://x/", json: { a: ["${PLAIN}"] } }', ['something']],
    ['- http: { url: "https://x/", headers: { cookie: "sid=abc; x=1" } }', ['sid=abc; x=1', 'x=1']],
    ['- http: { url: "https://x/", bearer: literal-token }', ['literal-token']],
    ['- http: https://x/?page=orders&token=typed-token', ['typed-token']],
    ['- http: { url: "https://x/", form: { user: smoke, password: typed-word } }', ['typed-word']],
    [
      '- http: { url: "https://x/", json: { login: [{ user: smoke, api-key: typed-key, tokens: [one-token] }] } }',
      ['typed-key', 'one-token'],
    ],
    ['- http: https://x/\n  expect: { json: { $.t: "${API_TOKEN}" } }', ['hunter2hunter2']],
    ['- http: https://hooks.example.org/${API_TOKEN}', ['hunter2hunter2']],
    // What everyone may see, or what would blacken the log.
    ['- http: { url: "https://${APP_HOST}/", headers: { x-host: "${APP_HOST}" } }', []],
    ['- http: { url: "https://x/", headers: { x-sha: "${GITHUB_SHA}", x-n: "${SHORT}", x-e: "${STAGE}" } }', []],
    ['- http: { url: "https://x/", headers: { host: "${PLAIN}" } }', []],
    ['- http: https://${PLAIN}/', []],
  ])('become secrets where they are: %s', async (written, expected) => {
    const env = { PLAIN: 'something', SHORT: 'abc', STAGE: 'production' }
    expect(revealed(await checkOf(written, { env }))).toEqual(expected)
  })

  it('do not show in names and targets when they are secrets', async () => {
    const [plan] = await load('https://hooks.example.org/${API_TOKEN}')
    expect([plan?.name, plan?.target]).toEqual(['https://hooks.example.org/***', 'GET https://hooks.example.org/***'])
  })
})

describe('documents', () => {
  it('have defaults for their own checks', async () => {
    const written = `
version: 1
defaults: { timeout: 3s, retry: { attempts: 5, interval: 1s, success-threshold: 2, fatal-on: [4xx, certificate-expired] }, severity: warning, group: web }
checks:
  - https://x.example.org
  - { tcp: "x:1", timeout: 1s, group: net, severity: error, retry: { attempts: 7, backoff: 2 } }
  - http: { url: "https://x.example.org/login", form: { a: b } }
`
    const checks = await checksOf(written, { checksFiles: ['b.yml'], files: { 'b.yml': '- tcp: x:2' } })
    expect(checks.map(({ timeout, severity, group }) => [timeout, severity, group])).toEqual([
      [3_000, 'warning', 'web'],
      [1_000, 'error', 'net'],
      [3_000, 'warning', 'web'],
      [10_000, 'error', undefined],
    ])
    expect(checks.map(({ retry }) => [retry.attempts, retry.interval, retry.backoff, retry.successThreshold])).toEqual([
      [5, 1_000, 1, 2],
      [7, 1_000, 2, 2],
      [1, 1_000, 1, 1],
      [30, 2_000, 1, 1],
    ])
    expect(checks[0]?.retry.fatalOn).toEqual([
      { kind: 'status', from: 400, to: 499 },
      { kind: 'failure', failure: 'certificate-expired' },
    ])
  })

  it('attempts a request that may change something as often as it says itself', async () => {
    const { retry } = await checkOf('- http: { url: "https://x", method: POST }\n  retry: { attempts: 3 }')
    expect(retry.attempts).toBe(3)
  })

  it.each([
    ['{}', '1:1 write a list of checks'],
    ['[]', '1:1 there is no check here that is enabled'],
    ['- { tcp: "x:1", enabled: false }', '1:1 there is no check here that is enabled'],
    ['version: https://x.example.org', '1:1 write a list of checks, each on a line that starts with `- `'],
    ['version: 2\nchecks: []', '1:10 the version of this file is 1'],
    ['chekcs: []\ndefaults: {}', '1:1 the key `chekcs` is not known; did you mean `checks`?'],
    ['checks: { tcp: "x:1" }', '1:9 write a list'],
    ['- shop.example.org', '1:3 write https:// (or http://) in front: https://shop.example.org'],
    ['- []', '1:3 write a map with name'],
    ['- name: a', '1:3 a check needs one of http, tcp'],
    ['- htpp: https://x', '1:3 the key `htpp` is not known; did you mean `http`?'],
    ['- { tcp: "x:1", dns: x }', '1:17 this check is of the kind tcp already'],
    ['- { url: "https://x" }', '1:5 there is no `url` here; write `http: URL`'],
    ['- { tcp: "x:1", retry: 3 }', '1:24 write a map with attempts'],
    [
      '- { tcp: "x:1", retry: { retries: 5 } }',
      '1:26 there is no `retries` here; write `attempts`, which counts the first attempt too',
    ],
    ['- { tcp: "x:1", retry: { interval: 5 } }', '1:36 this is "5", a number without a unit'],
    ['- { tcp: "x:1", retry: { attempts: 2, success-threshold: 3 } }', '3 good attempts in a row cannot come of 2'],
    ['- { tcp: "x:1", retry: { fatal-on: refusd } }', 'did you mean `refused`?'],
    ['- { tcp: "x:1", timeout: 0s }', '1:26 this is no time at all'],
    ['- { tcp: "x:1", severity: fatal }', '1:27 write one of error, warning'],
    ['- { tcp: "x:1", capture: { t: token } }', '1:31 write a JSONPath'],
    ['- { tcp: "x:1", capture: { t: "$.[" } }', '1:31 this is no JSONPath'],
    ['- tcp: x:1\n  tcp: x:2', '2:3 the key stands twice in one map'],
    ['- http: "', '1:10 a closing quote is missing'],
    ['- http: { url: https://${APP_HOST}/ }', 'within { } and [ ], a text with ${…} in it needs quotes'],
  ])('are refused: %j', async (written, expected) => {
    expect((await mistakesIn(written)).join('\n')).toContain(expected)
  })

  it('that are not there are told, with the rest', async () => {
    expect(await mistakesIn('- { tcp: x }', { checksFiles: ['no.yml'] })).toEqual([
      '1:10 write host:port',
      '1:1 this file of `checks-file` is not in the workspace; does a step before this one check the repository out?',
    ])
  })

  it('tell all mistakes at once, in the order of the lines', async () => {
    const found = await mistakesIn(
      '- { tcp: x }\n- { htp: x }\n- { http: "https://x", expect: { statsu: 200 }, retry: { interval: 5 } }',
    )
    expect(found.map(text => text.split(' ')[0])).toEqual(['1:10', '2:5', '3:34', '3:68'])
  })

  it('quotes nothing that is far from every known word', async () => {
    const found = await mistakesIn(
      '- { hunter2hunter2: 1, http: { hunter2hunter2: x }, severity: hunter2hunter2, expect: { hunter2hunter2: 1 } }',
    )
    expect(found.length).toBeGreaterThanOrEqual(4)
    expect(found.join('\n')).not.toContain('hunter2')
  })

  it('gives one failure with the mistakes in the inputs and in the checks', async () => {
    const checks = '- tcp: x\n- { http: "http://localhost/", service: web }'
    const env = inputVariables({ checks, attempts: 'many', through: 'server', host: 'shop' })
    const inputs = readInputs(new InputReader(env), env)
    const failure = loadChecks(inputs, env, async () => undefined)
    await expect(failure).rejects.toMatchObject({
      title: 'Wrong inputs: through, attempts, user, key; 1 mistake in the checks',
      message: expect.stringMatching(
        /^- `through` is .*\n(- .*\n)+- input `checks`, line 1, column 8: write host:port$/,
      ),
      next: 'Correct the `with:` of the step, and the checks. Nothing was requested.',
    })
  })

  it('gives the mistakes in the inputs alone where no checks are given', async () => {
    const env = inputVariables({})
    const inputs = readInputs(new InputReader(env), env)
    await expect(loadChecks(inputs, env, async () => undefined)).rejects.toMatchObject({
      title: 'Wrong input: checks',
    })
  })

  it('gives a failure with every place, and annotations for files', async () => {
    const inputs = {
      checks: '- tcp: x',
      checksFiles: ['a.yml'],
      defaults: DEFAULTS,
      connection: undefined,
      wrong: undefined,
    }
    const failure = await loadChecks(inputs, {}, async () => '- dns: a b').catch((thrown: unknown) => thrown)
    if (!(failure instanceof ChecksMistaken)) throw new Error('no failure')
    expect(failure.title).toBe('2 mistakes in the checks')
    expect(failure.message).toBe(
      '- input `checks`, line 1, column 8: write host:port\n- a.yml:1:8: write a host name or an address alone',
    )
    expect(failure.annotations).toEqual([
      {
        level: 'error',
        title: 'Mistake in the checks',
        text: 'write a host name or an address alone',
        place: { file: 'a.yml', line: 1, column: 8 },
      },
    ])
  })

  it('warn of a certificate that nobody checks', async () => {
    const warnings: string[] = []
    const inputs = {
      checks: '- tls: { host: x, insecure-skip-verify: true }',
      checksFiles: [],
      defaults: DEFAULTS,
      connection: undefined,
      wrong: undefined,
    }
    await loadChecks(inputs, {}, async () => undefined, { warning: text => warnings.push(text) })
    expect(warnings).toEqual([expect.stringContaining('"tls x:443" takes any certificate')])
  })
})

describe('vantage points', () => {
  it.each([
    ['- tcp: x:1', {}, { kind: 'runner' }, 'tcp x:1'],
    ['- { tcp: "x:1", through: ssh }', {}, { kind: 'server' }, 'tcp x:1 from deploy@shop.example.org'],
    [
      '- { tcp: "localhost:1", service: web }',
      {},
      { kind: 'container', service: 'web' },
      'tcp localhost:1 in web on deploy@shop.example.org',
    ],
    [
      '- { tcp: "localhost:1", through: container }',
      { service: 'web' },
      { kind: 'container', service: 'web' },
      'tcp localhost:1 in web on deploy@shop.example.org',
    ],
    ['- tcp: x:1', { through: 'ssh' }, { kind: 'server' }, 'tcp x:1 from deploy@shop.example.org'],
    ['- { tcp: "x:1", through: runner }', { through: 'ssh' }, { kind: 'runner' }, 'tcp x:1'],
    [
      'defaults: { service: web }\nchecks: [{ tcp: "localhost:1" }]',
      {},
      { kind: 'container', service: 'web' },
      'tcp localhost:1 in web on deploy@shop.example.org',
    ],
  ] as const)('%j with %j is made from %j', async (written, defaults, from, target) => {
    const [plan] = await load(written, { defaults })
    expect([plan?.from, plan?.target]).toEqual([from, target])
  })

  it.each([
    [
      '- { tcp: "x:1", through: ssh }',
      { connection: undefined },
      '1:26 a check through SSH needs the server: the inputs `host`',
    ],
    ['- { tcp: "x:1", service: web }', { connection: undefined }, '1:26 a check through a container needs the server'],
    ['- { tcp: "x:1", through: container }', {}, '1:26 which container? write `service:`'],
    ['- { tcp: "x:1", through: ssh, service: web }', {}, '1:40 `service` is for `through: container`, not for ssh'],
    ['- { tcp: "x:1", through: server }', {}, '1:26 write one of runner, ssh, container; ssh is the server'],
    [
      '- { tcp: "db:1", service: web }',
      {},
      '1:3 this check goes to db, but a connection in a container goes to that container',
    ],
    ['- { dns: { name: x, type: MX }, through: ssh }', {}, '1:3 this check asks for MX records'],
  ])('%j is refused', async (written, given, expected) => {
    expect((await mistakesIn(written, given)).join('\n')).toContain(expected)
  })
})
