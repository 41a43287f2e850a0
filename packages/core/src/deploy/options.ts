import type { EnvEntries } from '../compose/dotenv.ts'
import type { Secret } from '../values/secret.ts'

/** A request that a release must answer with a 2xx status. Times are in milliseconds, here and below. */
export interface HealthUrl {
  readonly url: URL
  /** The URL for messages, without anything that may be secret. */
  readonly name: string
  /** Where the request is sent from. */
  readonly from: 'server' | 'runner'
  readonly attempts: number
  readonly interval: number
}

export interface HealthOptions {
  /** Within this time every service must be healthy. */
  readonly waitTimeout: number
  /** After this time healthy services are inspected once more; undefined waits until each container has run for a while. */
  readonly stableFor: number | undefined
  readonly url: HealthUrl | undefined
}

export interface RegistryLogin {
  /** As docker names it: `ghcr.io`; '' is Docker Hub. */
  readonly registry: string
  readonly username: string
  readonly password: Secret
}

export const failurePolicies = ['rollback', 'stop', 'keep'] as const
export type FailurePolicy = (typeof failurePolicies)[number]

export const pullPolicies = ['always', 'missing', 'never'] as const
export type PullPolicy = (typeof pullPolicies)[number]

/** Where a project is, and how long to wait for it. */
export interface ProjectOptions {
  /** The project directory on the server, as the team writes it. */
  readonly path: string
  /** Undefined leaves it to Compose. */
  readonly projectName: string | undefined
  readonly lockTimeout: number
}

export interface SwitchOptions extends ProjectOptions {
  readonly health: HealthOptions
  readonly onFailure: FailurePolicy
  readonly registries: readonly RegistryLogin[]
  readonly pullTimeout: number
}

/** The files and variables of a release. */
export interface SourceOptions {
  /** The folder that the files are relative to. */
  readonly root: string
  /** How messages name that folder: `"app" of the workspace`. */
  readonly place: string
  /** The folder of the workspace that `envFile` is relative to. */
  readonly envRoot: string
  /** Empty takes the first of Compose's default names. */
  readonly composeFiles: readonly string[]
  readonly files: readonly string[]
  readonly env: EnvEntries
  readonly envFile: string | undefined
  /** The profiles whose services run. */
  readonly profiles?: readonly string[]
}

export interface DeployOptions extends SwitchOptions {
  readonly source: SourceOptions
  /** Images that this deploy brings; empty: of every service that is not an accessory. */
  readonly images: readonly string[]
  readonly pull: PullPolicy
  readonly sha: string | undefined
  readonly version: string | undefined
  readonly keepReleases: number
}

export interface RollbackOptions extends SwitchOptions {
  /** A release, version, commit or image tag; '' is the previous release. */
  readonly to: string
}
