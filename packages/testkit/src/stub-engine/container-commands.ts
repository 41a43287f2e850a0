import { existsSync } from 'node:fs'
import { type Call, forEachName } from './call.ts'
import {
  createContainer,
  findContainer,
  isAlive,
  type NewMount,
  neededContainer,
  policyOf,
  refuseTakenName,
  removeContainer,
  startContainer,
  stopContainer,
} from './containers.ts'
import { type FlagSpec, type Flags, hasLabel, parseFlags } from './flags.ts'
import { loginFor } from './image-commands.ts'
import { findImage, missingName, neededImage, pullImage } from './images.ts'
import { containerRow } from './inspect.ts'
import type { StubContainer, StubState } from './state.ts'
import { CallFailed, NotImitated } from './store.ts'
import { render } from './template.ts'

export function listCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('ps', args, {
    all: '-a --all',
    quiet: '-q --quiet',
    noTrunc: '--no-trunc',
    filter: '-f --filter =',
    format: '--format =',
  })
  const filters = flags.values('filter')
  const known = ['label', 'status', 'name', 'id', 'volume']
  const unknown = filters.map(filter => filter.split('=')[0] ?? '').find(name => !known.includes(name))
  if (unknown !== undefined) throw new NotImitated(`docker ps --filter ${unknown}`)
  const needsAll = flags.has('all') || filters.some(filter => filter.startsWith('status='))
  const state = call.store.read()
  const rows = Object.values(state.containers)
    .filter(container => (needsAll || isAlive(container)) && fits(container, filters))
    .sort((a, b) => b.order - a.order)
    .map(container => containerRow(state, container, flags.has('noTrunc')))
  // Docker ignores the format where IDs alone are wanted.
  const format = flags.has('quiet') ? '{{.ID}}' : flags.value('format')
  if (format === undefined) throw new NotImitated('docker ps without --quiet or --format')
  for (const row of rows) call.out(render(format.replaceAll('\\t', '\t'), row))
}

/** Labels must all fit; of other filters with one name, any. */
function fits(container: StubContainer, filters: readonly string[]): boolean {
  const byName = Map.groupBy(filters, filter => filter.split('=')[0] ?? '')
  return [...byName].every(([name, given]) => {
    const values = given.map(filter => filter.slice(name.length + 1))
    if (name === 'label') return values.every(value => hasLabel(container.labels, value))
    if (name === 'status') return values.includes(container.status)
    if (name === 'name') return values.some(value => new RegExp(value).test(container.name))
    if (name === 'id') return values.some(value => container.id.startsWith(value))
    return values.some(value => container.mounts.some(mount => mount.name === value))
  })
}

const creation: FlagSpec = {
  name: '--name =',
  label: '-l --label =',
  network: '--network --net =',
  restart: '--restart =',
  entrypoint: '--entrypoint =',
  volume: '-v --volume =',
  mount: '--mount =',
  pull: '--pull =',
  remove: '--rm',
  noHealthcheck: '--no-healthcheck',
  // Without effect on what is imitated.
  ignored: '-i --interactive -t --tty --init --read-only --privileged',
  ignoredValue:
    '-e --env -u --user -w --workdir --stop-signal --stop-timeout --log-driver --log-opt --security-opt --cap-drop --cap-add --memory --pids-limit --hostname --cpus --ulimit --tmpfs =',
}

export function createCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('create', args, creation, true)
  call.out(create(call, flags))
}

export function runCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('run', args, { ...creation, detach: '-d --detach' }, true)
  if (!flags.has('detach')) throw new NotImitated('docker run without --detach')
  try {
    const id = create(call, flags)
    // Docker prints it, whatever becomes of the start.
    call.out(id)
    call.store.change(state => startContainer(state, neededContainer(state, id)))
  } catch (error) {
    if (!(error instanceof CallFailed) || error.exitStatus !== 1) throw error
    throw new CallFailed(`docker: ${error.message}.\nSee 'docker run --help'.`, 125)
  }
}

function create(call: Call, flags: Flags): string {
  const [name = '', ...command] = flags.rest
  const login = loginFor(call, name)
  if (findImage(call.store.read(), name) === undefined) {
    if (flags.value('pull') === 'never') {
      throw new CallFailed(`Error response from daemon: No such image: ${missingName(name)}`)
    }
    call.err(`Unable to find image '${missingName(name)}' locally`)
    call.store.change(state => pullImage(state, name, login))
  }
  return call.store.change(state => {
    const image = neededImage(state, name)
    const entrypoint = flags.value('entrypoint')
    return createContainer(state, {
      image,
      imageRef: name,
      name: flags.value('name'),
      labels: Object.fromEntries(
        flags.values('label').map(label => [label.split('=')[0], label.split('=').slice(1).join('=')]),
      ),
      entrypoint: entrypoint === undefined ? null : [entrypoint],
      // Another program than the image's: one that stays.
      behaviour: entrypoint === undefined ? undefined : 'running',
      command: command.length > 0 ? command : null,
      hasHealthcheck: flags.has('noHealthcheck') ? false : undefined,
      restart: flags.value('restart'),
      autoRemove: flags.has('remove'),
      networkMode: flags.value('network'),
      mounts: [...flags.values('volume').map(mountOf), ...flags.values('mount').map(bindMountOf)],
    }).id
  })
}

