import { assertName } from './names.ts'

/**
 * Which Compose a server has: Debian's 2.26, the newest one, a plugin of 2022 that is too old, the program that was written
 * in Python, or none.
 */
export type ComposeChoice = 'debian' | 'latest' | 'old' | 'python' | 'none'

export interface ServerSpec {
  readonly name: string
  readonly compose?: ComposeChoice
  /** false: only sshd, for tests of the connection. It is up in a second. */
  readonly docker?: boolean
  /** Docker keeps its data on a disk of this many MB, which fillDisk can fill. */
  readonly dockerDiskMb?: number
  /** The project directories below /opt are on a disk of this many MB. */
  readonly projectDiskMb?: number
  /** `deploy` may also log in with `password`. */
  readonly passwordLogin?: boolean
  /** Ports that are published on this machine's loopback, beside 22 and 80. */
  readonly publish?: readonly number[]
}

export interface LabSpec {
  /** Labs of different names live side by side. */
  readonly name: string
  readonly servers?: readonly (string | ServerSpec)[]
  readonly registry?: boolean
  readonly proxy?: boolean
  /** A machine that builds images for several processors and pushes them to the registry, which it needs. */
  readonly builder?: boolean
}

export type ResolvedServerSpec = Required<Omit<ServerSpec, 'dockerDiskMb' | 'projectDiskMb'>> & {
  readonly dockerDiskMb: number | undefined
  readonly projectDiskMb: number | undefined
}

const RESERVED = new Set(['registry', 'proxy', 'builder'])

/** Fills in what a server's spec leaves out. */
export function resolveServer(given: string | ServerSpec): ResolvedServerSpec {
  const spec = typeof given === 'string' ? { name: given } : given
  assertName('server', spec.name)
  if (RESERVED.has(spec.name)) throw new Error(`"${spec.name}" is the name of another machine of the lab.`)
  return {
    name: spec.name,
    compose: spec.compose ?? 'debian',
    docker: spec.docker ?? true,
    dockerDiskMb: spec.dockerDiskMb,
    projectDiskMb: spec.projectDiskMb,
    passwordLogin: spec.passwordLogin ?? false,
    publish: [...new Set([22, 80, ...(spec.publish ?? [])])],
  }
}
