import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBuilder, ensureBuilderImage, type LabBuilder } from './builder.ts'
import { withLock, writeAtomically } from './cache.ts'
import { docker, labelled, tryDocker } from './docker.ts'
import { ensureEngine } from './engine.ts'
import { BASE, ensureBaseImage, ensureImage } from './images.ts'
import { checkoutKey, IMAGE_LABEL, LAB_LABEL, type LabNames, labNames } from './names.ts'
import { type Progress, progressTo, toStderr } from './progress.ts'
import { ensureProxy, type LabProxy } from './proxy.ts'
import { ensureRegistry, type LabRegistry } from './registry.ts'
import { ensureServer, type LabServer, type ServerAccess } from './server.ts'
import { type LabSpec, resolveServer } from './spec.ts'
import { ensureCompose } from './tools.ts'

export interface Lab extends AsyncDisposable {
  readonly name: string
  /** Keys, known_hosts, the CA: everything that a client of the lab needs, ignored by git. */
  readonly folder: string
  readonly servers: readonly LabServer[]
  /** A bare Debian: what the lab's other images are made from. */
  readonly baseImage: string
  /** What its machines run, with everything that they need installed. */
  readonly machineImage: string
  /** A server by its name; without one, the first. */
  server(name?: string): LabServer
  readonly registry: LabRegistry
  readonly proxy: LabProxy
  readonly builder: LabBuilder
  /** Takes the lab down and leaves nothing of it. */
  close(): Promise<void>
}

/**
 * Brings up a lab, or what is missing of it: machines that are there already, made from the same description, are used
 * again within a second. What an earlier call brought up beside them stays.
 */
export async function openLab(spec: LabSpec, progress: Progress = progressTo(toStderr)): Promise<Lab> {
  const names = labNames(spec.name)
  const servers = (spec.servers ?? []).map(resolveServer)
  await ensureEngine(progress)
  const baseImage = await ensureBaseImage(progress)
  const [image, composeBinary] = await Promise.all([
    ensureImage({ name: 'machine', folder: join(import.meta.dirname, 'machine') }, baseImage, progress),
    servers.some(server => server.compose === 'latest') ? ensureCompose(progress) : undefined,
  ])
  const builderImage = spec.builder === true ? await ensureBuilderImage(image, progress) : undefined
  return withLock(names.lock, async () => {
    const [access] = await Promise.all([ensureAccess(names, image), ensureNetwork(names)])
    const registry =
      spec.registry === true
        ? progress.step('start the registry', () => ensureRegistry(names, image, access.password))
        : undefined
    const proxy = spec.proxy === true ? progress.step('start the proxy', () => ensureProxy(names, image)) : undefined
    const builder =
      builderImage !== undefined && registry !== undefined
        ? progress.step('start the builder', () => ensureBuilder(names, builderImage, access.password, registry))
        : undefined
    const ca = Promise.resolve(registry).then(made => made?.ca)
    const parts = { lab: names, image, access, composeBinary, ca }
    const started = servers.map(server => progress.step(`start ${server.name}`, () => ensureServer(server, parts)))
    // Nothing is left half-started behind the back of the caller, who may take the lab down at once.
    await Promise.allSettled([registry, proxy, builder, ...started])
    const machines = {
      servers: await Promise.all(started),
      registry: await registry,
      proxy: await proxy,
      builder: await builder,
    }
    const lab = assemble(names, { name: spec.name, baseImage, machineImage: image }, machines)
    await writeClientFiles(names, lab, machines.registry)
    return lab
  })
}

interface Machines {
  readonly servers: readonly LabServer[]
  readonly registry: LabRegistry | undefined
  readonly proxy: LabProxy | undefined
  readonly builder: LabBuilder | undefined
}

