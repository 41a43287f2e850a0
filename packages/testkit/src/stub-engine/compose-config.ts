import { existsSync } from 'node:fs'
import type { NewContainer, NewMount } from './containers.ts'
import type { StubContainer, StubImage } from './state.ts'
import { CallFailed, NotImitated } from './store.ts'

/** What is read of `docker compose config --format json`. */
export interface ComposeConfig {
  readonly name: string
  readonly services: Readonly<Record<string, ServiceConfig>>
  readonly networks?: Readonly<Record<string, Resource>>
  readonly volumes?: Readonly<Record<string, Resource>>
  readonly secrets?: Readonly<Record<string, { readonly file?: string }>>
  readonly configs?: Readonly<Record<string, { readonly file?: string }>>
}

interface Resource {
  readonly name: string
  readonly external?: boolean
}

export interface ServiceConfig {
  readonly image?: string
  readonly build?: unknown
  readonly pull_policy?: string
  readonly container_name?: string
  readonly restart?: string
  readonly scale?: number
  readonly deploy?: { readonly replicas?: number }
  readonly labels?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[] | null
  readonly command?: readonly string[] | null
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly depends_on?: Readonly<Record<string, Dependency>>
  readonly network_mode?: string
  readonly networks?: Readonly<Record<string, unknown>>
  readonly ports?: readonly { readonly published?: string; readonly protocol?: string; readonly host_ip?: string }[]
  readonly volumes?: readonly VolumeConfig[]
  readonly secrets?: readonly FileReference[]
  readonly configs?: readonly FileReference[]
  readonly volumes_from?: unknown
  readonly ipc?: string
  readonly pid?: string
  readonly provider?: unknown
}

/** Of a secret or a configuration. */
interface FileReference {
  readonly source: string
  readonly target?: string
}

interface Dependency {
  readonly condition: string
  readonly restart?: boolean
  readonly required?: boolean
}

interface VolumeConfig {
  readonly type: 'volume' | 'bind' | 'tmpfs'
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly bind?: { readonly create_host_path?: boolean }
}

export function scaleOf({ scale, deploy }: ServiceConfig): number {
  return scale ?? deploy?.replicas ?? 1
}

type Creation = Omit<NewContainer, 'image' | 'imageRef' | 'labels'>

/** How a service's container is created. It inherits the anonymous volumes of the one that it replaces. */
export function creationOf(config: ComposeConfig, name: string, image: StubImage, old?: StubContainer): Creation {
  const service = config.services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  refuseUnknown(service)
  refuseMissingFiles(config, service)
  const { healthcheck, network_mode: networkMode } = service
  const isOff = healthcheck?.disable === true || healthcheck?.test?.[0] === 'NONE'
  const networks = networksOf(config, name)
  return {
    entrypoint: service.entrypoint ?? null,
    command: service.command ?? null,
    hasHealthcheck: isOff ? false : healthcheck?.test === undefined ? undefined : true,
    restart: service.restart,
    networkMode: networkMode ?? networks[0] ?? 'none',
    networks,
    ports: (service.ports ?? [])
      .filter(({ published }) => published !== undefined && /^\d+$/.test(published))
      .map(({ published, protocol, host_ip: ip }) => `${ip ?? '0.0.0.0'}:${published}/${protocol ?? 'tcp'}`),
    mounts: mountsOf(config, service, image, old),
  }
}

export function networksOf(config: ComposeConfig, name: string): string[] {
  const { network_mode: mode, networks = {} } = config.services[name] ?? {}
  return mode === undefined ? Object.keys(networks).map(key => config.networks?.[key]?.name ?? key) : [mode]
}

function refuseUnknown({
  network_mode: mode = '',
  volumes_from: from,
  ipc = '',
  pid = '',
  provider,
}: ServiceConfig): void {
  const shared = [mode, ipc, pid].find(value => /^(service|container):/.test(value))
  if (shared !== undefined) throw new NotImitated(`a service with ${shared}`)
  if (from !== undefined || provider !== undefined) throw new NotImitated('a service with volumes_from or provider')
}

function refuseMissingFiles(config: ComposeConfig, service: ServiceConfig): void {
  const files = [
    ...(service.secrets ?? []).map(({ source }) => config.secrets?.[source]?.file),
    ...(service.configs ?? []).map(({ source }) => config.configs?.[source]?.file),
    ...(service.volumes ?? []).filter(({ bind }) => bind?.create_host_path === false).map(({ source }) => source),
  ]
  const missing = files.find(file => file !== undefined && !existsSync(file))
  if (missing === undefined) return
  throw new CallFailed(
    `Error response from daemon: invalid mount config for type "bind": bind source path does not exist: ${missing}`,
  )
}

/** Secrets and configurations in files are mounted where the service has them. */
function filesOf(config: ComposeConfig, service: ServiceConfig): NewMount[] {
  const mount = (folder: string, { source, target = source }: FileReference, file: string | undefined): NewMount[] => {
    const path = target.startsWith('/') ? target : `${folder}/${target}`
    return file === undefined ? [] : [{ type: 'bind', source: file, target: path, readOnly: true }]
  }
  return [
    ...(service.secrets ?? []).flatMap(one => mount('/run/secrets', one, config.secrets?.[one.source]?.file)),
    ...(service.configs ?? []).flatMap(one => mount('', one, config.configs?.[one.source]?.file)),
  ]
}

function mountsOf(
  config: ComposeConfig,
  service: ServiceConfig,
  image: StubImage,
  old: StubContainer | undefined,
): NewMount[] {
  const given: NewMount[] = (service.volumes ?? []).map(({ type, source, target, read_only: readOnly, bind }) => ({
    type,
    source: type === 'volume' ? ((source && config.volumes?.[source]?.name) ?? source ?? '') : (source ?? ''),
    target,
    readOnly: readOnly ?? false,
    ...(type === 'bind' ? { createSource: bind?.create_host_path !== false } : {}),
  }))
  const inherited = (old?.mounts ?? [])
    .filter(({ type }) => type !== 'tmpfs')
    .filter(({ target }) => {
      const own = given.find(mount => mount.target === target)
      return own === undefined ? image.volumes.includes(target) : own.source === ''
    })
    .map(({ type, name, source, target, readOnly }) => ({ type, source: name ?? source, target, readOnly }))
  const targets = new Set(inherited.map(({ target }) => target))
  return [...given.filter(({ target }) => !targets.has(target)), ...inherited, ...filesOf(config, service)]
}
