import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, writeAtomically } from './cache.ts'
import { docker, inspectContainer, tryDocker } from './docker.ts'
import { LAB_LABEL, type LabNames, SPEC_LABEL } from './names.ts'
import { CommandFailed, type ShellResult } from './shell.ts'

export interface MachineSpec {
  /** Its name within the lab, and its host name. */
  readonly name: string
  /** What runs in it: sshd, dockerd, registry, proxy. */
  readonly services: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Ports to publish on loopback, at numbers that the engine picks. */
  readonly ports: readonly number[]
  /** Folders on disks of their own, in memory, with their size in MB. */
  readonly disks?: Readonly<Record<string, number>>
  /** A host file to place before the machine starts: where from, where to. */
  readonly file?: { readonly from: string; readonly to: string }
}

/** Brings up the container of one machine. One that is there and was made from the same spec is used again. */
export async function ensureMachine(lab: LabNames, spec: MachineSpec, image: string): Promise<string> {
  const container = lab.container(spec.name)
  const hash = createHash('sha256')
    .update(JSON.stringify([spec, image]))
    .digest('hex')
    .slice(0, 16)
  const found = await inspectContainer(container)
  if (found?.labels[SPEC_LABEL] === hash) {
    if (found.paused) await docker(['unpause', container])
    if (!found.running) await docker(['start', container])
    return container
  }
  if (found !== undefined) await removeMachine(lab, spec.name)
  const hasEngine = spec.services.includes('dockerd')
  if (hasEngine) await docker(['volume', 'create', '--label', lab.label, lab.volume(spec.name)])
  await docker(['create', ...createArgs(lab, spec, hash), ...(hasEngine ? await engineRights(image) : []), image])
  try {
    if (spec.file !== undefined) await docker(['cp', spec.file.from, `${container}:${spec.file.to}`])
    await docker(['start', container])
  } catch (error) {
    // Half made, it would be taken for whole the next time.
    await removeMachine(lab, spec.name)
    throw error
  }
  return container
}

function createArgs(lab: LabNames, spec: MachineSpec, hash: string): string[] {
  const inMemory = spec.disks?.['/var/lib/docker'] !== undefined
  const labels = [`${LAB_LABEL}=${lab.key}`, `${SPEC_LABEL}=${hash}`]
  return [
    ...['--name', lab.container(spec.name), '--hostname', spec.name, '--network', lab.network],
    ...['--network-alias', spec.name, '--network-alias', `${spec.name}.lab`],
    ...labels.flatMap(label => ['--label', label]),
    ...spec.ports.flatMap(port => ['--publish', `127.0.0.1::${port}`]),
    ...Object.entries({ ...spec.env, LAB_SERVICES: spec.services.join(' ') }).flatMap(([k, v]) => [
      '--env',
      `${k}=${v}`,
    ]),
    // Empty at each start, as on any server: no stale process ids.
    ...['--tmpfs', '/run:rw,exec,size=64m'],
    ...Object.entries(spec.disks ?? {}).flatMap(([path, mb]) => ['--tmpfs', `${path}:rw,exec,suid,dev,size=${mb}m`]),
    // overlay2 does not go on top of the container's own overlay: Docker's data needs a volume.
    ...(spec.services.includes('dockerd') && !inMemory ? ['--volume', `${lab.volume(spec.name)}:/var/lib/docker`] : []),
  ]
}

/** With its disk: a machine that is made again is a new one, and runs nothing that the old one ran. */
async function removeMachine(lab: LabNames, name: string): Promise<void> {
  await docker(['rm', '--force', '--volumes', lab.container(name)])
  await docker(['volume', 'rm', '--force', lab.volume(name)])
}

const PRIVILEGED = ['--privileged', '--cgroupns', 'private']
/** For a machine whose own rights are limited, so that it cannot hand out every one. */
const NEARLY_PRIVILEGED = [
  ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--cgroupns', 'private', '--device-cgroup-rule', 'a *:* rwm'],
  ...['seccomp', 'apparmor', 'systempaths'].flatMap(part => ['--security-opt', `${part}=unconfined`]),
]

/** The rights that an engine in a container needs: all of them where the machine can give them. */
async function engineRights(image: string): Promise<readonly string[]> {
  const engine = await docker(['info', '--format', '{{.ID}}'])
  const answer = join(cacheFolder(), `privileged-${createHash('sha256').update(engine).digest('hex').slice(0, 12)}`)
  if (existsSync(`${answer}-no`)) return NEARLY_PRIVILEGED
  if (existsSync(`${answer}-yes`)) return PRIVILEGED
  const trial = await tryDocker(['run', '--rm', ...PRIVILEGED, '--entrypoint', 'true', image])
  await writeAtomically(`${answer}-${trial.exitCode === 0 ? 'yes' : 'no'}`, '')
  return trial.exitCode === 0 ? PRIVILEGED : NEARLY_PRIVILEGED
}

export interface ExecOptions {
  readonly user?: string
  readonly input?: string | Uint8Array
  readonly timeout?: number
  /** false: a status other than 0 is an answer, not an error. */
  readonly check?: boolean
}

/** Runs a shell script inside a machine, past sshd: for preparing a test and for looking at what it did. */
export async function execIn(container: string, script: string, options: ExecOptions = {}): Promise<ShellResult> {
  const user = options.user ?? 'root'
  const result = await tryDocker(['exec', '--interactive', '--user', user, container, 'sh', '-c', script], {
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  })
  if ((options.check ?? true) && result.exitCode !== 0) throw new CommandFailed(`in ${container}: ${script}`, result)
  return result
}

/** A service of a machine: lab-service inside it does the work. */
export async function service(
  container: string,
  name: string,
  action: 'start' | 'stop' | 'kill' | 'wait',
): Promise<void> {
  await execIn(container, `lab-service ${name} ${action}`)
}
