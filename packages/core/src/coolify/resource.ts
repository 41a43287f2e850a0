import { type Fields, textOf, timeOf } from './fields.ts'

/** What Coolify deploys, as far as a deploy asks. */
export interface Resource {
  readonly kind: 'application' | 'service' | 'database'
  readonly uuid: string
  readonly name: string
  /** `running:healthy`, `exited:unhealthy`, `running:unknown` without a health check. It is what Coolify saw last, not what is. */
  readonly status: string
  /** Milliseconds since the epoch at which Coolify saw that status; undefined where it does not say. */
  readonly seenAt: number | undefined
  /** Where its users reach it. */
  readonly domains: readonly string[]
}

/** How an application comes to its image: it names one, or Coolify builds it from git. */
export interface Application extends Resource {
  readonly kind: 'application'
  /** `dockerimage`, `nixpacks`, `dockerfile`, `dockercompose`, … */
  readonly buildPack: string
  readonly image: AppImage | undefined
  /** The commit that it is pinned to; undefined for the newest of its branch. */
  readonly pinnedCommit: string | undefined
}

export interface AppImage {
  readonly name: string
  /** A digest is written `sha256-…` here. */
  readonly tag: string
}

export function isApplication(resource: Resource): resource is Application {
  return resource.kind === 'application'
}

export function runsImage(application: Application): boolean {
  return application.buildPack === 'dockerimage'
}

/** Undefined for what is no resource. */
export function parseResource(kind: Exclude<Resource['kind'], 'application'>, fields: Fields): Resource | undefined {
  const uuid = textOf(fields, 'uuid')
  if (uuid === undefined) return undefined
  return {
    kind,
    uuid,
    name: textOf(fields, 'name') ?? uuid,
    status: textOf(fields, 'status') ?? 'unknown',
    seenAt: timeOf(fields, 'last_online_at'),
    domains: [],
  }
}

export function parseApplication(fields: Fields): Application | undefined {
  const uuid = textOf(fields, 'uuid')
  const buildPack = textOf(fields, 'build_pack')
  if (uuid === undefined || buildPack === undefined) return undefined
  const name = textOf(fields, 'docker_registry_image_name')
  const commit = textOf(fields, 'git_commit_sha')
  return {
    kind: 'application',
    uuid,
    name: textOf(fields, 'name') ?? uuid,
    status: textOf(fields, 'status') ?? 'unknown',
    seenAt: timeOf(fields, 'last_online_at'),
    domains: (textOf(fields, 'fqdn') ?? '').split(',').flatMap(domain => publicAddress(domain.trim()) ?? []),
    buildPack,
    image: name === undefined ? undefined : { name, tag: textOf(fields, 'docker_registry_image_tag') ?? 'latest' },
    pinnedCommit: commit === 'HEAD' ? undefined : commit,
  }
}

/**
 * A domain as Coolify holds it, without its port: that is the container's, to which Coolify's proxy leads what comes for the domain.
 * https://coolify.io/docs/knowledge-base/domains. The loopback has no such proxy.
 */
function publicAddress(domain: string): string | undefined {
  if (domain === '') return undefined
  const url = URL.parse(/^https?:\/\//.test(domain) ? domain : `http://${domain}`)
  if (url === null) return undefined
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) url.port = ''
  return url.href.replace(/\/$/, '')
}

/** An image that the server still has. */
export interface ServerImage {
  readonly tag: string
  /** When it was built, in milliseconds since the epoch; undefined when that cannot be read. */
  readonly builtAt: number | undefined
  readonly isCurrent: boolean
}

export function parseServerImage(fields: Fields): ServerImage | undefined {
  const tag = textOf(fields, 'tag')
  if (tag === undefined || tag === '<none>') return undefined
  // As docker prints it: `2026-08-20 10:15:02 +0000 UTC`.
  const built = (textOf(fields, 'created_at') ?? '').replace(/ [A-Z]{2,5}$/, '').replace(/ ([+-]\d{4})$/, '$1')
  const time = Date.parse(built.replace(' ', 'T'))
  return { tag, builtAt: Number.isNaN(time) ? undefined : time, isCurrent: fields['is_current'] === true }
}
