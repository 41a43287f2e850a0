import { type Answer, json, message } from './answer.ts'
import type { ApiRequest } from './api-request.ts'
import type { Ability, Instance, Token, User } from './instance.ts'

/** Who asks, once all checks are passed. */
export interface Caller {
  readonly user: User
  readonly token: Token
  readonly team: number
  /** `read:sensitive` or `root`, of an owner or admin. */
  readonly canReadSensitive: boolean
}

const ELEVATED: readonly Ability[] = ['root', 'write', 'deploy', 'read:sensitive']

/** `auth:sanctum`: who the bearer is. */
export function authenticate(request: ApiRequest, instance: Instance): { user: User; token: Token } | Answer {
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = instance.tokens.find(known => known.token === bearer && !known.expired)
  const user = instance.users.find(({ id }) => id === token?.user)
  return token && user ? { user, token } : message(401, 'Unauthenticated.')
}

/**
 * The middleware after that, in the order of routes/api.php: api.token.team, ApiAllowed, api.sensitive, api.ability.
 * https://github.com/coollabsio/coolify/tree/379abb252621/app/Http/Middleware
 */
export function admit(
  { user, token }: { user: User; token: Token },
  request: ApiRequest,
  instance: Instance,
  wanted: readonly Ability[],
): Caller | Answer {
  const team = token.team ?? user.team
  const isInTeam = team === user.team
  const can = (ability: Ability) => token.abilities.includes('*') || token.abilities.includes(ability)
  const isAdmin = isInTeam && user.role !== 'member'
  if (instance.profile.checksTeam) {
    if (!isInTeam) return message(401, 'Invalid token.')
    if (ELEVATED.some(can) && !isAdmin) return message(403, 'Missing required team role.')
  }
  if (!instance.apiEnabled) return json(403, { success: true, message: 'API is disabled.' })
  if (!isAllowed(request.ip, instance.allowedIps)) {
    return json(403, { success: true, message: 'You are not allowed to access the API.' })
  }
  if (!can('root') && !wanted.some(can)) return message(403, `Missing required permissions: ${wanted.join(', ')}`)
  if (!isInTeam) {
    return json(400, { message: 'Invalid token.', docs: 'https://coolify.io/docs/api-reference/authorization' })
  }
  return { user, token, team, canReadSensitive: isAdmin && (can('root') || can('read:sensitive')) }
}

export function isAnswer(value: object): value is Answer {
  return 'status' in value && 'body' in value
}

function isAllowed(ip: string, list: string | null): boolean {
  const allowed = (list ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(Boolean)
  return allowed.length === 0 || allowed.includes('0.0.0.0') || allowed.includes(ip)
}
