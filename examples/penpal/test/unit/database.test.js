import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { databaseState, hostsOf } from '../../src/database.js'

describe('hostsOf', () => {
  it('reads every host of a connection string', () => {
    assert.deepEqual(hostsOf('mongodb://penpal:pa%2Fss@one,two:27018/penpal?replicaSet=rs0'), [
      { host: 'one', port: 27017 },
      { host: 'two', port: 27018 },
    ])
  })

  it('finds none in what is no connection string', () => {
    assert.deepEqual(hostsOf('https://example.org'), [])
  })
})

describe('databaseState', () => {
  it('is none without a connection string', async () => {
    assert.equal(await databaseState(undefined), 'none')
  })

  it('is up while something listens there, then down', async () => {
    const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const uri = `mongodb://127.0.0.1:${server.address().port}/penpal`
    assert.equal(await databaseState(uri), 'up')
    server.close()
    await once(server, 'close')
    assert.equal(await databaseState(uri), 'down')
  })
})
