import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Client } from 'ssh2'
import { labelled, tryDocker } from './docker.ts'
import { closeLab, type Lab, openLab } from './lab.ts'
import { labNames } from './names.ts'
import type { LabServer } from './server.ts'

const NAME = 'lab-test'
// Real machines on a busy one take their time; a test that hangs is still found.
jest.setTimeout(180_000)

let lab: Lab

beforeAll(async () => {
  lab = await openLab({
    name: NAME,
    servers: ['vps1', { name: 'vps2', compose: 'latest' }, { name: 'door', docker: false, passwordLogin: true }],
    registry: true,
    proxy: true,
  })
}, 600_000)

// By its name: a lab that failed to open has machines too.
afterAll(() => closeLab(NAME))

interface Login {
  readonly username?: string
  readonly privateKey?: string
  readonly password?: string
}

/** Logs in as a runner would, through the published port, and gives what a command writes. */
function overSsh(server: LabServer, login: Login, command: string): Promise<string> {
  const client = new Client()
  const accepted = new Set(server.hostKeys.map(line => line.split(' ')[2]))
  return new Promise<string>((resolve, reject) => {
    client.on('error', reject).on('ready', () => {
      client.exec(command, (error, channel) => {
        if (error !== undefined) return reject(error)
        let output = ''
        channel.on('data', (chunk: Buffer) => {
          output += chunk.toString()
        })
        channel.on('close', () => resolve(output.trim()))
      })
    })
    client.connect({
      host: server.host,
      port: server.port,
      username: server.user,
      hostVerifier: (key: Buffer) => accepted.has(key.toString('base64')),
      ...login,
    })
  }).finally(() => client.end())
}

describe('a server', () => {
  it.each(['deploy', 'root'])('lets %s in with the key of the lab', async username => {
    const server = lab.server()
    expect(await overSsh(server, { username, privateKey: server.privateKey }, 'id -un')).toBe(username)
  })

  it('lets nobody in with another key, nor with a password', async () => {
    const server = lab.server()
    const { stdout } = await server.exec('ssh-keygen -q -t ed25519 -N "" -f /tmp/other && cat /tmp/other')
    await expect(overSsh(server, { privateKey: stdout }, 'true')).rejects.toThrow(/authentication methods failed/)
    await expect(overSsh(server, { password: lab.registry.password }, 'true')).rejects.toThrow(/authentication/)
  })

  it('takes the password where it was asked for', async () => {
    const door = lab.server('door')
    expect(door.password).toBeDefined()
    expect(await overSsh(door, { password: door.password ?? '' }, 'id -un')).toBe('deploy')
    await expect(overSsh(door, { password: 'wrong' }, 'true')).rejects.toThrow(/authentication/)
  })

  it.each(['vps1', 'vps2'])('%s runs an engine of its own for deploy', async name => {
    const server = lab.server(name)
    const login = { privateKey: server.privateKey }
    expect(await overSsh(server, login, 'docker version --format "{{.Server.Version}}"')).toMatch(/^\d+\./)
    expect(await overSsh(server, login, 'docker info --format "{{.Driver}} {{.Name}}"')).toBe(`overlay2 ${name}`)
    expect(await overSsh(server, login, 'mkdir /opt/app && stat -c %U /opt/app')).toBe('deploy')
  })

  it('has the Compose that was asked for', async () => {
    const version = (name: string) => lab.server(name).exec('docker compose version --short', { user: 'deploy' })
    expect((await version('vps1')).stdout).toMatch(/^2\.26\./)
    expect((await version('vps2')).stdout).toBe('5.5.1\n')
  })

  it('is reached by its published port only from this machine', async () => {
    const { stdout } = await tryDocker(['port', lab.server().container])
    const addresses = stdout
      .trim()
      .split('\n')
      .map(line => line.split(' -> ')[1]?.split(':')[0])
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']))
  })

  it('keeps its keys and data when the lab is opened again', async () => {
    const server = lab.server()
    await server.writeFile('/opt/kept', 'yes')
    const again = await openLab({ name: NAME, servers: ['vps1'], registry: true })
    expect(again.server().hostKeys).toEqual(server.hostKeys)
    expect(await again.server().readFile('/opt/kept')).toBe('yes')
    expect(again.registry.password).toBe(lab.registry.password)
  })

  it('is empty after a reset', async () => {
    const server = lab.server()
    await server.exec('docker volume create data && mkdir -p /opt/app/.deploy')
    await server.reset()
    expect((await server.exec('ls -A /opt; docker volume ls -q; docker ps -aq')).stdout).toBe('')
  })
})

