import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { collectFiles } from '@deploy-actions/core/host/files'
import type { Host } from '@deploy-actions/core/host/host'
import { CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { HostKeyRefused, parseHostKeyPolicy } from '@deploy-actions/core/host/host-key'
import { formatChecksums } from '@deploy-actions/core/host/manifest'
import { packTar, unpackCommand } from '@deploy-actions/core/host/tar'
import { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { type Lab, openLab } from '../lab.ts'
import type { LabServer } from '../server.ts'
import { keyOf, login } from './login.ts'

const timeout = 30_000
jest.setTimeout(60_000)
let lab: Lab
let server: LabServer
const open: AsyncDisposable[] = []

beforeAll(async () => {
  lab = await openLab({
    name: 'host',
    servers: [{ name: 'door', docker: false, passwordLogin: true, projectDiskMb: 4 }],
  })
  server = lab.server()
}, 600_000)

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

afterAll(async () => {
  await lab?.close()
}, 60_000)

async function enter(...more: Parameters<typeof login> extends [unknown, ...infer Rest] ? Rest : never): Promise<Host> {
  const host = await login(server, ...more)
  open.push(host)
  return host
}

/** Changes sshd's settings for one test. */
async function withSettings(settings: string, test: () => Promise<void>): Promise<void> {
  // sshd takes the first value that it finds, so ours must be read before the lab's.
  await server.writeFile('/etc/ssh/sshd_config.d/00-test.conf', `${settings}\n`)
  await server.exec('pkill -HUP -o -x sshd')
  try {
    await test()
  } finally {
    await server.exec('rm /etc/ssh/sshd_config.d/00-test.conf && pkill -HUP -o -x sshd')
  }
}

const whoami = { argv: ['id', '-un'], timeout }

describe('the way in, through a real sshd', () => {
  it.each([
    ['ed25519', '-t ed25519 -N ""', undefined],
    ['rsa', '-t rsa -N ""', undefined],
    ['ecdsa', '-t ecdsa -b 521 -N ""', undefined],
    ['ed25519 with a passphrase', '-t ed25519 -N "a long one"', 'a long one'],
    ['rsa in PEM with a passphrase', '-t rsa -m PEM -N "a long one"', 'a long one'],
    ['ecdsa in PKCS#8', '-t ecdsa -m PKCS8 -N ""', undefined],
    ['ecdsa in PKCS#8 with a passphrase', '-t ecdsa -m PKCS8 -N "a long one"', 'a long one'],
  ])('a key of its own ssh-keygen: %s', async (_, options, passphrase) => {
    const { stdout } = await server.exec(
      `rm -f /tmp/key*; ssh-keygen -q ${options} -f /tmp/key && cat /tmp/key.pub >>/home/deploy/.ssh/authorized_keys && cat /tmp/key`,
    )
    // Secrets lose their last newline, and Windows adds its own.
    const key = keyOf(stdout.trimEnd().replaceAll('\n', '\r\n'), passphrase)
    expect((await (await enter({ key })).run(whoami)).stdout).toBe('deploy\n')
    expect(key.publicKey.fingerprint).toBe((await server.exec('ssh-keygen -lf /tmp/key.pub')).stdout.split(' ')[1])
  })

  it('a password', async () => {
    const target = { password: new Secret(server.password ?? '') }
    expect((await (await enter(target)).run(whoami)).stdout).toBe('deploy\n')
  })

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('the fingerprint of its %s key', async type => {
    const hostKey = parseHostKeyPolicy({ knownHosts: '', fingerprint: server.fingerprints[type] })
    expect((await (await enter({ hostKey })).run(whoami)).stdout).toBe('deploy\n')
  })

  it.each([0, 1, 2])('known_hosts with one of its keys alone (%i)', async index => {
    const hostKey = parseHostKeyPolicy({ knownHosts: server.hostKeys[index] ?? '', fingerprint: '' })
    expect((await (await enter({ hostKey })).run(whoami)).stdout).toBe('deploy\n')
  })

  it('known_hosts as its own ssh-keygen hashes it', async () => {
    const { stdout } = await server.exec(
      'cat >/tmp/known && ssh-keygen -q -H -f /tmp/known >/dev/null && cat /tmp/known',
      {
        input: `${server.hostKeys.join('\n')}\n`,
      },
    )
    expect(stdout).toMatch(/^\|1\|/)
    const hostKey = parseHostKeyPolicy({ knownHosts: stdout, fingerprint: '' })
    expect((await (await enter({ hostKey })).run(whoami)).stdout).toBe('deploy\n')
  })

  it('is shut while the host key is not known, and the message has the right lines', async () => {
    const failure = await login(server, { hostKey: { kind: 'not-given' } }).catch(thrown => thrown)
    expect(failure).toBeInstanceOf(HostKeyRefused)
    expect(failure.message).toContain(`known-hosts: |\n    ${server.hostKeys[0]}`)
    expect(failure.message).toContain(`fingerprint: ${server.fingerprint}`)
    const other = makeSshKey('ed25519').public
    const hostKey = parseHostKeyPolicy({ knownHosts: `[127.0.0.1]:${server.port} ${other}`, fingerprint: '' })
    await expect(login(server, { hostKey })).rejects.toThrow(
      'has changed: it is not the key that known-hosts has for it',
    )
  })

  it('says why a key is refused', async () => {
    const key = keyOf(makeSshKey('ed25519').private)
    const failure = await login(server, { key }).catch(thrown => thrown)
    expect(failure).toMatchObject({ kind: 'authentication', temporary: false })
    expect(failure.message).toContain(`Tried: the key ${key.publicKey.fingerprint} (ssh-ed25519)`)
    expect(failure.message).toContain('The server takes: publickey,')
  })

  it('waits for a server that is starting', async () => {
    await server.stopService('sshd')
    const log = new RecordingLog()
    const entering = enter({}, log)
    const isLogged = () => /Attempt 2 of 4 follows/.test(log.text)
    while (!isLogged()) await new Promise(resolve => setTimeout(resolve, 20))
    await server.startService('sshd')
    expect((await (await entering).run(whoami)).stdout).toBe('deploy\n')
  })
})

describe('commands on a real sshd', () => {
  it('hands over status, output and input, however short the command', async () => {
    const host = await enter()
    for (let round = 0; round < 40; round++) {
      const result = await host.run({
        argv: ['sh', '-c', 'cat; echo oops >&2; exit 9'],
        stdin: `round ${round}`,
        timeout,
      })
      expect(result).toEqual({ exitCode: 9, stdout: `round ${round}`, stderr: 'oops\n' })
    }
    expect((await host.run({ argv: ['sh', '-c', 'kill -KILL $$'], timeout })).exitCode).toBe(137)
    expect((await host.run({ argv: ['no-such-program'], timeout })).exitCode).toBe(127)
    expect((await host.run({ argv: ['sh', '-c', 'tty'], timeout })).stdout).toBe('not a tty\n')
  })

  it('passes awkward arguments through the login shell', async () => {
    const host = await enter()
    const words = [
      '',
      ' ',
      "it's",
      '"',
      '$HOME',
      '`id`',
      '\\',
      'a\nb\n',
      '*',
      '~',
      '!!',
      'é😀',
      '-n',
      'A=b',
      '#',
      '\t',
      '\u0001\u007f',
    ]
    const { stdout } = await host.run({ argv: ['printf', '%s\\0', ...words], timeout })
    expect(stdout.split('\0').slice(0, -1)).toEqual(words)
  })

  it('carries 50 MB both ways', async () => {
    const host = await enter()
    const chunk = randomBytes(1_000_000)
    const hash = createHash('sha256')
    for (let count = 0; count < 50; count++) hash.update(chunk)
    const input = Readable.from(Array.from({ length: 50 }, () => chunk))
    expect((await host.run({ argv: ['sha256sum'], stdin: input, timeout })).stdout).toBe(`${hash.digest('hex')}  -\n`)
    const output = await host.run({ argv: ['sh', '-c', 'yes abcdefg | head -c 50000000'], timeout })
    expect(output.stdout.length).toBe(50_000_000)
  })

  it('keeps more commands under way than there are sessions', async () => {
    const host = await enter()
    const results = await Promise.all(
      Array.from({ length: 30 }, () => host.run({ argv: ['sh', '-c', 'sleep 0.1; echo ok'], timeout })),
    )
    expect(new Set(results.map(result => result.stdout))).toEqual(new Set(['ok\n']))
  })

  it('makes do with MaxSessions 2', () =>
    withSettings('MaxSessions 2', async () => {
      const host = await enter()
      const held = await host.hold({ argv: ['cat'], timeout })
      const results = await Promise.all(Array.from({ length: 5 }, () => host.run(whoami)))
      expect(results.map(result => result.stdout)).toEqual(Array.from({ length: 5 }, () => 'deploy\n'))
      await held.close()
    }))

  it('ends with the input what it held, and lets go of what takes too long', async () => {
    const host = await enter()
    const held = await host.hold({ argv: ['sh', '-c', 'echo ready; cat >/dev/null; echo >/tmp/ended'], timeout })
    expect(await held.nextLine(timeout)).toBe('ready')
    expect((await held.close()).exitCode).toBe(0)
    await server.exec('rm /tmp/ended')
    await expect(host.run({ argv: ['sleep', '60'], timeout: 300 })).rejects.toThrow(CommandTimeout)
    expect((await host.run(whoami)).exitCode).toBe(0)
  })

  it('reaches ports of the server through a tunnel, and says when it may not', async () => {
    const host = await enter()
    await using tunnel = await host.tunnel({ host: '127.0.0.1', port: 22 })
    const inner = await login(server, { port: tunnel.port, hostKey: { kind: 'accept-any' } })
    expect((await inner.run(whoami)).stdout).toBe('deploy\n')
    await inner[Symbol.asyncDispose]()
    await withSettings('AllowTcpForwarding no', async () => {
      const narrow = await enter()
      await using shut = await narrow.tunnel({ host: '127.0.0.1', port: 22 })
      await expect(fetch(`http://127.0.0.1:${shut.port}/`)).rejects.toThrow()
      expect(shut.failure).toMatch(/prohibited|open failed/)
    })
  })
})

describe('a connection that breaks', () => {
  const impatient = { keepalive: { every: 300, misses: 3 } }

  it.each<[string, () => Promise<void>, () => Promise<void>]>([
    ['sshd of the session is killed', () => server.dropSessions(), async () => {}],
    ['the server hangs', () => server.pause(), () => server.unpause()],
  ])('ends everything under way when %s', async (_, breakIt, mend) => {
    const host = await login(server, impatient)
    const upload = new PassThrough()
    const feeding = setInterval(() => upload.write(Buffer.alloc(262_144)), 5)
    const held = await host.hold({ argv: ['cat'], timeout })
    const calls = [
      host.run({ argv: ['sleep', '60'], timeout }),
      host.run({ argv: ['sh', '-c', 'cat >/dev/null'], stdin: upload, timeout }),
      held.nextLine(timeout),
    ].map(call => expect(call).rejects.toThrow(ConnectionLost))
    await new Promise(resolve => setTimeout(resolve, 500))
    await breakIt()
    await Promise.all(calls).finally(mend)
    clearInterval(feeding)
    await held.ended
    await host[Symbol.asyncDispose]()
  })
})

describe('files on a real server', () => {
  const awkward = [
    'a \'b\' "c".txt',
    '-rf',
    'ünïcödé/😀.txt',
    `${'deep/'.repeat(40)}f`,
    `n${'é'.repeat(100)}`,
    'back\\slash',
    'new\nline',
  ]

  it.each([
    ['its own tar', (folder: string) => unpackCommand(folder)],
    ['the tar of busybox', (folder: string) => ['busybox', ...unpackCommand(folder)]],
  ])('arrive whole through %s', async (_, unpack) => {
    const host = await enter()
    const root = await mkdtemp(join(tmpdir(), 'upload-'))
    for (const path of awkward) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), path, { mode: 0o640 })
    }
    await symlink('-rf', join(root, 'link'))
    const manifest = await collectFiles(root, ['.'])
    const { stdout } = await host.run({ argv: ['mktemp', '-d'], timeout })
    const folder = stdout.trim()
    const sent = await host.run({ argv: unpack(folder), stdin: packTar(root, manifest), timeout })
    expect(sent).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    const check = [
      'sh',
      '-c',
      'cd "$1" && sha256sum -c --quiet --strict - && stat -c %a -- ./-rf && readlink link',
      'check',
      folder,
    ]
    const checked = await host.run({ argv: check, stdin: formatChecksums(manifest), timeout })
    expect(checked).toEqual({ exitCode: 0, stdout: '640\n-rf\n', stderr: '' })
    await rm(root, { recursive: true })
  })

  it('fails when the disk of the server is full, with the words of its tar', async () => {
    const host = await enter()
    const root = await mkdtemp(join(tmpdir(), 'upload-'))
    await writeFile(join(root, 'big'), Buffer.alloc(5_000_000))
    const manifest = await collectFiles(root, ['big'])
    const sent = await host.run({ argv: unpackCommand('/opt'), stdin: packTar(root, manifest), timeout })
    expect(sent.exitCode).not.toBe(0)
    expect(sent.stderr).toMatch(/No space left on device|Wrote only/)
    await rm(root, { recursive: true })
    await server.exec('rm /opt/big')
  })
})

describe('events of the process', () => {
  it('leaves nothing that keeps the process alive', async () => {
    const handles = () => process.getActiveResourcesInfo().filter(name => /TCP|Timeout/.test(name)).length
    const before = handles()
    const host = await login(server)
    const tunnel = await host.tunnel({ host: '127.0.0.1', port: 22 })
    const held = await host.hold({ argv: ['cat'], timeout })
    await expect(host.run({ argv: ['sleep', '5'], timeout: 50 })).rejects.toThrow(CommandTimeout)
    expect(tunnel.port).toBeGreaterThan(0)
    await host[Symbol.asyncDispose]()
    await held.ended
    // Where one stays, this never ends. The timer of the pause is not there when it looks.
    while (handles() > before) await new Promise(resolve => setTimeout(resolve, 20))
  })
})
