import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { HostKeyRefused, parseHostKeyPolicy } from '@deploy-actions/core/host/host-key'
import type { SshTarget } from '@deploy-actions/core/host/ssh-connect'
import { connectSsh, type SshHost } from '@deploy-actions/core/host/ssh-host'
import { readPrivateKey } from '@deploy-actions/core/values/private-key'
import { Secret } from '@deploy-actions/core/values/secret'
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

async function serve(options: SshServerOptions): Promise<SshServer> {
  const ssh = await startSshServer(options)
  open.push(ssh)
  return ssh
}

async function agentWith(privateKey: string): Promise<string> {
  const agent = await startSshAgent(privateKey)
  open.push(agent)
  return agent.path
}

function keyOf(text: string) {
  const reading = readPrivateKey(text)
  if (!reading.ok) throw new Error(reading.problem.message)
  return reading.key
}

async function login(
  port: number,
  target: Partial<SshTarget> = {},
  log = new RecordingLog(),
  clock = new ManualClock(),
) {
  return connect(port, { password: new Secret('the-password'), ...target }, log, clock)
}

const loginByAgent = (port: number, agent: string) => connect(port, { agent })

async function connect(
  port: number,
  target: Partial<SshTarget>,
  log = new RecordingLog(),
  clock = new ManualClock(),
): Promise<SshHost> {
  const host = await connectSsh(
    {
      host: '127.0.0.1',
      port,
      user: 'deploy',
      hostKey: { kind: 'accept-any' },
      connectTimeout: 2_000,
      ...target,
    },
    { clock, log },
  )
  open.push(host)
  return host
}

describe('connectSsh checks the host key', () => {
  it('refuses a server of which nothing is known, shows what it offers, and sends no password', async () => {
    const ssh = await serve({ password: 'the-password' })
    const failure = await login(ssh.port, { hostKey: { kind: 'not-given' } }).catch(thrown => thrown)
    expect(failure).toBeInstanceOf(HostKeyRefused)
    expect(failure.title).toBe('Host key not accepted')
    expect(failure.message).toContain(`known-hosts: |\n    [127.0.0.1]:${ssh.port} ${ssh.hostKeys[0]}`)
    expect(failure.message).toMatch(/fingerprint: SHA256:/)
    expect(ssh.attempts).toEqual([])
    expect(ssh.connections).toBe(1)
  })

  it('logs in with the very line and the very fingerprint that the message showed', async () => {
    const ssh = await serve({ password: 'the-password' })
    const failure = await login(ssh.port, { hostKey: { kind: 'not-given' } }).catch(thrown => thrown)
    const shown = (name: string) => new RegExp(`${name}: (?:\\|\n +)?(.*)`).exec(failure.message)?.[1] ?? ''
    for (const inputs of [
      { knownHosts: shown('known-hosts'), fingerprint: '' },
      { knownHosts: '', fingerprint: shown('fingerprint') },
    ]) {
      const host = await login(ssh.port, { hostKey: parseHostKeyPolicy(inputs) })
      expect((await host.run({ argv: ['echo', 'in'], timeout: 60_000 })).stdout).toBe('in\n')
    }
  })

  it('warns of a changed key, and sends no password', async () => {
    const ssh = await serve({ password: 'the-password' })
    const old = makeSshKey('ed25519').public
    const hostKey = parseHostKeyPolicy({ knownHosts: `[127.0.0.1]:${ssh.port} ${old}`, fingerprint: '' })
    await expect(login(ssh.port, { hostKey })).rejects.toThrow('Someone may be intercepting the connection')
    expect(ssh.attempts).toEqual([])
  })

  it('finds the one of several host keys that a fingerprint belongs to', async () => {
    const [rsa, ecdsa] = [makeSshKey('rsa'), makeSshKey('ecdsa')]
    const ssh = await serve({
      password: 'the-password',
      hostKeys: [makeSshKey('ed25519').private, ecdsa.private, rsa.private],
    })
    const { fingerprint } = keyOf(rsa.private).publicKey
    const host = await login(ssh.port, { hostKey: parseHostKeyPolicy({ knownHosts: '', fingerprint }) })
    expect((await host.run({ argv: ['echo', 'in'], timeout: 60_000 })).stdout).toBe('in\n')
    expect(ssh.connections).toBe(3)
  })

  it('asks at once for the type that known_hosts has a line of', async () => {
    const ecdsa = makeSshKey('ecdsa')
    const ssh = await serve({ password: 'the-password', hostKeys: [makeSshKey('ed25519').private, ecdsa.private] })
    const knownHosts = `[127.0.0.1]:${ssh.port} ${ecdsa.public}`
    const host = await login(ssh.port, { hostKey: parseHostKeyPolicy({ knownHosts, fingerprint: '' }) })
    expect((await host.run({ argv: ['echo', 'in'], timeout: 60_000 })).stdout).toBe('in\n')
    expect(ssh.connections).toBe(1)
  })

  it('shows every key that the server has when none has the fingerprint', async () => {
    const ssh = await serve({
      password: 'the-password',
      hostKeys: [makeSshKey('ed25519').private, makeSshKey('ecdsa').private],
    })
    const { fingerprint } = keyOf(makeSshKey('ed25519').private).publicKey
    const failure = await login(ssh.port, { hostKey: parseHostKeyPolicy({ knownHosts: '', fingerprint }) }).catch(
      thrown => thrown,
    )
    expect(failure.message).toContain(ssh.hostKeys[0])
    expect(failure.message).toContain(ssh.hostKeys[1])
    expect(failure.message).toContain(`${fingerprint} (fingerprint)`)
    expect(ssh.attempts).toEqual([])
  })

  it('warns where any key is accepted', async () => {
    const ssh = await serve({ password: 'the-password' })
    const log = new RecordingLog()
    await login(ssh.port, {}, log)
    expect(log.text).toContain('warning: Host key not checked')
  })
})