function assemble(
  names: LabNames,
  images: Pick<Lab, 'name' | 'baseImage' | 'machineImage'>,
  { servers, registry, proxy, builder }: Machines,
): Lab {
  const close = async () => {
    // For a developer who runs one test again and again.
    if (process.env['LAB_KEEP'] !== '1') await closeLab(images.name)
  }
  return {
    ...images,
    folder: names.folder,
    servers,
    server: wanted => {
      const found = wanted === undefined ? servers[0] : servers.find(server => server.name === wanted)
      return present(found, `a server ${wanted ?? ''}`)
    },
    get registry() {
      return present(registry, 'a registry')
    },
    get proxy() {
      return present(proxy, 'a proxy')
    },
    get builder() {
      return present(builder, 'a builder and a registry')
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function present<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new Error(`This lab was opened without ${what}.`)
  return part
}

/** Removes every container, volume and network of a lab, and its files. */
export async function closeLab(name: string): Promise<void> {
  const names = labNames(name)
  await withLock(names.lock, async () => {
    await removeLabelled(names.label)
    await rm(names.folder, { recursive: true, force: true })
  })
}

/** The names of the labs of this checkout that have something running or left. */
export async function openLabs(): Promise<string[]> {
  const prefix = `${checkoutKey()}-`
  const format = ['ps', '--all', '--filter', `label=${LAB_LABEL}`, '--format', `{{.Label "${LAB_LABEL}"}}`]
  const keys = (await docker(format)).split('\n').filter(key => key.startsWith(prefix))
  return [...new Set(keys.map(key => key.slice(prefix.length)))].sort()
}

/** Removes the images that labs are made of. One that another checkout's lab runs on stays: the engine refuses. */
export async function removeImages(): Promise<{ readonly removed: number; readonly kept: number }> {
  const all = await labelled('image', IMAGE_LABEL)
  // An image goes only after those that were made from it, so the round is repeated while it removes any.
  let rest = all
  for (let before = Number.POSITIVE_INFINITY; rest.length > 0 && rest.length < before; ) {
    before = rest.length
    await tryDocker(['image', 'rm', '--force', ...rest])
    rest = await labelled('image', IMAGE_LABEL)
  }
  // Without our label when it was pulled.
  await tryDocker(['image', 'rm', BASE])
  return { removed: all.length - rest.length, kept: rest.length }
}

async function removeLabelled(label: string): Promise<void> {
  const containers = await labelled('container', label)
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers])
  const volumes = await labelled('volume', label)
  if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes])
  const networks = await labelled('network', label)
  if (networks.length > 0) await docker(['network', 'rm', ...networks])
}

async function ensureNetwork(names: LabNames): Promise<void> {
  if ((await labelled('network', names.label)).includes(names.network)) return
  await docker(['network', 'create', '--label', names.label, names.network])
}

/** The key pair and the password of a lab: made once, kept in its folder, readable by nobody else. */
async function ensureAccess(names: LabNames, image: string): Promise<ServerAccess> {
  await mkdir(names.folder, { recursive: true, mode: 0o700 })
  const privateKeyPath = join(names.folder, 'id_ed25519')
  const passwordPath = join(names.folder, 'password')
  if (!existsSync(privateKeyPath) || !existsSync(passwordPath)) {
    const make = 'ssh-keygen -q -t ed25519 -N "" -C lab -f /tmp/key && cat /tmp/key.pub /tmp/key'
    const made = await docker(['run', '--rm', '--network', 'none', '--entrypoint', 'sh', image, '-c', make])
    const [publicKey = '', ...privateKey] = made.split('\n')
    await writeAtomically(`${privateKeyPath}.pub`, `${publicKey}\n`)
    await writeAtomically(passwordPath, randomBytes(18).toString('base64url'), 0o600)
    await writeAtomically(privateKeyPath, `${privateKey.join('\n')}\n`, 0o600)
  }
  return {
    privateKeyPath,
    privateKey: await readFile(privateKeyPath, 'utf8'),
    publicKey: (await readFile(`${privateKeyPath}.pub`, 'utf8')).trim(),
    password: await readFile(passwordPath, 'utf8'),
  }
}

async function writeClientFiles(names: LabNames, lab: Lab, registry: LabRegistry | undefined): Promise<void> {
  const knownHosts = lab.servers.flatMap(server => server.hostKeys)
  await writeAtomically(join(names.folder, 'known_hosts'), `${knownHosts.join('\n')}\n`)
  if (registry !== undefined) await writeAtomically(join(names.folder, 'ca.crt'), registry.ca)
}
