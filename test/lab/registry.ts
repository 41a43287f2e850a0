import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
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
  /** What it has of an image: for each tag the platforms that it is for, `linux/amd64`; none for an image without an index. */
  platformsOf(name: string): Promise<Readonly<Record<string, readonly string[]>>>
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
    platformsOf: name => platformsOf(name, path => ask(path, { pushAddress, password, ca })),
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

interface Manifest {
  readonly manifests?: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[]
}

async function platformsOf(
  name: string,
  get: (path: string) => Promise<unknown>,
): Promise<Record<string, readonly string[]>> {
  const { tags } = (await get(`${name}/tags/list`)) as { tags?: readonly string[] }
  const entries = (tags ?? []).map(async tag => {
    const { manifests = [] } = (await get(`${name}/manifests/${tag}`)) as Manifest
    const platforms = manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)
    // An attestation of how it was built has a place in the index too, for no platform.
    return [tag, platforms.filter(platform => platform !== 'unknown/unknown').sort()] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** One request of the registry's API. https://distribution.github.io/distribution/spec/api/ */
async function ask(path: string, registry: Pick<LabRegistry, 'pushAddress' | 'password' | 'ca'>): Promise<unknown> {
  const { pushAddress, password, ca } = registry
  const request = get(`https://${pushAddress}/v2/${path}`, {
    ca,
    servername: 'registry.lab',
    auth: `${USERNAME}:${password}`,
    headers: {
      accept:
        'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json',
    },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const body = await text(response)
  // No image of that name has come yet.
  if (response.statusCode === 404) return {}
  if (response.statusCode !== 200) throw new Error(`the registry answers ${response.statusCode} for ${path}: ${body}`)
  return JSON.parse(body)
}
