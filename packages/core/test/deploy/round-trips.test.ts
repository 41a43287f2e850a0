import type { Outcome } from '@deploy-actions/core/deploy/result'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import type { Host } from '@deploy-actions/core/host/host'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { Machine } from './machine.ts'

// Each deploy starts some dozen real processes.
jest.setTimeout(240_000)

/** Everything that needs a request of its own: a directory that only the server has, and a variable that Compose writes into a file. */
const COMPOSE = `name: shop
services:
  web:
    image: app:\${TAG}
    volumes: ['./conf:/config:ro', './data:/data']
    configs: [motd]
    x-deploy: { role: app }
  db:
    image: postgres:17
    x-deploy: { role: accessory }
configs:
  motd: { environment: TAG }
`

/**
 * Counts what waits for the server, one after the other, on one connection. A command costs one round trip, as a shell waits for it, but
 * the first one: its channel has to be opened (standby.test.ts shows both).
 */
class RoundTrips {
  readonly #steps: { readonly name: string; readonly end: number }[] = []
  #now = 0

  get total(): number {
    return this.#now
  }

  /** At which round trip the response to each request arrives. */
  get steps(): string[] {
    return this.#steps.map(({ name, end }) => `${String(end).padStart(2)} ${name}`).toSorted()
  }

  wrap(host: Host): Host {
    const run = host.run.bind(host)
    const hold = host.hold.bind(host)
    const disconnect = host[Symbol.asyncDispose].bind(host)
    host.run = command => this.#count(requestOf(command.argv), () => run(command))
    host.hold = async command => {
      const held = await this.#count(requestOf(command.argv), () => hold(command))
      const close = held.close.bind(held)
      held.close = () => this.#count(`end of ${requestOf(command.argv)}`, close)
      return held
    }
    host[Symbol.asyncDispose] = () => this.#count('disconnect', async () => disconnect())
    return host
  }

  async #count<T>(name: string, work: () => Promise<T>): Promise<T> {
    const end = this.#now + (this.#now === 0 ? 2 : 1)
    const result = await work()
    this.#now = Math.max(this.#now, end)
    this.#steps.push({ name, end })
    return result
  }
}

/** The verb of the server's program, or the first word of what Compose or a shell is to do. */
function requestOf(argv: readonly string[]): string {
  const [, , , name = '', , verb = ''] = argv
  if (name === 'deploy-actions') return verb
  return argv.includes('missing') ? 'look for files' : argv.includes('variables') ? 'read variables' : 'read config'
}

let machine: Machine
beforeAll(async () => {
  machine = await Machine.create()
  await machine.write('compose.yaml', COMPOSE)
  await machine.put('data/rows', '')
  for (const tag of ['1', '2']) await machine.deploy(tag)
  await machine.save()
})
beforeEach(() => machine.restore())
afterAll(() => machine[Symbol.asyncDispose]())

async function count(result: Outcome['result'], work: () => Promise<Outcome>): Promise<RoundTrips> {
  const trips = new RoundTrips()
  machine.wrap = host => trips.wrap(host)
  expect(await work()).toMatchObject({ result })
  return trips
}

describe('the round trips to a server', () => {
  it('are eight at most where nothing changes', async () => {
    const trips = await count('unchanged', () => machine.deploy('2'))
    expect(trips.steps).toEqual([
      ' 2 survey',
      ' 3 open',
      ' 4 stage',
      ' 5 look for files',
      ' 5 read variables',
      ' 6 pull',
      ' 6 verify',
      ' 7 end of open',
      ' 8 disconnect',
    ])
    expect(trips.total).toBeLessThanOrEqual(8)
  })

  it('are sixteen at most where one image changes', async () => {
    const trips = await count('deployed', () => machine.deploy('3', { keepReleases: 2 }))
    expect(trips.steps).toEqual([
      ' 2 survey',
      ' 3 open',
      ' 4 stage',
      ' 5 look for files',
      ' 5 read variables',
      ' 6 pull',
      ' 7 store',
      ' 8 activate',
      ' 9 verify',
      '10 verify',
      '11 finish',
      '12 prune',
      '13 end of open',
      '14 disconnect',
    ])
    expect(trips.total).toBeLessThanOrEqual(16)
  })

  it('are twelve at most in a rollback', async () => {
    const options = { ...machine.options('none'), to: '' }
    const trips = await count('rolled-back', () => rollback(options, machine.context()))
    expect(trips.steps).toEqual([
      ' 2 survey',
      ' 3 open',
      ' 4 verify',
      ' 5 pull',
      ' 6 rollback',
      ' 7 read config',
      ' 8 verify',
      ' 9 verify',
      '10 finish',
      '11 end of open',
      '12 disconnect',
    ])
    expect(trips.total).toBeLessThanOrEqual(12)
  })
})
