import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker, publishedPort } from './docker.ts'
import { ensureMachine, execIn, service } from './machine.ts'
import type { LabNames } from './names.ts'

export interface LabRegistry {
  readonly container: string
  /** As the servers know it; its certificate is by the lab's CA. */
  readonly address: 'registry.lab:5000'
  /** As this machine knows it, for pushing: an engine takes any certificate on loopback. */
  readonly pushAddress: string
  readonly username: string
  readonly password: string
  /** The certificate of the lab's CA, PEM. */
  readonly ca: string
  /** Pushes an image of this machine as `NAME:TAG`. */
  push(image: string, nameAndTag: string): Promise<PushedImage>
  /** The registry is down: connections are refused. */
  stop(): Promise<void>
  start(): Promise<void>
}

export interface PushedImage {
  /** As a server pulls it: `registry.lab:5000/NAME:TAG`. */
  readonly reference: string
  readonly digest: string
}

const USERNAME = 'deployer'

export async function ensureRegistry(lab: LabNames, image: string, password: string): Promise<LabRegistry> {
  const container = await ensureMachine(lab, { name: 'registry', services: ['registry'], ports: [5000] }, image)
  await execIn(container, `lab-registry ${USERNAME}`, { input: `${password}\n` })
  const ca = (await execIn(container, 'cat /etc/lab/tls/ca.crt')).stdout
  const pushAddress = `127.0.0.1:${await publishedPort(container, 5000)}`
  return {
    container,
    address: 'registry.lab:5000',
    pushAddress,
    username: USERNAME,
    password,
    ca,
    push: (source, nameAndTag) => push(source, nameAndTag, pushAddress, password),
    stop: () => service(container, 'registry', 'stop'),
    async start() {
      await service(container, 'registry', 'start')
      await service(container, 'registry', 'wait')
    },
  }
}

async function push(image: string, nameAndTag: string, address: string, password: string): Promise<PushedImage> {
  const target = `${address}/${nameAndTag}`
  await docker(['tag', image, target])
  // A login of our own for this one push: the password is in no argument list and in nobody's configuration.
  const config = await mkdtemp(join(tmpdir(), 'lab-push-'))
  try {
    const auth = Buffer.from(`${USERNAME}:${password}`).toString('base64')
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }), { mode: 0o600 })
    const output = await docker(['--config', config, 'push', target])
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1]
    if (digest === undefined) throw new Error(`docker push told no digest of ${target}:\n${output}`)
    return { reference: `registry.lab:5000/${nameAndTag}`, digest }
  } finally {
    await rm(config, { recursive: true, force: true })
    await docker(['image', 'rm', '--no-prune', target])
  }
}
