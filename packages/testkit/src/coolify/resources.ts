/** How the next deployments of an application end; the last one repeats. */
export type Outcome =
  | 'finished'
  | 'failed'
  /** `failed`, and the new container runs nevertheless: https://github.com/coollabsio/coolify/issues/7559 */
  | 'failed-running'
  /** The new container stays unhealthy, and the old one runs on. */
  | 'unhealthy'
  /** Finished, and then it is found dead. */
  | 'crash-after'
  /** Finished and found well, and dead some time later. */
  | 'crash-later'
  | 'stuck'
  | 'restart-coolify'

export type BuildPack = 'dockerimage' | 'dockerfile' | 'nixpacks' | 'static' | 'dockercompose'

export interface Env {
  uuid: string
  key: string
  value: string | null
  is_preview: boolean
  is_literal: boolean
  is_multiline: boolean
  is_shown_once: boolean
  is_runtime: boolean
  is_buildtime: boolean
  comment: string | null
}

/** An application as the instance holds it. Names with underscores are those of the API. */
export interface Application {
  readonly id: number
  readonly uuid: string
  readonly team: number
  readonly server: number
  readonly tags: string[]
  /** Further servers; each gets a deployment of its own when the first one is finished. */
  readonly additionalServers: number
  readonly previews: Map<number, { docker_registry_image_tag: string | null }>
  readonly envs: Map<string, Env>
  name: string
  description: string | null
  build_pack: BuildPack
  docker_registry_image_name: string | null
  docker_registry_image_tag: string | null
  git_repository: string
  git_branch: string
  git_commit_sha: string
  fqdn: string | null
  ports_exposes: string
  health_check_enabled: boolean
  /** What Coolify saw when it looked last. */
  status: string
  lastOnlineAt: number
  /** What is the case, as its next look will see. */
  truth: string
  /** What the branch points at. */
  headCommit: string
  /** The tag, or for a build from git the commit, of what runs. */
  runningTag: string | null
  script: Outcome[]
  runMs: number | undefined
  /** What the server has of it, and when each was built. */
  images: { readonly tag: string; readonly builtAt: number }[]
  /** What its deployments say besides Coolify's own lines, where everybody may read it. */
  logLines: readonly string[]
  /** What the container says. */
  containerLogs: string
  /** Its container is called as the application is, so that Coolify finds the image of it. */
  hasConsistentName: boolean
}

export interface Service {
  readonly uuid: string
  readonly name: string
  readonly team: number
  readonly tags: string[]
  readonly envs: Map<string, Env>
  status: string
  /** The status that a start or restart leads to. */
  leadsTo: string
  /** How often it was started, and restarted with the newest images. */
  starts: number
  pulls: number
}

export interface Database {
  readonly uuid: string
  readonly name: string
  readonly team: number
  status: string
  leadsTo: string
  starts: number
}

export type AppOptions = Partial<Omit<Application, 'id' | 'previews' | 'envs'>> & {
  readonly previews?: Readonly<Record<number, string | null>>
  readonly envs?: Readonly<Record<string, string>>
}
export type ServiceOptions = Partial<Omit<Service, 'envs' | 'starts' | 'pulls'>> & {
  readonly envs?: Readonly<Record<string, string>>
}
export type DatabaseOptions = Partial<Omit<Database, 'starts'>>

export const TEAM = 0

/** When all that is there from the beginning was made. */
const BEFORE = Date.UTC(2026, 0, 1)

export function newApplication(id: number, options: AppOptions): Application {
  const { previews = {}, envs = {}, ...given } = options
  const team = given.team ?? TEAM
  const build_pack = given.build_pack ?? 'dockerimage'
  const isImage = build_pack === 'dockerimage'
  const runningTag = given.runningTag ?? (isImage ? (given.docker_registry_image_tag ?? '1.0.0') : null)
  return {
    id,
    uuid: publicId(),
    team,
    server: team,
    tags: [],
    additionalServers: 0,
    name: `app-${id}`,
    description: null,
    build_pack,
    docker_registry_image_name: isImage ? 'ghcr.io/octo-org/app' : null,
    docker_registry_image_tag: isImage ? '1.0.0' : null,
    git_repository: isImage ? 'coollabsio/coolify' : 'octo-org/app',
    git_branch: 'main',
    git_commit_sha: 'HEAD',
    fqdn: null,
    ports_exposes: '80',
    health_check_enabled: true,
    status: 'running:healthy',
    lastOnlineAt: BEFORE,
    truth: given.status ?? 'running:healthy',
    headCommit: 'c0ffee'.padEnd(40, String(id)),
    runningTag,
    script: ['finished'],
    runMs: undefined,
    images: runningTag === null ? [] : [{ tag: runningTag, builtAt: BEFORE }],
    logLines: [],
    containerLogs: 'listening on 80\n',
    hasConsistentName: false,
    ...given,
    previews: new Map(
      Object.entries(previews).map(([pr, tag]) => [Number(pr), { docker_registry_image_tag: tag }] as const),
    ),
    envs: newEnvs(envs),
  }
}

export function newService({ envs = {}, ...options }: ServiceOptions): Service {
  const service = { uuid: publicId(), name: 'service', team: TEAM, tags: [], status: 'running:healthy' }
  return { leadsTo: 'running:healthy', ...service, ...options, envs: newEnvs(envs), starts: 0, pulls: 0 }
}

export function newDatabase(options: DatabaseOptions): Database {
  const database = { uuid: publicId(), name: 'database', team: TEAM, status: 'running:healthy' }
  return { leadsTo: 'running:healthy', ...database, ...options, starts: 0 }
}

function newEnvs(values: Readonly<Record<string, string>>): Map<string, Env> {
  return new Map(Object.entries(values).map(([key, value]) => [key, newEnv(key, value)] as const))
}

export function newEnv(key: string, value: string | null): Env {
  return {
    uuid: publicId(),
    key,
    value,
    is_preview: false,
    is_literal: false,
    is_multiline: false,
    is_shown_once: false,
    is_runtime: true,
    is_buildtime: true,
    comment: null,
  }
}

/** 24 lower-case letters and digits, as Coolify names what it makes. */
export function publicId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  return Array.from({ length: 24 }, () => letters[Math.floor(Math.random() * letters.length)]).join('')
}
