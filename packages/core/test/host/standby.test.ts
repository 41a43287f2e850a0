import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConnectionLost } from '@deploy-actions/core/host/host-error'
import type { SshHost } from '@deploy-actions/core/host/ssh-host'
import { connectedHost, PASSWORD } from '@deploy-actions/testkit/connected-host'
import { type SshServer, type SshServerOptions, startSshServer } from '@deploy-actions/testkit/ssh-server'
import { afterEach, describe, expect, it } from '@jest/globals'

const timeout = 10_000
const SHELLS = 2
const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing[Symbol.asyncDispose]()
})

interface Connected {
  readonly ssh: SshServer
  readonly host: SshHost
  /** The command lines that the login shell was given, from the first one on. */
  readonly lines: readonly string[]
}

async function connect(shell = (line: string) => line, options: SshServerOptions = {}): Promise<Connected> {
  const lines: string[] = []
  const ssh = await startSshServer({
    password: PASSWORD,
    shell: line => {
      lines.push(line)
      return shell(line)
    },
    ...options,
  })
  open.push(ssh)
  const host = await connectedHost(ssh, SHELLS)
  open.push(host)
  return { ssh, host, lines }
}

/** Runs a first command, and resolves when the shells that were started with it wait for theirs. */
async function connectAndWait(shell?: (line: string) => string): Promise<Connected> {
  let ready = 0
  const allReady = Promise.withResolvers<void>()
  const onOutput = (text: string) => {
    ready += text.split('deploy-actions: ready').length - 1
    if (ready === SHELLS) allReady.resolve()
  }
  const connected = await connect(shell, { onOutput })
  await connected.host.run({ argv: ['true'], timeout })
  await allReady.promise
  await untilRead(connected.host)
  return connected
}

/** What the server sent so far was read before its refusal of this. */
async function untilRead(host: SshHost): Promise<void> {
  await host.stream({ host: '127.0.0.1', port: 1 }).catch(() => {})
}

const echo = (text: string) => ({ argv: ['echo', text], timeout })

describe('shells that wait', () => {
  it('start after the first command, which must not find the sessions taken', async () => {
    const { host, lines } = await connect()
    await host.run({ argv: ['true'], timeout })
    expect(lines[0]).not.toContain('standby')
  })

  it('get a command and its input at once, before the server responds to anything', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'standby-'))
    const { ssh, host } = await connectAndWait()
    ssh.holdBack()
    const argv = ['sh', '-c', 'cat >"$1.new" && mv "$1.new" "$1"', 'sh', `${folder}/written`]
    const running = host.run({ argv, stdin: 'input', timeout })
    let written: string | undefined
    while (written === undefined) written = await readFile(`${folder}/written`, 'utf8').catch(() => undefined)
    expect(written).toBe('input')
    ssh.goOn()
    expect((await running).exitCode).toBe(0)
    await rm(folder, { recursive: true })
  })

  it('run what would have been a command of its own, with nothing left of them', async () => {
    const { host, lines } = await connectAndWait(line => `export command=theirs line=theirs; ${line}`)
    const print = 'printf "%s:" "$#" "$1" "$command" "$line" "$(cat)"'
    const seen = await host.run({ argv: ['sh', '-c', print, 'sh', "it's\n\\n"], timeout })
    expect(seen).toEqual({ exitCode: 0, stdout: "1:it's\n\\n::::", stderr: '' })
    // The first command has a channel of its own; then each one is replaced by a shell.
    expect(lines).toHaveLength(1 + SHELLS + 1)
  })

  it('leave out what a login shell prints at its start', async () => {
    const { host } = await connectAndWait(line => `echo Welcome; echo note >&2; ${line}`)
    expect(await host.run(echo('out'))).toEqual({ exitCode: 0, stdout: 'out\n', stderr: '' })
  })

  it('hold a process, and end with the connection', async () => {
    const { host } = await connectAndWait()
    const held = await host.hold({ argv: ['sh', '-c', 'echo started; cat'], timeout })
    expect(await held.nextLine(timeout)).toBe('started')
    held.write('x\n')
    expect(await held.nextLine(timeout)).toBe('x')
    expect((await held.close()).exitCode).toBe(0)
    await host[Symbol.asyncDispose]()
    await expect(host.run(echo('late'))).rejects.toThrow(ConnectionLost)
  })

  it.each([
    ['refuses them', (line: string) => (line.includes('standby') ? 'echo refused >&2; exit 77' : line)],
    ['limits the time of a read', (line: string) => `export TMOUT=60; ${line}`],
    ['ends them at once', (line: string) => (line.includes('standby') ? 'kill -9 $$' : line)],
  ])('are not used on a server that %s', async (_, shell) => {
    const { host, lines } = await connect(shell)
    for (const text of ['1', '2', '3', '4']) expect((await host.run(echo(text))).stdout).toBe(`${text}\n`)
    expect(lines.filter(line => line.includes('standby'))).toHaveLength(SHELLS)
  })

  it('may be killed while they wait', async () => {
    const { ssh, host } = await connectAndWait()
    await ssh.killCommands()
    await untilRead(host)
    for (const text of ['1', '2', '3']) expect((await host.run(echo(text))).stdout).toBe(`${text}\n`)
  })

  it('give way where the server takes no more sessions', async () => {
    const { host } = await connect(line => line, { maxSessions: 3 })
    await host.run({ argv: ['true'], timeout })
    const held = await host.hold({ argv: ['cat'], timeout })
    const results = await Promise.all(['1', '2', '3', '4'].map(text => host.run(echo(text))))
    expect(results.map(({ stdout }) => stdout)).toEqual(['1\n', '2\n', '3\n', '4\n'])
    await held.close()
  })
})
