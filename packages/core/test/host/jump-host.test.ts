import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { explainForwardFailure } from '@deploy-actions/core/host/connect-failure'
import type { Host } from '@deploy-actions/core/host/host'
import { HostKeyRefused } from '@deploy-actions/core/host/host-key'
import { connectTo, readServerInputs } from '@deploy-actions/core/host/server-inputs'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { ManualClock } from '@deploy-actions/testkit/manual-clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { startSshAgent } from '@deploy-actions/testkit/ssh-agent'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { type SshServer, type SshServerOptions, startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, describe, expect, it } from '@jest/globals'

const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

const pair = makeSshKey('ed25519')
const jumpPair = makeSshKey('ed25519')

async function serve(options: SshServerOptions = {}): Promise<SshServer> {
  const ssh = await startSshServer({ authorizedKey: pair.public, ...options })
  open.push(ssh)
  return ssh
}

type Listening = Pick<SshServer, 'port' | 'hostKeys'>

/** The lines of known_hosts about these servers. */
function knownHosts(...servers: readonly Listening[]): string {
  return servers.flatMap(({ port, hostKeys }) => hostKeys.map(key => `[127.0.0.1]:${port} ${key}`)).join('\n')
}

function fingerprintOf({ hostKeys: [line = ''] }: SshServer): string {
  const [, blob = ''] = line.split(' ')
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=$/, '')}`
}

const DEFAULTS = { port: '22', 'host-key': 'check', 'connect-timeout': '30s' }

function readInputs(given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const all = Object.entries({ ...DEFAULTS, ...given }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const read = new InputReader(Object.fromEntries(all))
  const inputs = readServerInputs(read, env)
  read.finish()
  return inputs
}

/** Connects as an action does whose step has these inputs. */
async function connect(
  server: Listening,
  given: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  log = new RecordingLog(),
): Promise<Host> {
  const inputs = readInputs({ host: `deploy@127.0.0.1:${server.port}`, ...given }, env)
  const host = await connectTo(inputs, env, { clock: new ManualClock(), log, signal: new AbortController().signal })
  open.push(host)
  return host
}

const nameOf = (server: Listening) => `127.0.0.1:${server.port}`
const echo = { argv: ['echo', 'in'], timeout: 60_000 }

/** Its side learns of the end a moment later. */
async function expectClosed(server: SshServer): Promise<void> {
  for (let waited = 0; server.openConnections > 0 && waited < 500; waited += 1) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  expect(server.openConnections).toBe(0)
}

describe('jump-host', () => {
  it('is logged in to with the same user and key, and the server is reached through it', async () => {
    const [jump, server] = [await serve(), await serve()]
    const log = new RecordingLog()
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const host = await connect(server, inputs, {}, log)
    expect((await host.run(echo)).stdout).toBe('in\n')
    expect(host.name).toBe(`deploy@127.0.0.1:${server.port}`)
    expect(jump.targets).toEqual([nameOf(server)])
    expect(log.text).toContain(`connected to the jump host deploy@${nameOf(jump)}`)
  })

  it('has a user and a key of its own', async () => {
    const [jump, server] = [await serve({ authorizedKey: jumpPair.public }), await serve()]
    const host = await connect(server, {
      'jump-host': `hop@${nameOf(jump)}`,
      'jump-key': jumpPair.private,
      key: pair.private,
      'known-hosts': knownHosts(jump, server),
    })
    expect((await host.run(echo)).stdout).toBe('in\n')
  })

  it('may be a chain of several', async () => {
    const [first, second, server] = [await serve(), await serve(), await serve()]
    const host = await connect(server, {
      'jump-host': `${nameOf(first)}\n${nameOf(second)}`,
      key: pair.private,
      'known-hosts': knownHosts(first, second, server),
    })
    expect((await host.run(echo)).stdout).toBe('in\n')
    expect([first.targets, second.targets]).toEqual([[nameOf(second)], [nameOf(server)]])
  })

  it('takes the keys of the SSH agent, as the server does', async () => {
    const [jump, server] = [await serve(), await serve()]
    const agent = await startSshAgent(pair.private)
    open.push(agent)
    const log = new RecordingLog()
    const inputs = { 'jump-host': nameOf(jump), 'known-hosts': knownHosts(jump, server) }
    const host = await connect(server, inputs, { SSH_AUTH_SOCK: agent.path }, log)
    expect((await host.run(echo)).stdout).toBe('in\n')
    expect(log.text).toContain('the keys of the SSH agent are used')
  })

  it('gets no password where there is a key', async () => {
    const [jump, server] = [await serve({ password: 'the-password' }), await serve({ password: 'the-password' })]
    const failure = connect(server, {
      'jump-host': nameOf(jump),
      key: jumpPair.private,
      password: 'the-password',
      'known-hosts': knownHosts(jump, server),
    })
    await expect(failure).rejects.toThrow(`${nameOf(jump)} did not let deploy in.`)
    expect(jump.attempts).not.toContain('password')
  })

  it('is closed with the connection to the server', async () => {
    const [jump, server] = [await serve(), await serve()]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const host = await connect(server, inputs)
    await host[Symbol.asyncDispose]()
    await expectClosed(jump)
    await expectClosed(server)
  })

  it('that goes takes the connection to the server with it', async () => {
    const [jump, server] = [await serve(), await serve()]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const host = await connect(server, inputs)
    const held = await host.hold({ argv: ['cat'], timeout: 60_000 })
    jump.reset()
    await held.ended
    expect(host.isLost).toBe(true)
  })
})

describe('the host key of a jump host', () => {
  it('must be given, and nothing goes through it before', async () => {
    const [jump, server] = [await serve(), await serve()]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, fingerprint: fingerprintOf(server) }
    const failure = await connect(server, inputs).catch(thrown => thrown)
    expect(failure).toBeInstanceOf(HostKeyRefused)
    expect(failure.message).toContain(`Neither known-hosts nor jump-fingerprint names the host key of ${nameOf(jump)}`)
    expect(failure.message).toContain(`  jump-fingerprint: ${fingerprintOf(jump)}`)
    expect([jump.attempts, server.connections]).toEqual([[], 0])
  })

  it('has a fingerprint of its own', async () => {
    const [jump, server] = [await serve(), await serve()]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, fingerprint: fingerprintOf(server) }
    const host = await connect(server, { ...inputs, 'jump-fingerprint': fingerprintOf(jump) })
    expect((await host.run(echo)).stdout).toBe('in\n')
  })

  it("is not accepted as the server's", async () => {
    const key = makeSshKey('ed25519').private
    const [jump, stranger] = [await serve({ hostKeys: [key] }), await serve({ hostKeys: [key] })]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, fingerprint: fingerprintOf(await serve()) }
    const failure = connect(stranger, { ...inputs, 'jump-fingerprint': fingerprintOf(jump) })
    await expect(failure).rejects.toThrow(`The host key of ${nameOf(stranger)} is not among those that were given.`)
    expect(stranger.attempts).toEqual([])
    await expectClosed(jump)
  })
})

describe('a jump host that does not reach the server', () => {
  it('says so where nothing listens', async () => {
    const [jump, server] = [await serve(), await startSshServer()]
    await server[Symbol.asyncDispose]()
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const failure = await connect(server, inputs).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'unreachable', temporary: true })
    expect(failure.message).toBe(`The jump host deploy@${nameOf(jump)} could not connect to ${nameOf(server)}.`)
    await expectClosed(jump)
  })

  it('may do so later where its own connection was lost meanwhile', async () => {
    const jump = await serve()
    const listener = createServer(() => jump.reset()).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const address = listener.address()
    const server = { port: typeof address === 'object' && address ? address.port : 0, hostKeys: [pair.public] }
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const failure = await connect(server, inputs).catch(thrown => thrown)
    listener.close()
    expect(failure).toMatchObject({ kind: 'unreachable', temporary: true })
    expect(failure.message).toContain(`The jump host deploy@${nameOf(jump)} could not connect to ${nameOf(server)} (`)
  })

  it.each([
    ['Name or service not known', 'name-not-found', false],
    ['Name does not resolve', 'name-not-found', false],
    ['Temporary failure in name resolution', 'unreachable', true],
    ['Connection timed out', 'unreachable', true],
  ])('reports its own words, and tries again where that may help: %s', (words, kind, temporary) => {
    const thrown = Object.assign(new Error(`(SSH) Channel open failure: ${words}`), { reason: 2 })
    const failure = explainForwardFailure(thrown, 'hop@bastion', { host: 'shop', port: 22 }, 20_000)
    expect(failure).toMatchObject({ kind, temporary })
    expect(failure.message).toBe(`The jump host hop@bastion could not connect to shop:22 (${words}).`)
  })

  it('says so where nothing is reported within the time limit', () => {
    const thrown = Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })
    const failure = explainForwardFailure(thrown, 'hop@bastion', { host: 'shop', port: 22 }, 20_000)
    expect(failure).toMatchObject({ kind: 'no-answer', temporary: true })
    expect(failure.message).toBe('The jump host hop@bastion did not reach shop:22 within 20 s.')
  })

  it('says so where it forwards nothing', async () => {
    const [jump, server] = [await serve({ forwarding: false }), await serve()]
    const inputs = { 'jump-host': nameOf(jump), key: pair.private, 'known-hosts': knownHosts(jump, server) }
    const failure = await connect(server, inputs).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'refused', temporary: false })
    expect(failure.next).toContain('AllowTcpForwarding')
  })
})

describe('the inputs of a jump host', () => {
  const least = { host: 'deploy@shop.example.org', key: pair.private }

  it('default to the user of the server and to port 22', () => {
    const { jumps } = readInputs({ ...least, host: 'deploy@shop.example.org:2222', 'jump-host': 'bastion.example.org' })
    expect(jumps).toMatchObject([{ host: 'bastion.example.org', user: 'deploy', port: 22 }])
  })

  it('are secrets, key and passphrase', () => {
    const given = { ...least, 'jump-host': 'b', 'jump-key': jumpPair.private, 'jump-key-passphrase': 'the-passphrase' }
    expect(readInputs(given).secrets.map(secret => secret.reveal())).toEqual([
      pair.private,
      jumpPair.private,
      'the-passphrase',
    ])
  })

  it.each([
    ['the runner itself', { 'jump-host': 'local' }, '`jump-host` is local, which is the runner itself'],
    ['a way to the runner', { host: 'local', 'jump-host': 'b' }, '`jump-host` leads to a server, and `host` is local'],
    ['a key without a jump host', { 'jump-key': jumpPair.private }, '`jump-key` is only for `jump-host`'],
    [
      'a fingerprint for a chain',
      { 'jump-host': 'a\nb', 'jump-fingerprint': `SHA256:${'A'.repeat(43)}` },
      'is for one',
    ],
    ['a wrong key', { 'jump-host': 'a', 'jump-key': 'x' }, '`jump-key`'],
    ['a wrong address', { 'jump-host': 'a, b' }, '`jump-host` is "a, b"; write one host a line'],
  ])('refuse %s', (_, given, message) => {
    expect(() => readInputs({ ...least, ...given })).toThrow(message)
  })
})
