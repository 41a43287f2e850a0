/** How a container behaves at one look: `crash` exits with 1, `one-shot` with 0. Whether it is restarted is its policy's affair. */
export type Condition =
  | 'running'
  | 'healthy'
  | 'starting'
  | 'unhealthy'
  | 'one-shot'
  | 'crash'
  | { readonly exit: number }

/** A list is gone through from the container's start on, one step for each `container inspect`; its last entry stays. */
export type Behaviour = Condition | readonly Condition[]

export interface StubImage {
  readonly id: string
  /** Full references: `docker.io/library/nginx:1`. */
  readonly tags: readonly string[]
  /** `registry/repository@sha256:…`, full. */
  readonly digests: readonly string[]
  readonly volumes: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly behaviour: Behaviour
  readonly logs: readonly string[]
  readonly created: string
}

/** What a registry serves for one full reference. */
export interface RegistryImage extends Omit<StubImage, 'tags' | 'digests' | 'created'> {
  readonly digest: string
}

export interface Mount {
  readonly type: 'volume' | 'bind' | 'tmpfs'
  /** Of a volume. */
  readonly name?: string
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** Of a bind: a source that is missing becomes a directory at the container's start. */
  readonly createSource?: boolean
  /** A volume that was created without a name; only such a one is removed by `docker rm -v`. */
  readonly anonymous: boolean
}

export interface StubContainer {
  readonly id: string
  name: string
  /** Counts all objects in the order of their creation. */
  readonly order: number
  readonly imageId: string
  readonly imageRef: string
  readonly labels: Readonly<Record<string, string>>
  readonly created: string
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  readonly hasHealthcheck: boolean
  restartPolicy: { readonly Name: string; readonly MaximumRetryCount: number }
  readonly autoRemove: boolean
  readonly networkMode: string
  readonly networks: readonly string[]
  /** `0.0.0.0:80/tcp`: what is bound on the host while it runs. */
  readonly ports: readonly string[]
  readonly mounts: readonly Mount[]
  /** What remains of its behaviour after the current look. */
  readonly behaviour: readonly Condition[]
  step: number
  status: 'created' | 'running' | 'restarting' | 'exited'
  health: 'healthy' | 'unhealthy' | 'starting' | null
  exitCode: number
  error: string
  startedAt: string
  finishedAt: string
  restartCount: number
  /** By `docker stop`: then `unless-stopped` does not start it with the engine. */
  wasStopped: boolean
  readonly logs: readonly string[]
}

export interface StubVolume {
  readonly name: string
  /** Another one when a volume of this name was removed and created again: its data was lost. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly order: number
}

export interface StubNetwork {
  readonly name: string
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
}

/** A call that is disturbed. */
export interface Fault {
  /** Beginning of the call without global options: `compose up`, `tag`, `container inspect`. */
  readonly command: string
  /** So many matching calls pass undisturbed. */
  readonly skip: number
  /** So many are disturbed then. */
  readonly times: number
  /** So many changes of the state (steps of an `up`) are made before; undefined: the call does not even start. */
  readonly changes?: number
  /** `exit`: prints the message and ends; `hang`: waits until it is killed; otherwise SIGKILL for itself or its process group. */
  readonly action: 'exit' | 'hang' | 'kill' | 'kill-group'
  readonly message: string
  readonly exitStatus: number
}

export interface StubState {
  /** Counts what was created. */
  next: number
  /** No engine responds while this is true. */
  isDown: boolean
  readonly engineId: string
  readonly dockerRootDir: string
  readonly serverVersion: string
  readonly clientVersion: string
  /** As it is on labels: three numbers. */
  readonly composeVersion: string
  /** Milliseconds by which all times that the engine writes lie in the past. */
  backdate: number
  /** By full ID, `sha256:…`. */
  readonly images: Record<string, StubImage>
  /** By full reference: each image by its tag and by its digest. A moved tag leaves the digest of the earlier image. */
  readonly registry: Record<string, RegistryImage>
  /** Errors of a pull, by full reference. */
  readonly registryErrors: Record<string, string>
  /** Registries that require a login, by host. */
  readonly logins: Record<string, { readonly user: string; readonly password: string }>
  /** By full ID. */
  readonly containers: Record<string, StubContainer>
  /** By name. */
  readonly volumes: Record<string, StubVolume>
  readonly networks: Record<string, StubNetwork>
  /** By service, and stronger than the image's. */
  readonly behaviours: Record<string, Behaviour>
  faults: readonly Fault[]
}

export const ZERO_TIME = '0001-01-01T00:00:00Z'

export function emptyState(given: Pick<StubState, 'composeVersion' | 'dockerRootDir'>): StubState {
  return {
    next: 1,
    isDown: false,
    engineId: '5c1b7a52-97d3-4f0e-8f6a-stub0engine0',
    serverVersion: '26.1.5',
    clientVersion: '26.1.5',
    backdate: 0,
    images: {},
    registry: {},
    registryErrors: {},
    logins: {},
    containers: {},
    volumes: {},
    networks: {
      bridge: { name: 'bridge', id: 'network-bridge', labels: {} },
      host: { name: 'host', id: 'network-host', labels: {} },
      none: { name: 'none', id: 'network-none', labels: {} },
    },
    behaviours: {},
    faults: [],
    ...given,
  }
}

export function nowOf(state: StubState): string {
  // Nanoseconds, as Docker writes them.
  return new Date(Date.now() - state.backdate).toISOString().replace('Z', '000000Z')
}
