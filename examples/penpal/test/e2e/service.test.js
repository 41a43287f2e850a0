// The service as a container starts it: a process of its own, told everything by its environment.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { REQUIRED } from '../../src/settings.js'

let service
let port
before(async () => {
  const settings = Object.fromEntries(REQUIRED.map(name => [name, 'test']))
  const env = { ...process.env, MONGODB_URI: '', ...settings, PORT: '0', VERSION: 'e2e' }
  service = spawn(process.execPath, ['src/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(service.stdout), 'line')
  port = /^e2e listens on port (\d+)$/.exec(line)?.[1]
})
after(() => service.kill('SIGKILL'))

function runHealthcheck(env) {
  const child = spawn(process.execPath, ['src/healthcheck.js'], { env: { ...process.env, ...env }, stdio: 'ignore' })
  return once(child, 'exit').then(([code]) => code)
}

describe('the started service', () => {
  it('answers', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/matches?speaks=fr&learns=de`)
    assert.deepEqual(await response.json(), { matches: ['Jonas'] })
  })

  it('satisfies its own healthcheck, and nothing else does', async () => {
    assert.equal(await runHealthcheck({ PORT: port }), 0)
    assert.equal(await runHealthcheck({ PORT: '1' }), 1)
  })

  it('stops when it is told to', async () => {
    service.kill('SIGTERM')
    assert.deepEqual(await once(service, 'exit'), [0, null])
  })
})
