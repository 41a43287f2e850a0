import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { proxyTo } from '@deploy-actions/testkit/forward-proxy'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { afterAll, describe, expect, it } from '@jest/globals'

const SHA = 'f00dfacef00dfacef00dfacef00dfacef00dface'
const workspace = mkdtempSync(join(tmpdir(), 'smoke-test-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

const run = (checks: string, { inputs, ...more }: BundleRun = {}) =>
  runBundle('smoke-test', { cwd: workspace, ...more, inputs: { checks, interval: '50ms', ...inputs } })

const json =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const titles = ({ annotations }: BundleResult) => annotations.map(({ level, title }) => `${level}: ${title}`)
const written = (path: string) => readFileSync(join(workspace, path), 'utf8')

describe('the bundle of smoke-test', () => {
  it('takes a URL a line, and tells that all is well', async () => {
    await using web = await serve(json({ status: 'healthy' }))
    const result = await run(`${web.url}/health\n${web.url}/\n`)
    expect(result.annotations).toEqual([])
    expect(result.exitCode).toBe(0)
    expect(result.outputs).toMatchObject({
      result: 'passed',
      passed: '2',
      failed: '0',
      total: '2',
      'failed-names': '[]',
    })
    expect(result.summary).toContain('2 checks passed')
    expect(result.stdout).toContain(`✓ ${web.url}/health (`)
  })

  it('waits for the new build, with every kind of expectation', async () => {
    let asked = 0
    await using web = await serve((request, response) => {
      asked += 1
      json({ sha: asked < 4 ? 'old' : SHA, services: [{ name: 'db', status: 'up' }] })(request, response)
    })
    const checks = `
- name: the new build
  http: ${web.url}/version
  expect:
    status: 2xx
    headers: { content-type: /json/ }
    json: { $.sha: "\${GITHUB_SHA}", "$.services[*].status": { every: up } }
    json-schema: { type: object, required: [sha] }
    max-time: 20s
  retry: { success-threshold: 2 }
`
    const result = await run(checks, { env: { GITHUB_SHA: SHA } })
    expect(result.stdout).toContain('✓ the new build (5 attempts')
    expect(result.exitCode).toBe(0)
  })

  it('fails with one annotation, and writes reports in which no secret stands', async () => {
    await using web = await serve((request, response) =>
      response.writeHead(503).end(`database is down, you are ${request.headers.authorization}`),
    )
    writeFileSync(
      join(workspace, 'checks.yml'),
      `checks:\n  - name: api\n    http: { url: "${web.url}", bearer: "\${TOKEN}" }\n`,
    )
    const result = await runBundle('smoke-test', {
      cwd: workspace,
      env: { TOKEN: 's3cr3t-token-of-the-api' },
      inputs: {
        'checks-file': 'checks.yml',
        checks: `- name: port\n  tcp: 127.0.0.1:9\n  severity: warning`,
        attempts: '3',
        interval: '20ms',
        'report-path': 'out/report.json',
        'junit-path': 'out/junit.xml',
      },
    })
    expect(result.exitCode).toBe(1)
    expect(titles(result)).toEqual(['error: api', 'warning: port', 'error: 1 of 2 checks failed'])
    expect(result.outputs).toMatchObject({
      result: 'failed',
      failed: '1',
      warnings: '1',
      'failed-names': '["api"]',
      'report-path': 'out/report.json',
      'junit-path': 'out/junit.xml',
    })
    expect(JSON.parse(written('out/report.json'))).toMatchObject({
      result: 'failed',
      checks: [
        { name: 'port', severity: 'warning', outcome: 'failed' },
        {
          name: 'api',
          reason: 'status is 503, not 2xx',
          attempts: [{}, {}, { excerpt: 'database is down, you are Bearer ***' }],
        },
      ],
    })
    expect(written('out/junit.xml')).toContain('<failure type="http" message="status is 503, not 2xx">')
    const everything = [result.maskedStdout, result.summary, written('out/report.json'), written('out/junit.xml')]
    expect(everything.join('\n')).not.toContain('s3cr3t-token')
    expect(result.masks).toContain('s3cr3t-token-of-the-api')
  })

  it('hands a captured token on, which is masked', async () => {
    await using web = await serve((request, response) => {
      if (request.url === '/login') return json({ token: 'token-of-this-login' })(request, response)
      const isAllowed = request.headers.authorization === 'Bearer token-of-this-login'
      return json({ me: 1, said: request.headers.authorization }, isAllowed ? 200 : 401)(request, response)
    })
    const checks = `
- name: login
  http: { url: ${web.url}/login, method: POST, json: { user: smoke } }
  capture: { token: $.token }
- name: me
  needs: login
  http: { url: "${web.url}/me", bearer: "\${token}" }
  expect: { json: { $.me: 2 } }
  retry: { attempts: 1 }
- name: after
  needs: me
  http: ${web.url}/login
`
    const result = await run(checks)
    expect(result.outputs).toMatchObject({ passed: '1', failed: '1', total: '3' })
    expect(result.stdout).toContain('– after: skipped: it needs "me", which did not pass')
    expect(result.stdout).toContain('$.me is 1, not 2')
    expect(result.masks).toContain('token-of-this-login')
    expect(result.stdout.replace(/::add-mask::.*/g, '') + result.summary).not.toContain('token-of-this-login')
  })

  it('says everything that is wrong with the checks, and asks nothing', async () => {
    let asked = 0
    await using web = await serve((_request, response) => {
      asked += 1
      response.end()
    })
    writeFileSync(join(workspace, 'wrong.yml'), `- http: ${web.url}\n  expct: {}\n- tcp: localhost\n`)
    const result = await runBundle('smoke-test', { cwd: workspace, inputs: { 'checks-file': 'wrong.yml' } })
    expect(result.exitCode).toBe(1)
    expect(asked).toBe(0)
    expect(titles(result)).toEqual([
      'error: Mistake in the checks',
      'error: Mistake in the checks',
      'error: 2 mistakes in the checks',
    ])
    expect(result.stdout).toContain('file=wrong.yml,line=2')
  })

  it('ends at once when it is cancelled, and still tells what it saw', async () => {
    await using web = await serve((request, response) => {
      if (request.url === '/bad') response.writeHead(500).end()
    })
    const result = await run(`${web.url}/bad\n${web.url}/hangs`, {
      inputs: {
        attempts: '100',
        interval: '30s',
        'max-interval': '30s',
        timeout: '30s',
        'junit-path': 'cancelled.xml',
      },
      signalAfter: { output: /attempt 1: status is 500/ },
      timeout: 20_000,
    })
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ result: 'failed', failed: '2' })
    expect(result.stdout).toContain('the run was cancelled; until then: status is 500, not 2xx')
    expect(written('cancelled.xml')).toContain('failures="2"')
    expect(result.summary).toContain('the run was cancelled')
  })

  it('keeps to its deadline, whatever the checks want', async () => {
    await using web = await serve(() => {})
    const result = await run(`${web.url}/a\n${web.url}/b`, {
      inputs: { deadline: '1s', timeout: '30s', concurrency: '1' },
      timeout: 20_000,
    })
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toContain('(until the deadline of all checks)')
    expect(result.stdout).toContain('the deadline of all checks was over before the first attempt')
  })

  it('asks by the proxies of the environment, and says so when the answer is bad', async () => {
    await using proxy = await proxyTo(0, 502)
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'localhost' }
    const result = await run('http://shop.example/health', { env, inputs: { attempts: '1' } })
    expect(result.stdout).toContain(`the answer came by way of the proxy 127.0.0.1:${proxy.port}`)
    expect(proxy.asked).toEqual(['GET http://shop.example/health'])
  })

  it('verifies certificates, with the authorities of NODE_EXTRA_CA_CERTS too', async () => {
    const authority = await CertificateAuthority.create()
    await using web = await serve(json({}), await authority.issue({ names: ['127.0.0.1'], days: 12.5 }))
    writeFileSync(join(workspace, 'ca.pem'), authority.cert)
    const checks = `- name: site\n  http: ${web.url}\n  expect: { certificate: { days-left: { gte: 12 } } }`
    const untrusted = await run(checks, { inputs: { attempts: '1' } })
    expect(untrusted.exitCode).toBe(1)
    expect(untrusted.stdout).toContain('(issued by CN=Test authority)')
    const trusted = await run(checks, { env: { NODE_EXTRA_CA_CERTS: join(workspace, 'ca.pem') } })
    expect(trusted.exitCode).toBe(0)
    const named = await run(`- http: { url: ${web.url}, tls: { ca-file: ca.pem } }`)
    expect(named.exitCode).toBe(0)
  })

  it('runs commands with their own environment, and not with the step’s', async () => {
    const checks = `
- name: migrations
  command: { shell: 'echo "$DB_PASSWORD $LEAK" | wc -c; exit 3', env: { DB_PASSWORD: "\${DB_PASSWORD}" } }
  expect: { exit-code: 0 }
  retry: { attempts: 1 }
`
    const result = await run(checks, { env: { DB_PASSWORD: 'hunter2-hunter2' } })
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toContain('the exit status is 3, not 0')
    expect(result.stdout).toContain('│ 17')
  })

  it('asks a hundred endpoints side by side', async () => {
    const waiting: ServerResponse[] = []
    await using web = await serve((_request, response) => {
      waiting.push(response)
      if (waiting.length === 100) for (const one of waiting) one.end('ok')
    })
    const urls = Array.from({ length: 100 }, (_, index) => `${web.url}/${index}`).join('\n')
    const result = await run(urls)
    expect(result.outputs).toMatchObject({ result: 'passed', passed: '100' })
  })
})
