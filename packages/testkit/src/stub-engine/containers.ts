import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import {
  type Behaviour,
  type Condition,
  type Mount,
  nowOf,
  type StubContainer,
  type StubImage,
  type StubState,
  ZERO_TIME,
} from './state.ts'
import { CallFailed } from './store.ts'

export function newId(state: StubState, kind: string): string {
  return createHash('sha256')
    .update(`${kind} ${state.next++}`)
    .digest('hex')
}

/** By ID, name or unambiguous beginning of an ID. */
export function findContainer(state: StubState, name: string): StubContainer | undefined {
  const plain = name.replace(/^\//, '')
  const containers = Object.values(state.containers)
  const found = state.containers[plain] ?? containers.find(container => container.name === plain)
  if (found !== undefined) return found
  const matching = plain === '' ? [] : containers.filter(container => container.id.startsWith(plain))
  return matching.length === 1 ? matching[0] : undefined
}

export function neededContainer(state: StubState, name: string): StubContainer {
  const container = findContainer(state, name)
  if (container === undefined) throw new CallFailed(`Error response from daemon: No such container: ${name}`)
  return container
}

export interface NewContainer {
  readonly name?: string | undefined
  readonly image: StubImage
  readonly imageRef: string
  readonly labels: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[] | null
  readonly command?: readonly string[] | null
  /** Undefined: the service's, or the image's. */
  readonly behaviour?: Behaviour | undefined
  /** Undefined: the image's. */
  readonly hasHealthcheck?: boolean | undefined
  readonly restart?: string | undefined
  readonly autoRemove?: boolean
  readonly networkMode?: string | undefined
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  /** A volume without a name is anonymous. */
  readonly mounts?: readonly NewMount[]
  readonly service?: string | undefined
}

export type NewMount = Pick<Mount, 'type' | 'source' | 'target' | 'readOnly' | 'createSource'>

export function createContainer(state: StubState, wanted: NewContainer): StubContainer {
  const { image } = wanted
  const order = state.next
  const id = newId(state, 'container')
  const name = wanted.name ?? `stub_${id.slice(0, 8)}`
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw new CallFailed(
      `Error response from daemon: Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    )
  }
  refuseTakenName(state, name)
  const networkMode = wanted.networkMode ?? 'bridge'
  const networks = wanted.networks ?? (networkMode === 'default' ? ['bridge'] : [networkMode])
  const behaviour = wanted.behaviour ?? state.behaviours[wanted.service ?? ''] ?? image.behaviour
  const steps = stepsOf(behaviour)
  const container: StubContainer = {
    id,
    name,
    order,
    imageId: image.id,
    imageRef: wanted.imageRef,
    labels: sorted({ ...image.labels, ...wanted.labels }),
    created: nowOf(state),
    entrypoint: wanted.entrypoint ?? null,
    command: wanted.command ?? null,
    hasHealthcheck: wanted.hasHealthcheck ?? hasHealthcheck(image.behaviour),
    restartPolicy: policyOf(wanted.restart),
    autoRemove: wanted.autoRemove ?? false,
    networkMode,
    networks,
    ports: wanted.ports ?? [],
    mounts: mountsOf(state, wanted, image),
    behaviour: steps,
    step: 0,
    status: 'created',
    health: null,
    exitCode: 0,
    error: '',
    startedAt: ZERO_TIME,
    finishedAt: ZERO_TIME,
    restartCount: 0,
    wasStopped: false,
    logs: image.logs,
  }
  state.containers[id] = container
  return container
}

export function refuseTakenName(state: StubState, name: string, prefix = ''): void {
  const other = Object.values(state.containers).find(container => container.name === name)
  if (other === undefined) return
  throw new CallFailed(
    `Error response from daemon: ${prefix}Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  )
}

/** Docker sorts the keys of a map when it prints it. */
export function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function policyOf(text = 'no'): StubContainer['restartPolicy'] {
  const [name = 'no', count = '0'] = text.split(':')
  return { Name: name, MaximumRetryCount: Number(count) }
}

function mountsOf(state: StubState, wanted: NewContainer, image: StubImage): Mount[] {
  const given = wanted.mounts ?? []
  const targets = new Set(given.map(mount => mount.target))
  const fromImage = image.volumes
    .filter(target => !targets.has(target))
    .map((target): NewMount => ({ type: 'volume', source: '', target, readOnly: false }))
  return [...given, ...fromImage].map(mount => {
    if (mount.type !== 'volume') return { ...mount, anonymous: false }
    const name = mount.source || newId(state, 'volume')
    const labels = mount.source ? {} : { 'com.docker.volume.anonymous': '' }
    createVolume(state, name, labels)
    return { ...mount, name, source: `${state.dockerRootDir}/volumes/${name}/_data`, anonymous: mount.source === '' }
  })
}

/** One that is there stays as it is. */
export function createVolume(state: StubState, name: string, labels: Readonly<Record<string, string>>): void {
  if (state.volumes[name] !== undefined) return
  const order = state.next++
  state.volumes[name] = { name, id: `volume-${order}`, labels: sorted(labels), order }
}

function stepsOf(behaviour: Behaviour): readonly Condition[] {
  return Array.isArray(behaviour) ? behaviour : [behaviour as Condition]
}

/** An image has a healthcheck when its behaviour speaks of one. */
export function hasHealthcheck(behaviour: Behaviour): boolean {
  return stepsOf(behaviour).some(step => step === 'healthy' || step === 'unhealthy' || step === 'starting')
}

export function isAlive(container: StubContainer): boolean {
  return container.status === 'running' || container.status === 'restarting'
}

export function startContainer(state: StubState, container: StubContainer): void {
  if (isAlive(container)) return
  const missing = container.networks.find(network => state.networks[network] === undefined)
  if (missing !== undefined) throw new CallFailed(`Error response from daemon: network ${missing} not found`)
  refuseTakenPorts(state, container)
  createSources(container)
  container.step = 0
  container.startedAt = nowOf(state)
  container.wasStopped = false
  container.restartCount = 0
  container.error = ''
  behave(state, container)
}

function refuseTakenPorts(state: StubState, container: StubContainer): void {
  for (const other of Object.values(state.containers)) {
    const taken = isAlive(other) ? container.ports.find(port => other.ports.includes(port)) : undefined
    if (taken === undefined || other === container) continue
    container.error = `driver failed programming external connectivity on endpoint ${container.name} (${container.id}): Bind for ${taken.replace(/\/.*/, '')} failed: port is already allocated`
    container.exitCode = 128
    throw new CallFailed(`Error response from daemon: ${container.error}`)
  }
}

/** What is mounted and missing becomes a directory: a file that a switch has taken away for a moment, too. */
function createSources({ mounts }: StubContainer): void {
  for (const { createSource, source } of mounts) {
    if (createSource && !existsSync(source)) mkdirSync(source, { recursive: true })
  }
}

/** Puts a container into the condition that its behaviour has for the present step. */
function behave(state: StubState, container: StubContainer): void {
  const { behaviour, step } = container
  const condition = behaviour[Math.min(step, behaviour.length - 1)] ?? 'running'
  const exit = exitOf(condition)
  if (exit !== undefined) {
    endContainer(state, container, exit)
    return
  }
  container.status = 'running'
  container.exitCode = 0
  const isBad = condition === 'unhealthy' || condition === 'starting'
  container.health = container.hasHealthcheck ? (isBad ? condition : 'healthy') : null
}

function exitOf(condition: Condition): number | undefined {
  if (typeof condition === 'object') return condition.exit
  return condition === 'crash' ? 1 : condition === 'one-shot' ? 0 : undefined
}

function endContainer(state: StubState, container: StubContainer, exitCode: number): void {
  const { Name: policy, MaximumRetryCount: limit } = container.restartPolicy
  const isRestarted =
    policy === 'always' ||
    policy === 'unless-stopped' ||
    (policy === 'on-failure' && exitCode !== 0 && (limit === 0 || container.restartCount < limit))
  container.status = isRestarted ? 'restarting' : 'exited'
  container.exitCode = exitCode
  container.finishedAt = nowOf(state)
  container.health = container.hasHealthcheck ? 'unhealthy' : null
  if (!isRestarted && container.autoRemove) removeContainer(state, container, true)
}

/** Whether `container inspect` changes anything: then the next step of the behaviour begins, or a restart is counted. */
export function isMoving(container: StubContainer): boolean {
  return isAlive(container) && (container.status === 'restarting' || container.step < container.behaviour.length - 1)
}

export function move(state: StubState, container: StubContainer): void {
  if (container.status === 'restarting') {
    container.restartCount++
    createSources(container)
    container.startedAt = nowOf(state)
  }
  container.step = Math.min(container.step + 1, container.behaviour.length - 1)
  behave(state, container)
}

export function stopContainer(state: StubState, container: StubContainer): void {
  container.wasStopped = true
  if (!isAlive(container)) return
  if (container.status === 'running') {
    container.exitCode = 0
    container.finishedAt = nowOf(state)
  }
  container.status = 'exited'
  // As the engine has it: nobody watches a stopped container's health.
  container.health = container.hasHealthcheck ? 'unhealthy' : null
  if (container.autoRemove) removeContainer(state, container, true)
}

export function removeContainer(state: StubState, container: StubContainer, withVolumes: boolean): void {
  delete state.containers[container.id]
  if (!withVolumes) return
  for (const mount of container.mounts) {
    const isUsed = Object.values(state.containers).some(other => other.mounts.some(used => used.name === mount.name))
    if (mount.anonymous && mount.name !== undefined && !isUsed) delete state.volumes[mount.name]
  }
}

/**
 * What a restart of the engine, or of the server, does to the containers. An engine that was killed ends what it finds alive when it
 * comes back, and counts that as stopped by somebody.
 */
export function restartAll(state: StubState, wasKilled = false): void {
  for (const container of Object.values(state.containers)) {
    const wasAlive = isAlive(container)
    const { Name: policy } = container.restartPolicy
    if (wasAlive && wasKilled) stopContainer(state, container)
    else if (wasAlive) {
      container.status = 'exited'
      container.finishedAt = nowOf(state)
      container.health = container.hasHealthcheck ? 'unhealthy' : null
    }
    const isStarted =
      (policy === 'always' && container.startedAt !== ZERO_TIME) ||
      (policy === 'unless-stopped' && wasAlive && !container.wasStopped) ||
      (policy === 'on-failure' && wasAlive && container.exitCode !== 0)
    const { restartCount } = container
    if (isStarted) startContainer(state, container)
    container.restartCount = restartCount
  }
}
