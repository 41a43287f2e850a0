import { parseDuration } from '../values/duration.ts'
import { nameOf, normalizeImageReference, parseImageReference } from '../values/image-reference.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { nearestName } from '../values/nearest.ts'
import { isRecord } from '../values/record.ts'

export const roles = ['app', 'accessory'] as const
export type Role = (typeof roles)[number]

/** What a service's `x-deploy:` block says; actions/ssh-compose-deploy/x-deploy.schema.json describes it to editors. */
export interface XDeploy {
  readonly role?: Role
  /** Milliseconds within which the service has to be healthy. */
  readonly readyWithin?: number
  /** False for a service whose health does not decide over the release. */
  readonly required?: boolean
}

const KNOWN = ['role', 'ready-within', 'required']
/** Reserved words. Whoever writes one relies on what it would do: it is refused until it does it. */
const RESERVED = ['update', 'drain', 'backup', 'host-group']

/** Reads a block; each problem reads on after the service's name. */
export function readXDeploy(block: unknown): { readonly settings: XDeploy; readonly problems: readonly string[] } {
  if (block === undefined || block === null) return { settings: {}, problems: [] }
  if (!isRecord(block)) return { settings: {}, problems: ['has an `x-deploy` that is not a mapping of keys to values'] }
  const problems = Object.keys(block).flatMap(unknownKey)
  const role = block['role']
  if (role === 'migration') {
    problems.push(
      'has x-deploy.role "migration", which is not supported yet; have the services that need it wait for it with `depends_on` and `condition: service_completed_successfully`',
    )
  } else if (role !== undefined && !isRole(role)) {
    problems.push(`has x-deploy.role ${JSON.stringify(role)}; choose one of ${roles.join(', ')}`)
  }
  const readyWithin = readReadyWithin(block['ready-within'], problems)
  const required = block['required']
  if (required !== undefined && typeof required !== 'boolean') {
    problems.push(`has x-deploy.required ${JSON.stringify(required)}; write true or false`)
  }
  return {
    settings: {
      ...(isRole(role) ? { role } : {}),
      ...(readyWithin === undefined ? {} : { readyWithin }),
      ...(typeof required === 'boolean' ? { required } : {}),
    },
    problems,
  }
}

function unknownKey(key: string): string[] {
  if (KNOWN.includes(key)) return []
  if (RESERVED.includes(key)) return [`has x-deploy.${key}, which is not supported yet; remove it`]
  const nearest = nearestName(key, KNOWN)
  return [`has an unknown key x-deploy.${key}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`]
}

function isRole(value: unknown): value is Role {
  return roles.some(role => role === value)
}

function readReadyWithin(value: unknown, problems: string[]): number | undefined {
  if (value === undefined) return undefined
  try {
    // A space would be tolerated by the parser, but not by the schema.
    if (typeof value === 'string' && !/\s/.test(value)) return parseDuration(value)
    if (typeof value === 'number') return parseDuration(String(value))
    throw new InvalidValue(`is ${JSON.stringify(value)}; write a duration such as 120s`)
  } catch (thrown) {
    if (!(thrown instanceof InvalidValue)) throw thrown
    problems.push(`has x-deploy.ready-within, which ${thrown.message}`)
    return undefined
  }
}

/**
 * What a service is to a deploy. Its own `role` decides. Else, where the deploy names its images, a service with another
 * image is an accessory; where it names none, one with an official image of Docker Hub (postgres, redis, nginx), as no
 * team's deploy builds those. Every other service is part of the application.
 */
export function roleOf(
  service: { readonly image?: string | undefined; readonly xDeploy?: XDeploy | undefined },
  deployImages: readonly string[] | undefined,
): Role {
  if (service.xDeploy?.role !== undefined) return service.xDeploy.role
  const name = service.image === undefined ? undefined : fullName(service.image)
  if (name === undefined) return 'app'
  if (deployImages === undefined || deployImages.length === 0) {
    return name.startsWith('docker.io/library/') ? 'accessory' : 'app'
  }
  return deployImages.some(image => fullName(image) === name) ? 'app' : 'accessory'
}

/** Registry and repository; undefined for what is no reference, such as an image's ID. */
function fullName(image: string): string | undefined {
  try {
    return nameOf(normalizeImageReference(parseImageReference(image)))
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return undefined
    throw thrown
  }
}
