import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import type { Host } from '@deploy-actions/core/host/host'
import { CommandRefused, CommandTimeout, ConnectionLost } from '@deploy-actions/core/host/host-error'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { connectSsh, type SshHost } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Secret } from '@deploy-actions/core/values/secret'
import { connectedHost, PASSWORD } from '@deploy-actions/testkit/connected-host'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { type SshServer, type SshServerOptions, startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

const timeout = 10_000
const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

async function server(options: SshServerOptions = {}, standby = 0): Promise<{ ssh: SshServer; host: SshHost }> {
  const ssh = await startSshServer({ password: PASSWORD, ...options })
  open.push(ssh)
  const host = await connectedHost(ssh, standby)
  open.push(host)
  return { ssh, host }
}

const machines: [string, () => Promise<Host>][] = [
  ['over SSH', async () => (await server()).host],
  [
    'over SSH with shells that wait',
    async () => {
      const { host } = await server({}, 2)
      await host.run({ argv: ['true'], timeout })
      return host
    },
  ],
  ['on the runner', async () => new LocalHost({ PATH: process.env['PATH'] })],
]

describe.each(machines)('a host %s', (_, make) => {
  it('gives exit status, output and lines', async () => {
    const host = await make()
    const lines: string[] = []
    const result = await host.run({
      argv: ['sh', '-c', 'echo one; echo two >&2; printf three; exit 7'],
      timeout,
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    })
    expect(result).toEqual({ exitCode: 7, stdout: 'one\nthree', stderr: 'two\n' })
    expect(lines.toSorted()).toEqual(['stderr: two', 'stdout: one', 'stdout: three'])
  })

  it('gives 128 + n for a signal, 127 for a program that is not there', async () => {
    const host = await make()
    expect((await host.run({ argv: ['sh', '-c', 'kill -TERM $$'], timeout })).exitCode).toBe(143)
    expect((await host.run({ argv: ['no-such-program'], timeout })).exitCode).toBe(127)
  })

  it('passes arguments on, byte for byte', async () => {
    const host = await make()
    const argument = fc.string({ unit: fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;~#=% \t\n\r-aé😀') })
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { minLength: 1, maxLength: 20 }), async words => {
        const { stdout } = await host.run({ argv: ['printf', '%s\\0', ...words], timeout })
        expect(stdout.split('\0').slice(0, -1)).toEqual(words)
      }),
      { numRuns: 30 },
    )
  })

  it('streams input with back pressure, and output of any size', async () => {
    const host = await make()
    const chunk = randomBytes(256 * 1024)
    const hash = createHash('sha256')
    for (let count = 0; count < 40; count++) hash.update(chunk)
    const source = Readable.from(Array.from({ length: 40 }, () => chunk))
    const { stdout } = await host.run({ argv: ['sha256sum'], stdin: source, timeout })
    expect(stdout.split(' ')[0]).toBe(hash.digest('hex'))
    const long = await host.run({ argv: ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" é'], timeout })
    expect(Buffer.byteLength(long.stdout)).toBeGreaterThanOrEqual(3_000_000)
  })

  it('gives text and bytes as input, and an empty one where none is given', async () => {
    const host = await make()
    expect((await host.run({ argv: ['cat'], stdin: 'añb', timeout })).stdout).toBe('añb')
    expect((await host.run({ argv: ['cat'], stdin: Buffer.from('bytes'), timeout })).stdout).toBe('bytes')
    expect((await host.run({ argv: ['cat'], timeout })).stdout).toBe('')
  })

  it('takes the end of a command that does not read its input', async () => {
    const host = await make()
    const endless = new PassThrough()
    endless.write(randomBytes(1_000_000))
    expect((await host.run({ argv: ['sh', '-c', 'exit 3'], stdin: endless, timeout })).exitCode).toBe(3)
    expect(endless.destroyed).toBe(true)
  })

  it('fails with the error of the input', async () => {
    const host = await make()
    const source = new Readable({ read: () => source.destroy(new Error('the file is gone')) })
    await expect(host.run({ argv: ['cat'], stdin: source, timeout })).rejects.toThrow('the file is gone')
  })

  it('ends with CommandTimeout when the time is up, and by a signal at once', async () => {
    const host = await make()
    await expect(host.run({ argv: ['sleep', '30'], timeout: 100 })).rejects.toThrow(CommandTimeout)
    const controller = new AbortController()
    const running = host.run({ argv: ['sleep', '30'], timeout, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('cancelled')), 100)
    await expect(running).rejects.toThrow('cancelled')
  })

  it('keeps more commands than a connection has sessions', async () => {
    const host = await make()
    const results = await Promise.all(
      Array.from({ length: 25 }, (_unused, index) =>
        host.run({ argv: ['sh', '-c', `sleep 0.05; echo ${index}`], timeout }),
      ),
    )
    expect(results.map(result => Number(result.stdout))).toEqual(Array.from({ length: 25 }, (_unused, index) => index))
  })

  it('holds a process: reads its lines, writes to it, closes it', async () => {
    const host = await make()
    const held = await host.hold({
      argv: ['sh', '-c', 'echo ready; while read -r word; do echo "got $word"; done; exit 4'],
      timeout,
    })
    expect(await held.nextLine(timeout)).toBe('ready')
    held.write('a\nb\n')
    expect([await held.nextLine(timeout), await held.nextLine(timeout)]).toEqual(['got a', 'got b'])
    await expect(held.nextLine(50)).rejects.toThrow(CommandTimeout)
    expect((await held.close()).exitCode).toBe(4)
    expect(await held.nextLine(timeout)).toBeUndefined()
    await held.ended
  })

  it('tells when a held process ends by itself', async () => {
    const host = await make()
    const held = await host.hold({ argv: ['sh', '-c', 'echo bye'], timeout })
    await held.ended
    expect([await held.nextLine(timeout), await held.nextLine(timeout)]).toEqual(['bye', undefined])
    held.write('nobody reads this\n')
    expect((await held.close()).exitCode).toBe(0)
  })

  it('keeps no more of an output than it is asked to', async () => {
    await using host = await make()
    const argv = ['sh', '-c', 'yes | head -c 500000; echo x >&2; exit 3']
    const result = await host.run({ argv, timeout, maxOutput: 5 })
    expect(result).toEqual({ exitCode: 3, stdout: 'y\ny\ny', stderr: 'x\n' })
  })

  it('connects to what the machine reaches, and says when it cannot', async () => {
    await using host = await make()
    const far = createTcpServer(socket => socket.end('hello'))
    await once(far.listen(0, '127.0.0.1'), 'listening')
    const address = far.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const stream = await host.stream({ host: '127.0.0.1', port })
    expect(String(await once(stream, 'data').then(([data]) => data))).toBe('hello')
    stream.destroy()
    await new Promise(resolve => far.close(resolve))
    await expect(host.stream({ host: '127.0.0.1', port })).rejects.toThrow()
  })

  it('makes a tunnel to what the machine reaches', async () => {
    const host = await make()
    const web = createServer((_request, response) => response.end('hello'.repeat(100_000)))
    await once(web.listen(0, '127.0.0.1'), 'listening')
    const address = web.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const tunnel = await host.tunnel({ host: '127.0.0.1', port })
    const response = await fetch(`http://127.0.0.1:${tunnel.port}/`)
    expect((await response.text()).length).toBe(500_000)
    web.closeAllConnections()
    await new Promise(resolve => web.close(resolve))
    await expect(fetch(`http://127.0.0.1:${tunnel.port}/`)).rejects.toThrow()
    expect(tunnel.failure).toBeDefined()
    await tunnel[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
  })
})

describe('SshHost', () => {
  it('counts the wait for a free session as a part of a command’s time', async () => {
    const { host } = await server()
    const inputs = Array.from({ length: 8 }, () => new PassThrough())
    const long = inputs.map(stdin => host.run({ argv: ['cat'], stdin, timeout: 60_000 }))
    await expect(host.run({ argv: ['true'], timeout: 200 })).rejects.toThrow(CommandTimeout)
    for (const input of inputs) input.end()
    await Promise.all(long)
    expect((await host.run({ argv: ['true'], timeout })).exitCode).toBe(0)
  })

  it('names user, host and port', async () => {
    const { ssh, host } = await server()
    expect(host.name).toBe(`deploy@127.0.0.1:${ssh.port}`)
  })

  it.each([
    ['is reset', (ssh: SshServer) => ssh.reset()],
    ['is closed by the server', (ssh: SshServer) => ssh.close()],
  ])('ends every call under way when the connection %s', async (_, cut) => {
    const { ssh, host } = await server()
    const upload = new PassThrough()
    const feeding = setInterval(() => upload.write(Buffer.alloc(65_536)), 1)
    const held = await host.hold({ argv: ['cat'], timeout })
    const calls = [
      host.run({ argv: ['sleep', '30'], timeout }),
      host.run({ argv: ['sh', '-c', 'cat > /dev/null'], stdin: upload, timeout }),
      held.nextLine(timeout),
    ].map(call => expect(call).rejects.toThrow(ConnectionLost))
    setTimeout(() => cut(ssh), 100)
    await Promise.all(calls)
    await held.ended
    clearInterval(feeding)
    expect(upload.destroyed).toBe(true)
    await expect(host.run({ argv: ['true'], timeout })).rejects.toThrow(ConnectionLost)
    await expect(host.hold({ argv: ['true'], timeout })).rejects.toThrow(ConnectionLost)
    held.write('into the void')
    await expect(held.close()).rejects.toThrow(ConnectionLost)
  })

  it('closes what goes through a tunnel when the connection goes', async () => {
    const { ssh, host } = await server()
    const echo = createServer((_request, response) => response.write('first'))
    await once(echo.listen(0, '127.0.0.1'), 'listening')
    const address = echo.address()
    const tunnel = await host.tunnel({
      host: '127.0.0.1',
      port: typeof address === 'object' && address ? address.port : 0,
    })
    const socket = connect(tunnel.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'data')
    ssh.reset()
    socket.on('error', () => {}).resume()
    await once(socket, 'close')
    expect(socket.destroyed).toBe(true)
    echo.closeAllConnections()
    echo.close()
  })

  it.each([0, 2])('makes do with a server that takes two sessions, and %d shells that wait', async standby => {
    const { host } = await server({ maxSessions: 2 }, standby)
    const held = await host.hold({ argv: ['cat'], timeout })
    const results = await Promise.all(Array.from({ length: 6 }, () => host.run({ argv: ['echo', 'ok'], timeout })))
    expect(results.map(result => result.stdout)).toEqual(Array.from({ length: 6 }, () => 'ok\n'))
    await held.close()
  })

  it.each([0, 2])('says which setting is too low when held processes take every session (%d shells)', async standby => {
    const { host } = await server({ maxSessions: 1 }, standby)
    const held = await host.hold({ argv: ['cat'], timeout })
    await expect(host.run({ argv: ['true'], timeout })).rejects.toThrow(CommandRefused)
    await expect(host.run({ argv: ['true'], timeout })).rejects.toThrow(
      'MaxSessions in its sshd_config must be at least 2',
    )
    await held.close()
    expect((await host.run({ argv: ['true'], timeout })).exitCode).toBe(0)
  })

  it('lets go of a server that hangs', async () => {
    const { ssh, host } = await server()
    ssh.freeze()
    await expect(host.run({ argv: ['true'], timeout: 200 })).rejects.toThrow(CommandTimeout)
    await host[Symbol.asyncDispose]()
  })

  it('goes on to a second server through the first', async () => {
    const { host: jump } = await server()
    const inner = await startSshServer({ password: 'pw' })
    open.push(inner)
    const host = await connectSsh(
      {
        host: '127.0.0.1',
        port: inner.port,
        user: 'deploy',
        password: new Secret('pw'),
        hostKey: { kind: 'accept-any' },
        connectTimeout: timeout,
        through: endpoint => jump.stream(endpoint),
      },
      { clock: systemClock, log: new RecordingLog() },
    )
    expect((await host.run({ argv: ['echo', 'inside'], timeout })).stdout).toBe('inside\n')
    await host[Symbol.asyncDispose]()
    expect((await jump.run({ argv: ['echo', 'still there'], timeout })).stdout).toBe('still there\n')
  })
})

describe('LocalHost', () => {
  it('hands on no variable that it was not given', async () => {
    const { stdout } = await new LocalHost({ PATH: process.env['PATH'], A: '1' }).run({ argv: ['env'], timeout })
    expect(stdout.split('\n').filter(line => !line.startsWith('PATH='))).toEqual(['A=1', ''])
  })

  it('ends what a command started along with it', async () => {
    await using host = new LocalHost({ PATH: process.env['PATH'] })
    const held = await host.hold({ argv: ['sh', '-c', 'sleep 60 & echo $!; wait'], timeout })
    const pid = Number(await held.nextLine(timeout))
    expect(await isRunning(pid)).toBe(true)
    await host[Symbol.asyncDispose]()
    await held.ended
    while (await isRunning(pid)) await new Promise(resolve => setTimeout(resolve, 10))
    expect(await isRunning(pid)).toBe(false)
  })
})

/** A process that ended stays as a zombie where the machine's first process does not look after orphans. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  return !stat.includes(') Z')
}
