import { objectOf, textOf, textsOf } from './plain-data.ts'

/** A container of a service, and where it can be reached. */
export interface ServiceContainer {
  readonly id: string
  readonly name: string
  readonly project: string
  /** The project directory that it was started from. */
  readonly directory: string
  readonly createdAt: number
  /** Docker's word: `running`, `restarting`, `exited` … */
  readonly state: string
  /** `host`, `none`, `container:ID` or the name of a network. */
  readonly networkMode: string
  /** Of all its networks, by the networks' names; '' where it has none of a kind. */
  readonly addresses: readonly { readonly v4: string; readonly v6: string }[]
}

/** Reads what serviceContainersCommand prints; what `docker compose run` started is left out. */
export function parseServiceContainers(printed: string): ServiceContainer[] {
  const [, ...lines] = printed.split('\n').filter(line => line.trim() !== '')
  return lines
    .map(line => objectOf(JSON.parse(line)))
    .filter(isService)
    .map(readContainer)
}

function isService(container: Readonly<Record<string, unknown>>): boolean {
  return textsOf(container['labels'])['com.docker.compose.oneoff']?.toLowerCase() !== 'true'
}

function readContainer(container: Readonly<Record<string, unknown>>): ServiceContainer {
  const labels = textsOf(container['labels'])
  const text = (key: string) => textOf(container[key]) ?? ''
  return {
    id: text('id'),
    name: text('name').replace(/^\//, ''),
    project: labels['com.docker.compose.project'] ?? '',
    directory: labels['com.docker.compose.project.working_dir'] ?? '',
    createdAt: Date.parse(text('created')) || 0,
    state: text('status'),
    networkMode: text('networkMode'),
    addresses: Object.entries(objectOf(container['networks']))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, network]) => ({
        v4: textOf(objectOf(network)['IPAddress']) ?? '',
        v6: textOf(objectOf(network)['GlobalIPv6Address']) ?? '',
      })),
  }
}

/** What a service is looked for by, besides its name: the project's name, else the directory that it was started from. */
export interface ProjectHint {
  readonly name: string | undefined
  readonly path: string | undefined
}

export type Choice =
  | { readonly ok: true; readonly container: ServiceContainer }
  /** Whether another look, a little later, may find one. */
  | { readonly ok: false; readonly reason: string; readonly mayPass: boolean }

/** The running container of a service; of several the newest, as during an update the older ones belong to the release before. */
export function chooseContainer(found: readonly ServiceContainer[], service: string, project: ProjectHint): Choice {
  const own = found.filter(container => isOf(container, project))
  if (own.length === 0) return { ok: false, reason: noneText(found, service, project), mayPass: true }
  const projects = [...new Set(own.map(container => container.project))].sort()
  if (projects.length > 1) {
    const reason = `several projects have a service ${service} (${projects.join(', ')}); say which by \`project-name\``
    return { ok: false, reason, mayPass: false }
  }
  const newestFirst = own.toSorted((a, b) => b.createdAt - a.createdAt)
  const container = newestFirst.find(({ state }) => state === 'running')
  if (container) return { ok: true, container }
  const [newest] = newestFirst
  return {
    ok: false,
    reason: `no container of the service ${service} runs (${newest?.name} is ${newest?.state})`,
    mayPass: true,
  }
}

function isOf(container: Pick<ServiceContainer, 'project' | 'directory'>, { name, path }: ProjectHint): boolean {
  if (name !== undefined) return container.project === name
  return path === undefined || container.directory === path
}

function noneText(found: readonly ServiceContainer[], service: string, { name, path }: ProjectHint): string {
  const where =
    name !== undefined ? ` of the project ${name}` : path !== undefined ? ` that was started from ${path}` : ''
  const others = [...new Set(found.map(other => `${other.project} in ${other.directory}`))].sort()
  const hint = others.length > 0 ? `; there is one of ${others.join(', ')}` : ''
  return `there is no container of the service ${service}${where}${hint}`
}

/** A service of some project that has containers. */
export interface Service {
  readonly name: string
  readonly project: string
  readonly directory: string
}

/** Reads what servicesCommand prints. */
export function parseServices(printed: string): Service[] {
  return printed
    .split('\n')
    .map(line => line.split('\t'))
    .flatMap(([name = '', project = '', directory = '']) => (name === '' ? [] : [{ name, project, directory }]))
}

/** Which services there are in place of one that is not, which reads on after why there is none; '' when there are none. */
export function otherServices(services: readonly Service[], project: ProjectHint): string {
  const names = [...new Set(services.filter(service => isOf(service, project)).map(({ name }) => name))].sort()
  if (names.length === 0) return ''
  const where = project.name === undefined && project.path === undefined ? 'this machine' : 'the project'
  return `; ${where} has ${names.join(', ')}`
}

/** The address at which a container is reached from its server; otherwise why there is none, which reads on after its name. */
export function addressOf(
  { networkMode, addresses }: ServiceContainer,
  family?: 4 | 6,
): { readonly ok: true; readonly address: string } | { readonly ok: false; readonly reason: string } {
  if (networkMode === 'host') return { ok: true, address: family === 6 ? '::1' : '127.0.0.1' }
  if (networkMode === 'none') return { ok: false, reason: 'has no network' }
  if (networkMode.startsWith('container:')) {
    return { ok: false, reason: "uses another container's network; make the check in that one" }
  }
  const v4 = addresses.map(network => network.v4).find(address => address !== '')
  const v6 = addresses.map(network => network.v6).find(address => address !== '')
  const address = family === 4 ? v4 : family === 6 ? v6 : (v4 ?? v6)
  if (address !== undefined) return { ok: true, address }
  return { ok: false, reason: family === undefined ? 'has no address' : `has no address of IPv${family}` }
}
