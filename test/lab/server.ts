import { createHash } from 'node:crypto'
import { docker, publishedPort } from './docker.ts'
import { type ExecOptions, ensureMachine, execIn, service } from './machine.ts'
import type { LabNames } from './names.ts'
import type { ShellResult } from './shell.ts'
import type { ResolvedServerSpec } from './spec.ts'

/** What a runner would be told about a server, and what only the lab can do to it. */
export interface LabServer {
  readonly name: string
  readonly container: string
  readonly host: '127.0.0.1'
  readonly port: number
  /** A user of the group docker who owns /opt; `root` may log in with the same key. */
  readonly user: 'deploy'
  readonly privateKey: string
  readonly privateKeyPath: string
  readonly publicKey: string
  /** Set when the server was asked for with passwordLogin. */
  readonly password: string | undefined
  /** Lines for known_hosts, one for each of its host keys. */
  readonly hostKeys: readonly string[]
  /** Of its ed25519 key, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  readonly fingerprints: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', string>>
  /** Its name for the other machines of the lab. */
  readonly address: string
  /** Where a published port of it is reached from this machine. */
  readonly ports: Readonly<Record<number, number>>
  /** Runs a shell script inside it, past sshd. */
  exec(script: string, options?: ExecOptions): Promise<ShellResult>
  writeFile(path: string, content: string | Uint8Array, mode?: string): Promise<void>
  readFile(path: string): Promise<string>
  /** Back to an empty server: no containers, networks, volumes, projects; images stay, unless said otherwise. */
  reset(options?: { readonly images?: boolean }): Promise<void>
  /** The machine hangs: packets arrive, nothing answers. */
  pause(): Promise<void>
  unpause(): Promise<void>
  /** The network is gone: packets vanish, on open connections too. */
  cutNetwork(): Promise<void>
  restoreNetwork(): Promise<void>
  /** Ends every SSH session that is open now; new ones are taken. */
  dropSessions(): Promise<void>
  stopService(name: 'sshd' | 'dockerd'): Promise<void>
  killService(name: 'sshd' | 'dockerd'): Promise<void>
  startService(name: 'sshd' | 'dockerd'): Promise<void>
  /** Fills a disk that the server was given (dockerDiskMb, projectDiskMb) but for a rest. */
  fillDisk(path: '/var/lib/docker' | '/opt', leaveMb: number): Promise<void>
  freeDisk(path: '/var/lib/docker' | '/opt'): Promise<void>
}

export interface ServerAccess {
  readonly privateKey: string
  readonly privateKeyPath: string
  readonly publicKey: string
  readonly password: string
}

export interface ServerParts {
  readonly lab: LabNames
  readonly image: string
  readonly access: ServerAccess
  /** The newest Compose, where the server wants it. */
  readonly composeBinary: string | undefined
  /** Resolves to the lab's CA, undefined without a registry. */
  readonly ca: Promise<string | undefined>
}

const COMPOSE_PLUGIN = '/usr/local/lib/docker/cli-plugins/docker-compose'

export async function ensureServer(spec: ResolvedServerSpec, parts: ServerParts): Promise<LabServer> {
  const { lab, access } = parts
  const services = spec.docker ? ['dockerd', 'sshd'] : ['sshd']
  const container = await ensureMachine(lab, machineSpec(spec, services, parts.composeBinary), parts.image)
  // First: for a password it starts sshd again, which would look like a service that has failed.
  await execIn(container, spec.passwordLogin ? 'lab-authorize password' : 'lab-authorize', {
    input: `${access.publicKey}\n${access.password}\n`,
  })
  await Promise.all([
    ...services.map(name => service(container, name, 'wait')),
    parts.ca.then(ca => (ca === undefined || !spec.docker ? undefined : trust(container, ca))),
  ])
  const ports = await publishedPorts(container, spec.publish)
  const port = ports[22] ?? 0
  return {
    ...faults(container),
    ...(await readHostKeys(container, port)),
    name: spec.name,
    container,
    host: '127.0.0.1',
    port,
    user: 'deploy',
    privateKey: access.privateKey,
    privateKeyPath: access.privateKeyPath,
    publicKey: access.publicKey,
    password: spec.passwordLogin ? access.password : undefined,
    address: `${spec.name}.lab`,
    ports,
    exec: (script, options) => execIn(container, script, options),
    async writeFile(path, content, mode = '644') {
      await execIn(container, `mkdir -p "$(dirname "${path}")" && cat > "${path}" && chmod ${mode} "${path}"`, {
        input: content,
      })
    },
    readFile: async path => (await execIn(container, `cat "${path}"`)).stdout,
    async reset(options) {
      await execIn(container, options?.images === true ? 'lab-reset images' : 'lab-reset')
    },
  }
}