describe('the registry', () => {
  it('gives an image to a server that logs in, and to no other', async () => {
    const { reference, digest } = await lab.registry.push(lab.baseImage, 'lab/base:1')
    const server = lab.server()
    const refused = await server.exec(`docker pull -q ${reference}`, { check: false })
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toMatch(/no basic auth credentials/)
    const login = `docker login --username ${lab.registry.username} --password-stdin ${lab.registry.address}`
    const wrong = await server.exec(login, { input: 'wrong', check: false })
    expect(wrong.stderr).toMatch(/401|unauthorized/i)
    await server.exec(login, { input: lab.registry.password })
    await server.exec(`docker pull -q ${reference}`)
    expect(
      (await server.exec(`docker image inspect --format '{{index .RepoDigests 0}}' ${reference}`)).stdout,
    ).toContain(digest)
    await server.exec(`docker run --rm ${reference} true`)
  })

  it('refuses connections while it is stopped', async () => {
    await lab.registry.stop()
    const ask = () => lab.server().exec('curl -sS -k https://registry.lab:5000/v2/', { check: false })
    expect((await ask()).stderr).toMatch(/Failed to connect|Connection refused|Couldn't connect/)
    await lab.registry.start()
    expect((await ask()).exitCode).toBe(0)
  })
})

describe('faults', () => {
  const pingFrom = (from: string, to: string) =>
    lab.server(from).exec(`curl -sS -m 1 telnet://${to}:22 < /dev/null`, { check: false })

  it('a cut network swallows packets, and comes back with the same port', async () => {
    const server = lab.server('vps2')
    const login = { privateKey: server.privateKey, readyTimeout: 1_000 }
    await server.cutNetwork()
    await expect(overSsh(server, login, 'true')).rejects.toThrow(/Timed out/)
    await server.restoreNetwork()
    expect(await overSsh(server, login, 'hostname')).toBe('vps2')
    expect((await pingFrom('vps1', 'vps2.lab')).stdout).toMatch(/^SSH-2\.0/)
  })

  it('dropped sessions end at once, new ones are taken', async () => {
    const server = lab.server()
    const login = { privateKey: server.privateKey }
    const long = overSsh(server, login, 'touch /tmp/started; sleep 900').catch(() => 'lost')
    await server.exec('until test -e /tmp/started; do sleep 0.1; done')
    await server.dropSessions()
    await long
    expect(await overSsh(server, login, 'hostname')).toBe('vps1')
  })

  it.each(['dockerd', 'sshd'] as const)('a killed %s can be started again', async name => {
    const server = lab.server()
    await server.killService(name)
    const check = name === 'dockerd' ? 'docker version' : 'ss -Hltn "sport = :22" | grep .'
    expect((await server.exec(check, { check: false })).exitCode).not.toBe(0)
    await server.startService(name)
    expect((await server.exec(check)).exitCode).toBe(0)
  })
})

describe('the proxy', () => {
  it('tells what went through it', async () => {
    await lab.server('vps1').exec(`curl -s -x ${lab.proxy.address} http://registry.lab:5000/v2/`)
    expect(await lab.proxy.requests()).toContainEqual(expect.stringContaining('GET http://registry.lab:5000/v2/'))
  })
})

describe('openLab', () => {
  it('keeps the key and the password to the user', () => {
    const modes = ['id_ed25519', 'password'].map(file => statSync(`${lab.folder}/${file}`).mode & 0o777)
    expect(modes).toEqual([0o600, 0o600])
  })

  it.each([
    ['old', '2.12.2', 'docker compose version --short'],
    [
      'python',
      'docker-compose version 1.29.2, build 5becea4c',
      'docker compose version 2>/dev/null || docker-compose --version',
    ],
    ['none', 'no compose', 'docker compose version >/dev/null 2>&1 || echo no compose'],
  ] as const)('gives a server whose Compose is %s', async (compose, expected, script) => {
    const small = await openLab({ name: NAME, servers: [{ name: `c-${compose}`, compose }] })
    expect((await small.server().exec(script)).stdout.trim()).toBe(expected)
  })

  it('gives small disks that can be filled', async () => {
    const spec = { name: 'small', dockerDiskMb: 200, projectDiskMb: 50 }
    const server = (await openLab({ name: NAME, servers: [spec] })).server()
    await server.fillDisk('/opt', 5)
    await server.fillDisk('/var/lib/docker', 10)
    const free = await server.exec('df --output=avail -m /opt /var/lib/docker | tail -n 2')
    expect(free.stdout.trim().split('\n').map(Number)).toEqual([5, 10])
    expect((await server.exec('head -c 20M /dev/zero > /opt/x', { check: false })).stderr).toMatch(/No space left/)
    await server.freeDisk('/opt')
    await server.exec('head -c 20M /dev/zero > /opt/x')
    await expect(lab.server().fillDisk('/opt', 5)).rejects.toThrow(/no disk of its own/)
  })
})

describe('closeLab', () => {
  it('leaves nothing of the lab', async () => {
    await openLab({ name: 'lab-test-gone', servers: ['vps1'], registry: true })
    const { label, folder } = labNames('lab-test-gone')
    expect(await labelled('container', label)).toHaveLength(2)
    await closeLab('lab-test-gone')
    const rest = await Promise.all((['container', 'volume', 'network'] as const).map(kind => labelled(kind, label)))
    expect(rest.flat()).toEqual([])
    expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined()
    expect(await labelled('container', labNames(NAME).label)).not.toHaveLength(0)
  })
})