describe('connectSsh logs in', () => {
  it.each([
    ['OpenSSH ed25519', makeSshKey('ed25519').private],
    ['OpenSSH rsa', makeSshKey('rsa').private],
    ['PKCS#8 ed25519', generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    [
      'PEM EC',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'sec1' }).toString(),
    ],
  ])('with a key: %s', async (_, text) => {
    const key = keyOf(text)
    const ssh = await serve({ authorizedKey: key.authorizedKey })
    const host = await login(ssh.port, { key })
    expect((await host.run({ argv: ['echo', 'in'], timeout: 60_000 })).stdout).toBe('in\n')
  })

  it('with a key that only the agent has', async () => {
    const key = keyOf(makeSshKey('ed25519').private)
    const ssh = await serve({ authorizedKey: key.authorizedKey })
    const agent = await agentWith(key.openssh.reveal())
    const host = await loginByAgent(ssh.port, agent)
    expect((await host.run({ argv: ['echo', 'in'], timeout: 60_000 })).stdout).toBe('in\n')
  })

  it('says that an agent gave no answer', async () => {
    const ssh = await serve({ authorizedKey: makeSshKey('ed25519').public })
    const failure = await loginByAgent(ssh.port, '/nowhere/agent').catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'authentication' })
    expect(failure.message).toContain('Tried: the keys of the SSH agent')
    expect(failure.next).toContain('nothing responds at the socket that SSH_AUTH_SOCK names')
  })

  it('says that the agent has no key that the server accepts', async () => {
    const ssh = await serve({ authorizedKey: makeSshKey('ed25519').public })
    const agent = await agentWith(makeSshKey('ed25519').private)
    const failure = await loginByAgent(ssh.port, agent).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'authentication', temporary: false })
    expect(failure.next).toContain('ssh-add -l')
  })

  it('says which key was refused, what the server takes, and where to look', async () => {
    const ssh = await serve({ authorizedKey: makeSshKey('ed25519').public })
    const key = keyOf(makeSshKey('ed25519').private)
    const failure = await login(ssh.port, { key }).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'authentication', temporary: false })
    expect(failure.message).toContain(
      `did not let deploy in. Tried: the key ${key.publicKey.fingerprint} (ssh-ed25519)`,
    )
    expect(failure.message).toContain('The server takes: publickey')
    expect(failure.next).toContain('authorized_keys')
  })

  it('tries a wrong password once, and does not show it', async () => {
    const ssh = await serve({ password: 'another' })
    const clock = new ManualClock()
    const failure = await login(ssh.port, {}, new RecordingLog(), clock).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'authentication' })
    expect(failure.message).not.toContain('the-password')
    expect(ssh.attempts).toEqual(['password'])
    expect(clock.sleeps).toEqual([])
  })

  it('recommends a password to a server that takes no keys', async () => {
    const ssh = await serve({ password: 'the-password' })
    const target = { host: '127.0.0.1', port: ssh.port, user: 'deploy', key: keyOf(makeSshKey('ed25519').private) }
    const failure = await connectSsh(
      { ...target, hostKey: { kind: 'accept-any' }, connectTimeout: 2_000 },
      { clock: new ManualClock(), log: new RecordingLog() },
    ).catch(thrown => thrown)
    expect(failure.message).toContain('Nothing could be tried. The server takes: password.')
    expect(failure.next).toContain('or give a password')
  })

  it('sends no password to a server that takes keys only', async () => {
    const ssh = await serve({ authorizedKey: makeSshKey('ed25519').public })
    const failure = await login(ssh.port).catch(thrown => thrown)
    expect(failure.next).toBe('Give a key as `key`: the server takes keys only.')
    expect(ssh.attempts).toEqual([])
  })
})

