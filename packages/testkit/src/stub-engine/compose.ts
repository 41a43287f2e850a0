import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type Call, Ended } from './call.ts'
import { type ComposeCall, containersOf, progress, refuseWhenDown, runCompose, takeDown, warn } from './compose-call.ts'
import { parseFlags } from './flags.ts'
import type { StubContainer } from './state.ts'
import { NotImitated } from './store.ts'
import { up } from './up.ts'

const defaultFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const overrideFiles = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

export async function compose(call: Call, args: readonly string[]): Promise<void> {
  const flags = parseFlags(
    'compose',
    args,
    {
      name: '-p --project-name =',
      directory: '--project-directory =',
      file: '-f --file =',
      env: '--env-file =',
      profile: '--profile =',
      look: '--ansi --progress --parallel =',
    },
    true,
  )
  const [command = '', ...rest] = flags.rest
  const globals = args.slice(0, args.length - flags.rest.length)
  if (command === 'config' || command === 'version') throw new Ended(await passOn(call, [...globals, command, ...rest]))
  const given = flags.values('file').map(file => resolve(file))
  const workingDir = resolve(flags.value('directory') ?? dirname(given[0] ?? resolve('compose.yaml')))
  const composeCall = {
    call,
    globals,
    projectName: flags.value('name'),
    workingDir,
    files: given.length > 0 ? given : filesIn(workingDir),
    envFiles: flags.values('env').map(file => resolve(file)),
  }
  if (command === 'up') await up(composeCall, rest)
  else if (command === 'down') await down(composeCall, rest)
  else throw new NotImitated(`docker compose ${command}`)
}

function filesIn(folder: string): string[] {
  const present = (names: readonly string[]) =>
    names
      .map(name => resolve(folder, name))
      .filter(path => existsSync(path))
      .slice(0, 1)
  return [...present(defaultFiles), ...present(overrideFiles)]
}

/** The real Compose does it, with this call's own input and output. */
async function passOn(call: Call, args: readonly string[]): Promise<number> {
  const child = spawn(call.composeBinary, args, { stdio: 'inherit' })
  const { promise, resolve: ended, reject } = Promise.withResolvers<number>()
  child.on('error', reject)
  child.on('close', (status, signal) => ended(status ?? (signal === 'SIGKILL' ? 137 : 143)))
  return promise
}

async function down(composeCall: ComposeCall, args: readonly string[]): Promise<void> {
  const { call } = composeCall
  const flags = parseFlags('compose down', args, {
    orphans: '--remove-orphans',
    volumes: '-v --volumes',
    timeout: '-t --timeout =',
  })
  if (flags.rest.length > 0) throw new NotImitated('docker compose down SERVICE')
  const config =
    composeCall.files.length === 0
      ? undefined
      : JSON.parse(await runCompose(composeCall, ['config', '--format', 'json']))
  const name = composeCall.projectName ?? config?.name ?? basename(composeCall.workingDir)
  refuseWhenDown(call)
  const isOrphan = ({ labels }: StubContainer) =>
    config !== undefined && config.services?.[labels['com.docker.compose.service'] ?? ''] === undefined
  const all = containersOf(call.store.read(), name)
  const removed = all.filter(container => flags.has('orphans') || !isOrphan(container))
  for (const container of removed.toReversed()) takeDown(call, container, flags.has('volumes'))
  const networks = Object.values(call.store.read().networks).filter(
    network => network.labels['com.docker.compose.project'] === name,
  )
  for (const network of networks) {
    progress(call, `Network ${network.name}`, 'Removing')
    const isUsed = call.store.change(state => {
      if (Object.values(state.containers).some(container => container.networks.includes(network.name))) return true
      delete state.networks[network.name]
      return false
    })
    progress(call, `Network ${network.name}`, isUsed ? 'Resource is still in use' : 'Removed')
  }
  if (flags.has('volumes')) {
    call.store.change(state => {
      for (const volume of Object.values(state.volumes)) {
        if (volume.labels['com.docker.compose.project'] === name) delete state.volumes[volume.name]
      }
    })
  }
  if (removed.length + networks.length === 0) warn(call, `Warning: No resource found to remove for project "${name}".`)
}
