import { generateKeyPairSync } from 'node:crypto'
import path from 'node:path'
import { readActionMetadata } from '@deploy-actions/build/action-metadata'
import { stepsShown } from '@deploy-actions/build/shown-steps'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { expect, it } from '@jest/globals'
import { readInputs } from '../src/inputs.ts'

const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicKey = `AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(42)}g`
const SHA = '4f1c2ad0c5a5f3b1d2e4f60718293a4b5c6d7e8f'

/** What the runner puts in place of an expression. */
const VALUES: Readonly<Record<string, string>> = {
  'secrets.SSH_KEY': key,
  'secrets.BASTION_SSH_KEY': key,
  'vars.SSH_HOST': 'deploy@shop.example.org',
  'vars.SSH_KNOWN_HOSTS': `shop.example.org ssh-ed25519 ${publicKey}`,
  'github.sha': SHA,
  'github.event.workflow_run.head_sha': SHA,
  "inputs.mode || 'deploy'": 'deploy',
  'inputs.mode': 'rollback',
  "vars.SSH_PORT || '22'": '22',
  "vars.HTTP_PORT || '80'": '80',
  'inputs.to': '',
}

const { inputs: declared } = readActionMetadata(path.join(import.meta.dirname, '..'))

/** The step's environment, as the runner makes it of what a document shows. */
function environmentOf(inputs: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>>) {
  const evaluated = (text: string) =>
    text
      .replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => VALUES[expression] ?? 'value')
      .replaceAll('AAAA…', publicKey)
  const all = Object.entries(declared).map(([name, { default: standard = '' }]): [string, string] => [
    `INPUT_${name.toUpperCase()}`,
    evaluated(String(inputs[name] ?? standard)),
  ])
  return { SSH_AUTH_SOCK: '/run/agent', ...env, ...Object.fromEntries(all) }
}

it('the steps that documents and examples show have inputs that the action accepts', () => {
  const steps = stepsShown('ssh-compose-deploy')
  expect(steps.length).toBeGreaterThan(10)
  for (const { inputs, env } of steps) {
    const environment = environmentOf(inputs, env)
    expect(() => readInputs(new InputReader(environment), environment)).not.toThrow()
  }
})