describe('connectSsh tells failures apart', () => {
  async function listen(onConnection: (socket: Socket) => void): Promise<number> {
    const server: Server = createServer(socket => {
      socket.on('error', () => {})
      onConnection(socket)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const sockets = new Set<Socket>()
    server.on('connection', socket => sockets.add(socket))
    open.push({
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise(resolve => server.close(resolve))
      },
    })
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  async function failureAt(port: number, target: Partial<SshTarget> = {}) {
    const clock = new ManualClock()
    const log = new RecordingLog()
    const failure = await login(port, { connectTimeout: 300, ...target }, log, clock).catch(thrown => thrown)
    return { failure, tries: clock.sleeps.length + 1, log }
  }

  it('refused: tried again with growing pauses, each told', async () => {
    const port = await listen(() => {})
    await open.pop()?.[Symbol.asyncDispose]()
    const { failure, tries, log } = await failureAt(port)
    expect(failure).toMatchObject({ kind: 'refused', title: 'No connection' })
    expect(tries).toBe(4)
    expect(log.text).toContain('nothing listens on port')
    expect(log.text).toContain('Attempt 2 of 4 follows in 1.0 s.')
  })

  it('an unknown name: not tried again', async () => {
    const { failure, tries } = await failureAt(22, { host: 'no-such-host.invalid' })
    expect(['name-not-found']).toContain(failure.kind)
    expect(failure.message).toMatch(/no-such-host\.invalid/)
    expect(tries).toBe(failure.temporary ? 4 : 1)
  })

  it.each([
    ['says nothing', () => {}, 'no-answer', /accepts connections but sends nothing within 300 ms/, 4],
    ['closes at once', (socket: Socket) => socket.end(), 'reset', /accepted the connection and closed it at once/, 4],
    ['resets', (socket: Socket) => socket.resetAndDestroy(), 'reset', /closed it at once/, 4],
    [
      'speaks HTTP',
      (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'not-ssh',
      /is not an SSH server; it sends: HTTP\/1\.1 400 Bad Request/,
      1,
    ],
    [
      'hangs in the key exchange',
      (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'),
      'no-answer',
      /did not complete the key exchange/,
      4,
    ],
    [
      'closes in the key exchange',
      (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2p1\r\n'),
      'handshake',
      /The key exchange with .* \(SSH-2\.0-OpenSSH_9\.2p1\) failed/,
      4,
    ],
  ] as const)('a server that %s', async (_, behave, kind, message, expectedTries) => {
    const { failure, tries } = await failureAt(await listen(socket => void behave(socket)))
    expect(failure).toMatchObject({ kind })
    expect(failure.message).toMatch(message)
    expect(tries).toBe(expectedTries)
  })

  it('no common algorithm', async () => {
    const ssh = await serve({ password: 'x', algorithms: { kex: ['diffie-hellman-group14-sha1'] } })
    const { failure, tries } = await failureAt(ssh.port)
    expect(failure).toMatchObject({ kind: 'no-common-algorithm' })
    expect(failure.message).toContain('no key exchange algorithm in common')
    expect(tries).toBe(1)
  })

  it('stops when the run is cancelled', async () => {
    const port = await listen(() => {})
    const controller = new AbortController()
    const connecting = connectSsh(
      { host: '127.0.0.1', port, user: 'deploy', hostKey: { kind: 'accept-any' }, connectTimeout: 5_000 },
      { clock: new ManualClock(), log: new RecordingLog(), signal: controller.signal },
    )
    setTimeout(() => controller.abort(new Error('cancelled')), 50)
    await expect(connecting).rejects.toThrow('cancelled')
  })
})