function machineSpec(spec: ResolvedServerSpec, services: string[], composeBinary: string | undefined) {
  const disks = {
    ...(spec.dockerDiskMb === undefined ? {} : { '/var/lib/docker': spec.dockerDiskMb }),
    ...(spec.projectDiskMb === undefined ? {} : { '/opt': spec.projectDiskMb }),
  }
  return {
    name: spec.name,
    services,
    env: { LAB_COMPOSE: spec.compose },
    ports: spec.publish,
    disks,
    ...(spec.compose === 'latest' && composeBinary !== undefined
      ? { file: { from: composeBinary, to: COMPOSE_PLUGIN } }
      : {}),
  }
}

/** Has the engine of a machine trust the registry. */
export async function trust(container: string, ca: string): Promise<void> {
  const folder = '/etc/docker/certs.d/registry.lab:5000'
  await execIn(container, `mkdir -p ${folder} && cat > ${folder}/ca.crt`, { input: ca })
}

async function publishedPorts(container: string, ports: readonly number[]): Promise<Record<number, number>> {
  return Object.fromEntries(await Promise.all(ports.map(async port => [port, await publishedPort(container, port)])))
}

async function readHostKeys(
  container: string,
  port: number,
): Promise<Pick<LabServer, 'hostKeys' | 'fingerprint' | 'fingerprints'>> {
  const { stdout } = await execIn(
    container,
    'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_ecdsa_key.pub /etc/ssh/ssh_host_rsa_key.pub',
  )
  const keys = stdout
    .trim()
    .split('\n')
    .map(line => line.split(' ').slice(0, 2).join(' '))
  const [ed25519 = '', ecdsa = '', rsa = ''] = keys.map(fingerprintOf)
  return {
    hostKeys: keys.map(key => `[127.0.0.1]:${port} ${key}`),
    fingerprint: ed25519,
    fingerprints: { ed25519, ecdsa, rsa },
  }
}

function fingerprintOf(key: string): string {
  const blob = Buffer.from(key.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

type Faults = Pick<
  LabServer,
  | 'pause'
  | 'unpause'
  | 'cutNetwork'
  | 'restoreNetwork'
  | 'dropSessions'
  | 'stopService'
  | 'killService'
  | 'startService'
  | 'fillDisk'
  | 'freeDisk'
>

function faults(container: string): Faults {
  const run = async (script: string) => void (await execIn(container, script))
  return {
    pause: async () => void (await docker(['pause', container])),
    unpause: async () => void (await docker(['unpause', container])),
    // Not `docker network disconnect`: that would take the published ports along, and give others back.
    cutNetwork: () =>
      run(
        'iptables -w -I INPUT -i eth0 -j DROP && iptables -w -I OUTPUT -o eth0 -j DROP && iptables -w -I FORWARD -i eth0 -j DROP',
      ),
    restoreNetwork: () =>
      run(
        'iptables -w -D INPUT -i eth0 -j DROP; iptables -w -D OUTPUT -o eth0 -j DROP; iptables -w -D FORWARD -i eth0 -j DROP',
      ),
    dropSessions: () => run('pkill -KILL sshd-session || :'),
    stopService: name => service(container, name, 'stop'),
    killService: name => service(container, name, 'kill'),
    async startService(name) {
      await service(container, name, 'start')
      await service(container, name, 'wait')
    },
    async fillDisk(path, leaveMb) {
      await run(
        `[ "$(stat -f -c %T ${path})" = tmpfs ] || { echo "${path} is no disk of its own" >&2; exit 1; }
         free=$(df --output=avail -m ${path} | tail -n 1)
         if [ "$free" -gt ${leaveMb} ]; then fallocate -l "$((free - ${leaveMb}))M" ${path}/.lab-filler; fi`,
      )
    },
    freeDisk: path => run(`rm -f ${path}/.lab-filler`),
  }
}
