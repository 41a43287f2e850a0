import { type Call, Ended, forEachName } from './call.ts'
import {
  createCommand,
  execCommand,
  killCommand,
  listCommand,
  logsCommand,
  removeCommand,
  renameCommand,
  runCommand,
  startCommand,
  stopCommand,
  updateCommand,
} from './container-commands.ts'
import { isAlive, isMoving, move, neededContainer, removeContainer } from './containers.ts'
import { hasLabel, needForce, parseFlags } from './flags.ts'
import {
  imagePrune,
  imagesCommand,
  loginCommand,
  pullCommand,
  readConfig,
  rmiCommand,
  tagCommand,
} from './image-commands.ts'
import { findImage, missingName, pruneImages } from './images.ts'
import { containerView, imageView, infoView, versionView } from './inspect.ts'
import type { StubState } from './state.ts'
import { CallFailed, NotImitated } from './store.ts'
import { render } from './template.ts'

type Command = (call: Call, args: readonly string[]) => void | Promise<void>

/** Commands that need no engine. */
export const clientCommands: Readonly<Record<string, Command>> = {
  // Loaded when needed: most calls are others, and start-up time counts.
  compose: async (call, args) => (await import('./compose.ts')).compose(call, args),
  '--version': call => call.out(`Docker version ${call.store.read().clientVersion}, build stub`),
  'context inspect': (call, args) =>
    call.out(formatted('context inspect', args, { Endpoints: { docker: { Host: 'unix:///var/run/docker.sock' } } })),
  'context show': call => call.out(readConfig(call).currentContext || 'default'),
}

export const engineCommands: Readonly<Record<string, Command>> = {
  version: (call, args) => call.out(formatted('version', args, versionView(call.store.read()))),
  info: (call, args) => call.out(formatted('info', args, infoView(call.store.read()))),
  ps: listCommand,
  create: createCommand,
  run: runCommand,
  start: startCommand,
  stop: stopCommand,
  kill: killCommand,
  exec: execCommand,
  rm: removeCommand,
  rename: renameCommand,
  update: updateCommand,
  logs: logsCommand,
  'container inspect': (call, args) => inspectCommand(call, 'container inspect', args, ['container']),
  'container prune': containerPrune,
  inspect: (call, args) => inspectCommand(call, 'inspect', args, ['container', 'image', 'volume', 'network']),
  'image inspect': (call, args) => inspectCommand(call, 'image inspect', args, ['image']),
  'image prune': imagePrune,
  images: imagesCommand,
  pull: pullCommand,
  login: loginCommand,
  tag: tagCommand,
  rmi: rmiCommand,
  'volume ls': (call, args) => listNamed(call, 'volume ls', args, call.store.read().volumes),
  'volume inspect': (call, args) => inspectCommand(call, 'volume inspect', args, ['volume']),
  'volume rm': volumeRemove,
  'network ls': (call, args) => listNamed(call, 'network ls', args, call.store.read().networks),
  'network inspect': (call, args) => inspectCommand(call, 'network inspect', args, ['network']),
  'system prune': systemPrune,
}

function formatted(command: string, args: readonly string[], view: unknown): string {
  const flags = parseFlags(command, args, { format: '-f --format =' })
  const format = flags.value('format')
  if (format === undefined) throw new NotImitated(`docker ${command} without --format`)
  return render(format, view)
}

function containerPrune(call: Call, args: readonly string[]): void {
  needForce('container prune', parseFlags('container prune', args, { force: '-f --force' }))
  const removed = call.store.change(pruneContainers)
  if (removed.length > 0) for (const line of ['Deleted Containers:', ...removed, '']) call.out(line)
  call.out('Total reclaimed space: 0B')
}

function pruneContainers(state: StubState): string[] {
  const stopped = Object.values(state.containers).filter(container => !isAlive(container))
  for (const container of stopped) removeContainer(state, container, false)
  return stopped.map(container => container.id)
}

