import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { makeServer } from '../../src/server.js'
import { REQUIRED, readSettings } from '../../src/settings.js'

const complete = Object.fromEntries(REQUIRED.map(name => [name, 'set']))
const servers = []

async function start(env) {
  const server = makeServer(readSettings(env)).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return async path => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`)
    return [response.status, await response.json()]
  }
}

let ask
before(async () => {
  ask = await start({ ...complete, VERSION: '1.2.3', COMMIT: 'abcdef0' })
})
after(() => servers.map(server => server.close()))

describe('the service', () => {
  it('names its version and commit', async () => {
    const report = { status: 'healthy', version: '1.2.3', commit: 'abcdef0', database: 'none' }
    assert.deepEqual(await ask('/health'), [200, report])
  })

  it('is not healthy without a setting that it needs, and names it', async () => {
    const [status, body] = await (await start({}))('/health')
    assert.equal(status, 503)
    assert.deepEqual(body.missing, REQUIRED)
  })

  it('is not healthy while its database is down', async () => {
    const [status, body] = await (await start({ ...complete, MONGODB_URI: 'mongodb://127.0.0.1:1/penpal' }))('/health')
    assert.deepEqual([status, body.database], [503, 'down'])
  })

  it('matches pen pals', async () => {
    assert.deepEqual(await ask('/matches?speaks=fr&learns=ja'), [200, { matches: ['Aiko'] }])
  })

  it('says what a question lacks', async () => {
    const [status, body] = await ask('/matches?speaks=fr')
    assert.equal(status, 422)
    assert.match(body.error, /speaks and learns/)
  })

  it('knows nothing else', async () => {
    assert.deepEqual(await ask('/letters'), [404, { error: 'not found' }])
  })
})
