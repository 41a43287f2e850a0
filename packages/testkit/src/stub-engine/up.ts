import type { Call } from './call.ts'
import {
  type ComposeCall,
  containersOf,
  isNew,
  progress,
  refuseWhenDown,
  runCompose,
  takeDown,
  warn,
} from './compose-call.ts'
import { type ComposeConfig, creationOf, networksOf, type ServiceConfig, scaleOf } from './compose-config.ts'
import { createContainer, createVolume, isMoving, move, newId, startContainer, stopContainer } from './containers.ts'
import { parseFlags } from './flags.ts'
import { loginFor } from './image-commands.ts'
import { findImage, pullImage } from './images.ts'
import type { StubContainer, StubState } from './state.ts'
import { CallFailed, NotImitated, pause } from './store.ts'

const LABEL = 'com.docker.compose'

/** One `up`: what it makes of the services, and how. */
interface Up {
  readonly composeCall: ComposeCall
  readonly call: Call
  readonly config: ComposeConfig
  readonly hashes: ReadonlyMap<string, string>
  readonly isForced: boolean
}

export async function up(composeCall: ComposeCall, args: readonly string[]): Promise<void> {
  const { call } = composeCall
  const flags = parseFlags('compose up', args, {
    detach: '-d --detach',
    noBuild: '--no-build',
    orphans: '--remove-orphans',
    force: '--force-recreate',
    timeout: '-t --timeout =',
    quiet: '--quiet-pull',
  })
  if (!flags.has('detach') || !flags.has('noBuild'))
    throw new NotImitated('docker compose up without --detach and --no-build')
  const [json, hashLines] = await Promise.all([
    runCompose(composeCall, ['config', '--format', 'json']),
    hashesOf(composeCall),
  ])
  // `config` prints what can be read as a compose file again, with every dollar sign doubled.
  const config: ComposeConfig = JSON.parse(json, (_, value) =>
    typeof value === 'string' ? value.replaceAll('$$', '$') : value,
  )
  const hashes = new Map(
    hashLines
      .trim()
      .split('\n')
      .map(line => line.split(' ') as [string, string]),
  )
  refuseWhenDown(call)
  const plan: Up = { composeCall, call, config, hashes, isForced: flags.has('force') }
  const services = inOrder(config, flags.rest)
  if (services.length === 0) throw new CallFailed('no service selected')
  pullMissing(plan, services)
  createResources(plan)
  handleOrphans(plan, flags.has('orphans'))
  for (const service of services) converge(plan, service)
  for (const service of services) start(plan, service)
}

/** The hashes that `up` writes on labels. Before version 5, `config --hash` computes them only of a resolved configuration. */
async function hashesOf(composeCall: ComposeCall): Promise<string> {
  const { call, workingDir, projectName } = composeCall
  if (isNew(call)) return runCompose(composeCall, ['config', '--hash', '*'])
  const resolved = await runCompose(composeCall, ['config'])
  const name = projectName === undefined ? [] : ['-p', projectName]
  const globals = [...name, '--project-directory', workingDir, '-f', '-']
  return runCompose({ call, globals }, ['config', '--hash', '*'], resolved)
}

/** Every service after those that it depends on; with names only these, and what they depend on. */
function inOrder(config: ComposeConfig, names: readonly string[]): string[] {
  const unknown = names.find(name => config.services?.[name] === undefined)
  if (unknown !== undefined) throw new CallFailed(`no such service: ${unknown}`)
  const ordered = new Set<string>()
  const add = (name: string) => {
    for (const other of Object.keys(config.services[name]?.depends_on ?? {}).sort()) add(other)
    if (config.services[name] !== undefined) ordered.add(name)
  }
  for (const name of [...(names.length > 0 ? names : Object.keys(config.services ?? {}))].sort()) add(name)
  return [...ordered]
}

function pullMissing({ call, config }: Up, services: readonly string[]): void {
  for (const service of services) {
    const { image, pull_policy: policy, build } = serviceOf(config, service)
    const isThere = image !== undefined && findImage(call.store.read(), image) !== undefined
    if (policy === 'never' || (isThere && policy !== 'always')) continue
    if (image === undefined || build !== undefined) throw new NotImitated(`building the image of ${service}`)
    progress(call, `Image ${image}`, 'Pulling')
    const login = loginFor(call, image)
    try {
      call.store.change(state => pullImage(state, image, login))
    } catch (error) {
      if (error instanceof CallFailed) {
        progress(call, `Image ${image}`, `Error ${error.message.replace('Error response from daemon: ', '')}`)
      }
      throw error
    }
    progress(call, `Image ${image}`, 'Pulled')
  }
}

