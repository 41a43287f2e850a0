import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const workspace = mkdtempSync(join(tmpdir(), 'smoke-test-'))
const login = makeSshKey('ed25519')
let ssh: Awaited<ReturnType<typeof startSshServer>>
beforeAll(async () => {
  ssh = await startSshServer({ authorizedKey: login.public })
})
afterAll(async () => {
  await ssh[Symbol.asyncDispose]()
  rmSync(workspace, { recursive: true, force: true })
})

const run = (checks: string, { inputs, ...more }: BundleRun = {}) =>
  runBundle('smoke-test', {
    cwd: workspace,
    ...more,
    inputs: {
      checks,
      interval: '50ms',
      attempts: '3',
      through: 'ssh',
      host: `deploy@127.0.0.1:${ssh.port}`,
      key: login.private,
      'known-hosts': `[127.0.0.1]:${ssh.port} ${ssh.hostKeys[0]}`,
      ...inputs,
    },
  })

describe('the bundle of smoke-test, through a server', () => {
  it('asks what the server reaches, over one connection', async () => {
    await using web = await serve((request, response) => response.end(`{"host":"${request.headers.host}"}`))
    const before = ssh.connections
    const checks = `
- http: ${web.url}/health
  expect: { json: { $.host: "127.0.0.1:${web.port}" } }
- tcp: 127.0.0.1:${web.port}
- dns: { name: localhost, type: A }
  expect: { records: { contains: 127.0.0.1 } }
- name: env
  command: { shell: 'printf %s "$DB_PASSWORD" | wc -c', env: { DB_PASSWORD: "\${DB_PASSWORD}" } }
  expect: { stdout: "15" }
`
    const result = await run(checks, { env: { DB_PASSWORD: 'hunter2-hunter2' } })
    expect(result.stdout).toContain('4 checks passed')
    expect(result.exitCode).toBe(0)
    expect(ssh.connections - before).toBe(1)
  })

  it('connects to no server when no check needs one', async () => {
    await using web = await serve((_request, response) => response.end())
    const before = ssh.connections
    const result = await run(web.url, { inputs: { through: 'runner' } })
    expect(result.exitCode).toBe(0)
    expect(ssh.connections).toBe(before)
  })

  it('says once how to trust the server, and fails the checks that need it', async () => {
    const other = makeSshKey('ed25519').public.split(' ').slice(0, 2).join(' ')
    const result = await run('- command: ["true"]\n- command: ["false"]', {
      inputs: { 'known-hosts': `[127.0.0.1]:${ssh.port} ${other}` },
    })
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ result: 'failed', failed: '2' })
    expect(result.stdout).toContain('the server cannot be reached: ')
    expect(result.stdout.match(/^::group::Host key/gm)).toHaveLength(1)
    expect(result.stdout).not.toContain('attempt 2')
  })

  it('ends what runs on the server when it is cancelled', async () => {
    const mark = String(process.pid)
    const result = await run(`- command: { shell: 'echo begun; sleep 77.${mark}' }\n- command: ["false"]`, {
      inputs: { timeout: '60s' },
      signalAfter: { output: /attempt 1: the exit status is 1/ },
      timeout: 30_000,
    })
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toContain('the run was cancelled')
    // Where it stays, this never ends.
    while (spawnSync('pgrep', ['-f', `^sleep 77.${mark}$`]).status === 0) await delay(100)
  })
})
