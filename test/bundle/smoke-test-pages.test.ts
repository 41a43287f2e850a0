import { serve } from '@deploy-actions/testkit/loopback-server'
import { type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'

const SHA = 'f00dfacef00dfacef00dfacef00dfacef00dface'

const run = (checks: string, { inputs, ...more }: BundleRun = {}) =>
  runBundle('smoke-test', { ...more, inputs: { checks, interval: '50ms', attempts: '5', ...inputs } })

const page = (commit: string) => `<!doctype html><html><head><meta name="commit" content="${commit}">
<title>Shop</title></head><body><h1>Welcome</h1><ul><li>Milk<li>Bread</ul></body></html>`

describe('the bundle of smoke-test, with pages', () => {
  it('waits for the page of the new build', async () => {
    let asked = 0
    await using web = await serve((_request, response) => {
      asked += 1
      response.setHeader('content-type', 'text/html').end(page(asked < 3 ? 'abcdef0' : SHA.slice(0, 7)))
    })
    const checks = `
- name: shop
  http: ${web.url}
  expect:
    html:
      title: Shop
      "meta[name=commit]@content": { version: "\${GITHUB_SHA}" }
      li: { length: { gte: 2 } }
      .error: { absent: true }
`
    const result = await run(checks, { env: { GITHUB_SHA: SHA } })
    expect(result.stdout).toContain(`attempt 1: meta[name=commit]@content names abcdef0, not ${SHA}`)
    expect(result.stdout).toContain('✓ shop (3 attempts')
    expect(result.exitCode).toBe(0)
  })

  it('logs in with the token of a form, which is masked', async () => {
    await using web = await serve((request, response) => {
      if (request.url === '/login') {
        response.end('<form method=post><input type=hidden name=csrf value="t0k3n-of-this-form"></form>')
        return
      }
      response.writeHead(request.headers['x-csrf-token'] === 't0k3n-of-this-form' ? 200 : 403).end()
    })
    const checks = `
- name: form
  http: ${web.url}/login
  capture: { csrf: "html input[name=csrf]@value" }
- name: sent
  needs: form
  http: { url: "${web.url}/session", method: POST, headers: { x-csrf-token: "\${csrf}" } }
`
    const result = await run(checks)
    expect(result.outputs).toMatchObject({ result: 'passed', passed: '2' })
    expect(result.masks).toContain('t0k3n-of-this-form')
    expect(result.stdout.replace(/::add-mask::.*/g, '') + result.summary).not.toContain('t0k3n-of-this-form')
  })

  it('says which of them is no page, and goes on after one that takes too long to read', async () => {
    await using web = await serve((request, response) => {
      if (request.url === '/api') response.end('{"status":"up"}')
      else if (request.url === '/hostile') response.end('<p><b>'.repeat(150_000))
      else response.end(page(SHA))
    })
    const checks = ['/api', '/hostile', '/'].map(
      path => `- http: ${web.url}${path}\n  expect: { html: { h1: Welcome } }`,
    )
    const result = await run(checks.join('\n'), { inputs: { attempts: '1' }, timeout: 60_000 })
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ passed: '1', failed: '2' })
    expect(result.stdout).toContain('the body is JSON, not HTML')
    expect(result.stdout).toContain('the body takes too long to read as HTML')
  })

  it('refuses a selector that is none before it asks', async () => {
    let asked = 0
    await using web = await serve((_request, response) => {
      asked += 1
      response.end()
    })
    const result = await run(`- http: ${web.url}\n  expect: { html: { "h1[": Welcome } }`)
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toContain('this is no CSS selector')
    expect(asked).toBe(0)
  })
})