function systemPrune(call: Call, args: readonly string[]): void {
  const flags = parseFlags('system prune', args, { all: '-a --all', force: '-f --force' })
  needForce('system prune', flags)
  call.store.change(state => {
    pruneContainers(state)
    const used = new Set(Object.values(state.containers).flatMap(container => container.networks))
    for (const name of Object.keys(state.networks)) {
      if (!used.has(name) && !['bridge', 'host', 'none'].includes(name)) delete state.networks[name]
    }
    pruneImages(state, flags.has('all'))
  })
  call.out('Total reclaimed space: 0B')
}

type Kind = 'container' | 'image' | 'volume' | 'network'

function inspectCommand(call: Call, command: string, args: readonly string[], kinds: readonly Kind[]): void {
  const flags = parseFlags(command, args, { format: '-f --format =' })
  const format = flags.value('format')
  const views: unknown[] = []
  let hasFailed = false
  for (const name of flags.rest) {
    const view = kinds.map(kind => viewOf(call, kind, name)).find(found => found !== undefined)
    if (view === undefined) {
      hasFailed = true
      call.err(missingText(kinds, name))
    } else if (format === undefined) views.push(view)
    else call.out(render(format, view))
  }
  if (format === undefined) call.out(JSON.stringify(views, undefined, 4))
  if (hasFailed) throw new Ended(1)
}

function missingText(kinds: readonly Kind[], name: string): string {
  if (kinds.length > 1) return `Error: No such object: ${name}`
  if (kinds[0] === 'image') return `Error response from daemon: No such image: ${missingName(name)}`
  if (kinds[0] === 'volume') return `Error response from daemon: get ${name}: no such volume`
  if (kinds[0] === 'network') return `Error response from daemon: network ${name} not found`
  return `Error response from daemon: No such container: ${name}`
}

function viewOf(call: Call, kind: Kind, name: string): unknown {
  const state = call.store.read()
  if (kind === 'image') {
    const image = findImage(state, name)
    return image && imageView(image)
  }
  if (kind === 'volume') {
    const volume = state.volumes[name]
    return volume && { Name: volume.name, Labels: volume.labels, Driver: 'local', Scope: 'local' }
  }
  if (kind === 'network') {
    const network = state.networks[name]
    return network && { Name: network.name, Id: network.id, Labels: network.labels }
  }
  try {
    const container = neededContainer(state, name)
    // The look after this one sees the next step.
    if (isMoving(container)) call.store.change(newer => move(newer, neededContainer(newer, name)))
    return containerView(container)
  } catch (error) {
    if (error instanceof CallFailed && error.exitStatus === 1) return undefined
    throw error
  }
}

interface Named {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

function listNamed(call: Call, command: string, args: readonly string[], items: Readonly<Record<string, Named>>): void {
  const flags = parseFlags(command, args, { quiet: '-q --quiet', filter: '-f --filter =', format: '--format =' })
  const found = Object.values(items)
    .filter(item =>
      flags.values('filter').every(filter => {
        if (!filter.startsWith('label=')) throw new NotImitated(`docker ${command} --filter ${filter}`)
        return hasLabel(item.labels, filter.slice(6))
      }),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const format = flags.value('format') ?? (flags.has('quiet') ? '{{.Name}}' : undefined)
  if (format === undefined) throw new NotImitated(`docker ${command} without --quiet or --format`)
  for (const item of found) {
    const row = { Name: item.name, Driver: 'local', Label: (label: unknown) => item.labels[String(label)] ?? '' }
    call.out(render(format.replaceAll('\\t', '\t'), row))
  }
}

function volumeRemove(call: Call, args: readonly string[]): void {
  const flags = parseFlags('volume rm', args, { force: '-f --force' })
  forEachName(call, flags.rest, name => {
    call.store.change(state => {
      const user = Object.values(state.containers).find(container =>
        container.mounts.some(mount => mount.name === name),
      )
      if (user !== undefined) {
        throw new CallFailed(`Error response from daemon: remove ${name}: volume is in use - [${user.id}]`)
      }
      if (state.volumes[name] === undefined && !flags.has('force')) {
        throw new CallFailed(`Error response from daemon: get ${name}: no such volume`)
      }
      delete state.volumes[name]
    })
    call.out(name)
  })
}
