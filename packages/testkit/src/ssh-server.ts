import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Connection, type Session } from 'ssh2'
import { makeSshKey } from './ssh-key.ts'

export interface SshServerOptions {
  /** Private keys; without any, one of ed25519 is made. */
  readonly hostKeys?: readonly string[]
  readonly password?: string
  /** `type base64` of a key that may log in. */
  readonly authorizedKey?: string
  /** As sshd's MaxSessions. */
  readonly maxSessions?: number
  /** As sshd's AllowTcpForwarding. */
  readonly forwarding?: boolean
  /** What the login shell makes of a command line: a forced command, or a file that it reads first. */
  readonly shell?: (line: string) => string
  /** Called with what commands print, as it leaves. */
  readonly onOutput?: (text: string) => void
  readonly algorithms?: ConstructorParameters<typeof ssh2.Server>[0]['algorithms']
}

/** An SSH server on the loopback that runs commands on this machine, and can break in many ways. */
export interface SshServer extends AsyncDisposable {
  readonly port: number
  /** `type base64` of each host key. */
  readonly hostKeys: readonly string[]
  /** What clients tried to log in with, a word each. */
  readonly attempts: readonly string[]
  readonly connections: number
  readonly openConnections: number
  /** Where clients were connected to from here, each as `host:port`. */
  readonly targets: readonly string[]
  /** Ends every connection with a reset, as a crash of the machine does. */
  reset(): void
  /** Ends every connection in order. */
  close(): void
  /** From now on nothing that arrives is read. */
  freeze(): void
  /** Kills the commands that run, and resolves when each of their ends was sent. */
  killCommands(): Promise<void>
  /** From now on nothing leaves, until `goOn`. */
  holdBack(): void
  goOn(): void
}

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const hostKeys = [...(options.hostKeys ?? [makeSshKey('ed25519').private])]
  const sockets = new Set<Socket>()
  const clients = new Set<Connection>()
  const children = new Set<ChildProcess>()
  const attempts: string[] = []
  const targets: string[] = []
  let connections = 0
  const server = new ssh2.Server(
    { hostKeys, ...(options.algorithms ? { algorithms: options.algorithms } : {}) },
    client => {
      clients.add(client)
      connections += 1
      client
        .on('error', () => {})
        .on('close', () => clients.delete(client))
        .on('authentication', context => authenticate(context, options, attempts))
      // Without a listener it answers that forwarding is prohibited, as sshd does.
      if (options.forwarding !== false) forward(client, targets)
      let sessions = 0
      client.on('session', (accept, reject) => {
        if (sessions >= (options.maxSessions ?? 10)) return void reject()
        sessions += 1
        const session = accept()
        session.on('close', () => {
          sessions -= 1
        })
        serve(session, options, children)
      })
    },
  )
  // The types do not tell that it is a net.Server inside.
  Reflect.get(server, '_srv').on('connection', (socket: Socket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    hostKeys: hostKeys.map(publicLineOf),
    attempts,
    targets,
    get connections() {
      return connections
    },
    get openConnections() {
      return sockets.size
    },
    reset: () => sockets.forEach(socket => void socket.resetAndDestroy()),
    close: () => clients.forEach(client => void client.end()),
    freeze: () => sockets.forEach(socket => void socket.pause()),
    killCommands: async () => {
      const ends = [...children].map(child => once(child, 'close'))
      for (const child of children) child.kill()
      await Promise.all(ends)
    },
    holdBack: () => sockets.forEach(socket => void socket.cork()),
    goOn: () => sockets.forEach(socket => void socket.uncork()),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function forward(client: Connection, targets: string[]): void {
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    targets.push(`${destIP}:${destPort}`)
    const far = connect(destPort, destIP)
    far.once('connect', () => {
      const channel = accept()
      channel.pipe(far).pipe(channel)
      far.on('error', () => channel.close())
    })
    far.once('error', () => reject())
  })
}

function publicLineOf(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  return `${parsed.type} ${Buffer.from(parsed.getPublicSSH()).toString('base64')}`
}

function authenticate(context: AuthContext, options: SshServerOptions, attempts: string[]): void {
  if (context.method !== 'none') attempts.push(context.method)
  if (isWelcome(context, options)) context.accept()
  else {
    context.reject([
      ...(options.authorizedKey === undefined ? [] : ['publickey' as const]),
      ...(options.password === undefined ? [] : ['password' as const]),
    ])
  }
}

function isWelcome(context: AuthContext, { password, authorizedKey }: SshServerOptions): boolean {
  if (context.method === 'password') return context.password === password
  if (context.method !== 'publickey' || authorizedKey === undefined) return false
  const known = ssh2.utils.parseKey(authorizedKey)
  if (known instanceof Error) throw known
  if (!context.key.data.equals(Buffer.from(known.getPublicSSH()))) return false
  const { blob, signature, hashAlgo } = context
  // Without a signature it is only the question whether this key would do.
  return !signature || (blob !== undefined && known.verify(blob, signature, hashAlgo) === true)
}

function serve(session: Session, { shell, onOutput }: SshServerOptions, children: Set<ChildProcess>): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept()
    const child = spawn('sh', ['-c', shell?.(command) ?? command], { stdio: 'pipe', env: process.env })
    children.add(child)
    if (onOutput !== undefined) child.stdout.on('data', chunk => onOutput(String(chunk)))
    channel.stdin.pipe(child.stdin)
    child.stdin.on('error', () => {})
    channel.on('close', () => child.kill())
    child.stdout.pipe(channel.stdout, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    session.on('signal', (_accept, _rejectSignal, { name }) => child.kill(`SIG${name}` as NodeJS.Signals))
    child.on('close', (code, signal) => {
      children.delete(child)
      try {
        if (code === null) channel.exit((signal ?? 'SIGKILL').slice(3), false, '')
        else channel.exit(code)
        channel.end()
      } catch {
        // The client has gone.
      }
    })
  })
}
