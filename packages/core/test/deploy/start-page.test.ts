import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { expect, it, jest } from '@jest/globals'
import { Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

const page = readFileSync(join(import.meta.dirname, '../../../../docs/start.md'), 'utf8')
const [, composeFile = ''] = /^`compose\.yaml`\n\n```yaml\n(.*?)^```/ms.exec(page) ?? []

it('the compose file of docs/start.md is deployed, and rolled back as the page says', async () => {
  await using machine = await Machine.create()
  await machine.write('compose.yaml', composeFile)
  const image = (tag: string) => `ghcr.io/acme/shop:${tag}`
  for (const tag of ['sha-4f1c2ad', 'sha-0be92d7']) machine.engine.pushImage({ reference: image(tag), content: tag })
  const deploy = (tag: string) => {
    const options = machine.options(tag)
    return machine.deploy(tag, { source: { ...options.source, files: [], env: [['IMAGE', image(tag)]] } })
  }

  expect(await deploy('sha-4f1c2ad')).toMatchObject({ result: 'deployed' })
  expect(await deploy('sha-0be92d7')).toMatchObject({ result: 'deployed' })
  expect(machine.image('web')).toBe(image('sha-0be92d7'))
  expect(await rollback({ ...machine.options('none'), to: 'sha-4f1c2ad' }, machine.context())).toMatchObject({
    result: 'rolled-back',
  })
  expect(machine.image('web')).toBe(image('sha-4f1c2ad'))
})
