import { generateKeyPairSync } from 'node:crypto'
import { runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'

const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const fingerprint = `SHA256:${'A'.repeat(43)}`
const inputs = { host: 'deploy@127.0.0.1:9', key, fingerprint, path: '/opt/shop' }

describe('a step of ssh-compose-deploy', () => {
  it('whose inputs are wrong has the mistakes in its outputs and in the summary', async () => {
    const { exitCode, outputs, summary } = await runBundle('ssh-compose-deploy', {
      inputs: { ...inputs, path: 'opt/shop', mode: 'go' },
    })
    expect(exitCode).toBe(1)
    expect(outputs).toMatchObject({ result: 'failed', reason: expect.stringContaining('`path` is "opt/shop"') })
    expect(summary).toContain('&#96;mode&#96; is &#34;go&#34;; choose one of deploy, rollback, status')
  })

  it('that reaches no server has all its outputs, and a summary that claims nothing about it', async () => {
    const run = await runBundle('ssh-compose-deploy', {
      inputs: { ...inputs, mode: 'status', 'connect-timeout': '1s' },
    })
    expect(run.exitCode).toBe(1)
    expect(run.outputs).toMatchObject({ result: 'failed', release: '', 'failed-release': '', 'failed-service': '' })
    expect(run.outputs['reason']).toContain('127.0.0.1:9')
    expect(run.summary).toMatch(/^\| deploy@127\.0\.0\.1:9 \| ❌ failed \| not inspected \| - \|/m)
  })
})