function serviceOf(config: ComposeConfig, name: string): ServiceConfig {
  const service = config.services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

function handleOrphans({ call, config }: Up, isRemoved: boolean): void {
  const orphans = containersOf(call.store.read(), config.name).filter(
    ({ labels }) =>
      labels[`${LABEL}.oneoff`] !== 'True' && config.services[labels[`${LABEL}.service`] ?? ''] === undefined,
  )
  if (orphans.length === 0) return
  if (isRemoved) {
    for (const orphan of orphans) takeDown(call, orphan)
    return
  }
  warn(
    call,
    `Found orphan containers (${orphans.map(({ name }) => name).join(', ')}) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.`,
  )
}

function createResources({ call, config }: Up): void {
  const { name: project } = config
  for (const [key, network] of Object.entries(config.networks ?? {})) {
    const isThere = call.store.read().networks[network.name] !== undefined
    if (network.external && !isThere) {
      throw new CallFailed(`network ${network.name} declared as external, but could not be found`)
    }
    if (isThere) continue
    progress(call, `Network ${network.name}`, 'Creating')
    call.store.change(state => {
      const labels = {
        [`${LABEL}.network`]: key,
        [`${LABEL}.project`]: project,
        [`${LABEL}.version`]: state.composeVersion,
      }
      state.networks[network.name] = { name: network.name, id: newId(state, 'network'), labels }
    })
    progress(call, `Network ${network.name}`, 'Created')
  }
  for (const [key, volume] of Object.entries(config.volumes ?? {})) {
    const isThere = call.store.read().volumes[volume.name] !== undefined
    if (volume.external && !isThere) throw new CallFailed(`external volume "${volume.name}" not found`)
    if (isThere) continue
    progress(call, `Volume ${volume.name}`, 'Creating')
    call.store.change(state => {
      const labels = {
        [`${LABEL}.project`]: project,
        [`${LABEL}.version`]: state.composeVersion,
        [`${LABEL}.volume`]: key,
      }
      createVolume(state, volume.name, labels)
    })
    progress(call, `Volume ${volume.name}`, 'Created')
  }
}

function containersOfService(state: StubState, project: string, service: string): StubContainer[] {
  return containersOf(state, project)
    .filter(({ labels }) => labels[`${LABEL}.service`] === service && labels[`${LABEL}.oneoff`] !== 'True')
    .sort((a, b) => numberOf(a) - numberOf(b) || b.order - a.order)
}

function numberOf({ labels }: StubContainer): number {
  return Number(labels[`${LABEL}.container-number`])
}

/** Makes the containers of a service what they should be, without starting them. */
function converge(plan: Up, service: string): void {
  const { call, config } = plan
  const wanted = scaleOf(serviceOf(config, service))
  const present = containersOfService(call.store.read(), config.name, service)
  // Obsolete ones go first, then high numbers; of two with one number the older one.
  const byWorth = present.toSorted(
    (a, b) => Number(mustRecreate(plan, service, a)) - Number(mustRecreate(plan, service, b)),
  )
  for (const surplus of byWorth.slice(wanted)) takeDown(call, surplus)
  const kept = new Set(byWorth.slice(0, wanted))
  for (const container of present.filter(one => kept.has(one))) {
    if (plan.isForced || mustRecreate(plan, service, container)) recreate(plan, service, container)
    else if (container.status === 'running') progress(call, `Container ${container.name}`, 'Running')
  }
  const highest = Math.max(0, ...present.map(numberOf))
  for (let number = highest + 1; number <= highest + wanted - kept.size; number++) {
    const name = nameOf(plan, service, number)
    progress(call, `Container ${name}`, 'Creating')
    create(plan, service, number, name, `service:${service}:${number}`)
    progress(call, `Container ${name}`, 'Created')
  }
}

function nameOf({ config }: Up, service: string, number: number): string {
  return serviceOf(config, service).container_name ?? `${config.name}-${service}-${number}`
}

function mustRecreate({ call, config, hashes }: Up, service: string, container: StubContainer): boolean {
  const { labels, networks, status } = container
  const image = findImage(call.store.read(), serviceOf(config, service).image ?? '')
  if (labels[`${LABEL}.config-hash`] !== hashes.get(service) || labels[`${LABEL}.image`] !== image?.id) return true
  return status === 'running' && networksOf(config, service).some(network => !networks.includes(network))
}

/** As Compose does it: the new one under a temporary name, then the old one goes, then the name. A kill can leave either. */
function recreate(plan: Up, service: string, old: StubContainer): void {
  const { call, config } = plan
  const name = nameOf(plan, service, numberOf(old))
  progress(call, `Container ${old.name}`, 'Recreate')
  const id = create(plan, service, numberOf(old), `${old.id.slice(0, 12)}_${name}`, `Container ${old.name}`, old)
  for (const [other, { depends_on: dependsOn }] of Object.entries(config.services)) {
    if (dependsOn?.[service]?.restart !== true) continue
    for (const dependent of containersOfService(call.store.read(), config.name, other)) {
      call.store.change(state => stopContainer(state, state.containers[dependent.id] ?? dependent))
    }
  }
  call.store.change(state => {
    const container = state.containers[old.id]
    if (container !== undefined) stopContainer(state, container)
  })
  call.store.change(state => {
    delete state.containers[old.id]
  })
  call.store.change(state => {
    const container = state.containers[id]
    if (container !== undefined) container.name = name
  })
  progress(call, `Container ${old.name}`, 'Recreated')
}

function create(plan: Up, service: string, number: number, name: string, shown: string, old?: StubContainer): string {
  const { call, config, composeCall, hashes } = plan
  const definition = serviceOf(config, service)
  try {
    return call.store.change(state => {
      const imageRef = definition.image ?? ''
      const image = findImage(state, imageRef)
      if (image === undefined) throw new CallFailed(`Error response from daemon: No such image: ${imageRef}`)
      const labels = {
        ...definition.labels,
        [`${LABEL}.config-hash`]: hashes.get(service) ?? '',
        [`${LABEL}.container-number`]: String(number),
        [`${LABEL}.depends_on`]: Object.entries(definition.depends_on ?? {})
          .map(([other, { condition, restart }]) => `${other}:${condition}:${restart ?? false}`)
          .join(','),
        [`${LABEL}.image`]: image.id,
        [`${LABEL}.oneoff`]: 'False',
        [`${LABEL}.project`]: config.name,
        [`${LABEL}.project.config_files`]: composeCall.files.join(','),
        [`${LABEL}.project.working_dir`]: composeCall.workingDir,
        ...(composeCall.envFiles.length === 0
          ? {}
          : { [`${LABEL}.project.environment_file`]: composeCall.envFiles.join(',') }),
        ...(old === undefined ? {} : { [`${LABEL}.replace`]: old.name.replace(`${config.name}-`, '') }),
        [`${LABEL}.service`]: service,
        [`${LABEL}.version`]: state.composeVersion,
      }
      return createContainer(state, {
        ...creationOf(config, service, image, old),
        name,
        image,
        imageRef,
        labels,
        service,
      }).id
    })
  } catch (error) {
    if (error instanceof CallFailed) progress(call, shown, error.message)
    throw error
  }
}

function start(plan: Up, service: string): void {
  const { call, config } = plan
  for (const [other, { condition, required }] of Object.entries(serviceOf(config, service).depends_on ?? {})) {
    if (config.services[other] === undefined && required === false) continue
    for (const dependency of containersOfService(call.store.read(), config.name, other)) {
      waitFor(call, dependency, other, condition)
    }
  }
  for (const container of containersOfService(call.store.read(), config.name, service)) {
    if (container.status === 'running') continue
    progress(call, `Container ${container.name}`, 'Starting')
    let failure: CallFailed | undefined
    call.store.change(state => {
      const newest = state.containers[container.id]
      try {
        if (newest !== undefined) startContainer(state, newest)
      } catch (error) {
        // The container keeps why it did not start.
        if (!(error instanceof CallFailed)) throw error
        failure = error
      }
    })
    if (failure !== undefined) {
      progress(call, `Container ${container.name}`, failure.message)
      throw failure
    }
    progress(call, `Container ${container.name}`, 'Started')
  }
}

const WAIT_INTERVAL = 50

/** Waits as `depends_on` demands it; without end where the dependency neither gets there nor fails. */
function waitFor(call: Call, { id, name }: StubContainer, service: string, condition: string): void {
  if (condition === 'service_started') return
  const isTask = condition === 'service_completed_successfully'
  progress(call, `Container ${name}`, 'Waiting')
  for (;;) {
    const container = call.store.read().containers[id]
    if (container === undefined) throw new CallFailed(`dependency failed to start: No such container: ${id}`)
    const { status, health, exitCode } = container
    if (isTask && status === 'exited') {
      if (exitCode === 0) break
      const message = `service "${service}" didn't complete successfully: exit ${exitCode}`
      progress(call, `Container ${name}`, `Error ${message}`)
      throw new CallFailed(message)
    }
    if (!isTask && health === 'healthy' && status === 'running') break
    const problem = isTask ? undefined : problemOf(container)
    if (problem !== undefined) {
      progress(call, `Container ${name}`, `Error dependency ${service} failed to start`)
      throw new CallFailed(`dependency failed to start: container ${name} ${problem}`)
    }
    if (isMoving(container)) call.store.change(state => move(state, state.containers[id] ?? container))
    pause(WAIT_INTERVAL)
  }
  progress(call, `Container ${name}`, isTask ? 'Exited' : 'Healthy')
}

function problemOf({ status, health, exitCode, hasHealthcheck }: StubContainer): string | undefined {
  if (status === 'exited') return `exited (${exitCode})`
  if (!hasHealthcheck) return 'has no healthcheck configured'
  return health === 'unhealthy' ? 'is unhealthy' : undefined
}