/** `SOURCE:TARGET[:ro]`, or a target alone. */
function mountOf(text: string): NewMount {
  const [first = '', target, mode = ''] = text.split(':')
  const source = target === undefined ? '' : first
  const isBind = source.startsWith('/')
  const mount = { source, target: target ?? first, readOnly: mode.split(',').includes('ro') }
  return isBind ? { ...mount, type: 'bind', createSource: true } : { ...mount, type: 'volume' }
}

/** `type=bind,src=SOURCE,dst=TARGET[,readonly]`: a source that is missing is an error. */
function bindMountOf(text: string): NewMount {
  const {
    type,
    src = '',
    dst = '',
    readonly,
  } = Object.fromEntries(text.split(',').map(part => [part.split('=')[0], part.split('=')[1] ?? 'true']))
  if (type !== 'bind') throw new NotImitated(`docker create --mount ${text}`)
  if (!existsSync(src)) {
    throw new CallFailed(
      `Error response from daemon: invalid mount config for type "bind": bind source path does not exist: ${src}`,
    )
  }
  return { type, source: src, target: dst, readOnly: readonly === 'true' }
}

/** Changes each container that is named, and prints its name. */
function change(
  call: Call,
  command: string,
  args: readonly string[],
  spec: FlagSpec,
  work: (state: StubState, name: string, flags: Flags) => void,
): void {
  const flags = parseFlags(command, args, spec)
  forEachName(call, flags.rest, name => {
    call.store.change(state => work(state, name, flags))
    call.out(name)
  })
}

export function startCommand(call: Call, args: readonly string[]): void {
  const failed: string[] = []
  try {
    change(call, 'start', args, {}, (state, name) => {
      failed.push(name)
      startContainer(state, neededContainer(state, name))
      failed.pop()
    })
  } finally {
    if (failed.length > 0) call.err(`Error: failed to start containers: ${failed.join(', ')}`)
  }
}

export function stopCommand(call: Call, args: readonly string[]): void {
  const spec = { time: '-t --time --timeout =', signal: '-s --signal =' }
  change(call, 'stop', args, spec, (state, name) => stopContainer(state, neededContainer(state, name)))
}

export function killCommand(call: Call, args: readonly string[]): void {
  change(call, 'kill', args, { signal: '-s --signal =' }, (state, name) => {
    const container = findContainer(state, name)
    if (container === undefined || !isAlive(container)) {
      const why = container === undefined ? `No such container: ${name}` : `container ${container.id} is not running`
      throw new CallFailed(`Error response from daemon: cannot kill container: ${name}: ${why}`)
    }
    stopContainer(state, container)
    container.exitCode = 137
  })
}

/** The program is not imitated: it succeeds. */
export function execCommand(call: Call, args: readonly string[]): void {
  const [name = ''] = parseFlags('exec', args, {}, true).rest
  const container = neededContainer(call.store.read(), name)
  if (container.status === 'running') return
  const why =
    container.status === 'restarting'
      ? `Container ${container.id} is restarting, wait until the container is running`
      : `container ${container.id} is not running`
  throw new CallFailed(`Error response from daemon: ${why}`)
}

export function updateCommand(call: Call, args: readonly string[]): void {
  change(call, 'update', args, { restart: '--restart =' }, (state, name, flags) => {
    neededContainer(state, name).restartPolicy = policyOf(flags.value('restart'))
  })
}

export function removeCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('rm', args, { force: '-f --force', volumes: '-v --volumes' })
  forEachName(call, flags.rest, name => {
    call.store.change(state => {
      const container = neededContainer(state, name)
      if (isAlive(container) && !flags.has('force')) {
        throw new CallFailed(
          `Error response from daemon: cannot remove container "/${container.name}": container is running: stop the container before removing or force remove`,
        )
      }
      removeContainer(state, container, flags.has('volumes'))
    })
    call.out(name)
  })
}

export function renameCommand(call: Call, args: readonly string[]): void {
  const [from, to, ...more] = parseFlags('rename', args, {}).rest
  if (from === undefined || to === undefined || more.length > 0) throw new NotImitated('this use of docker rename')
  forEachName(call, [from], () => {
    try {
      call.store.change(state => rename(state, from, to))
    } catch (error) {
      if (!(error instanceof CallFailed) || error.exitStatus !== 1) throw error
      throw new CallFailed(`${error.message}\nError: failed to rename container named ${from}`)
    }
  })
}

function rename(state: StubState, from: string, to: string): void {
  const container = neededContainer(state, from)
  if (container.name === to) {
    throw new CallFailed('Error response from daemon: Renaming a container with the same name as its current name')
  }
  refuseTakenName(state, to, 'Error when allocating new name: ')
  container.name = to
}

export function logsCommand(call: Call, args: readonly string[]): void {
  const flags = parseFlags('logs', args, { tail: '-n --tail =', timestamps: '-t --timestamps' })
  const [name = ''] = flags.rest
  const container = neededContainer(call.store.read(), name)
  const tail = flags.value('tail') ?? 'all'
  const hasRun = container.status !== 'created'
  const lines = hasRun ? container.logs : []
  const shown = tail === 'all' ? lines : Number(tail) === 0 ? [] : lines.slice(-Number(tail))
  for (const line of shown) call.err(flags.has('timestamps') ? `${container.startedAt} ${line}` : line)
}
