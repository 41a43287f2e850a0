import type { HttpResponse } from '@deploy-actions/core/http/response'
import { ask, basic, isFinding } from './ask.ts'
import { type Finding, failed, type Network, type Operands, passed } from './remote-check.ts'

/** A challenge of the registry: https://distribution.github.io/distribution/spec/auth/token/ */
interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Logs in as an engine would, without an engine: `docker login` writes the password to a file. First the registry is asked
 * who gives out tokens, then that service gets user and password, if it is one that this registry may send us to.
 */
export async function checkRegistryLogin(operands: Operands, network: Network): Promise<Finding> {
  const host = hostOf(operands('registry'))
  const base = URL.parse(`https://${host}/v2/`)
  if (base === null || base.host === '' || base.username !== '') return failed('format', 'names no registry')
  const first = await ask(base, {}, network)
  if (isFinding(first)) return first
  if (first.status === 200) return passed('the registry requires no login, so this one is not verified')
  const challenge = parseChallenge(first.headers.get('www-authenticate') ?? '')
  if (first.status !== 401 || challenge === undefined) {
    return failed('unreachable', `got a response that is not one of a registry (status ${first.status})`)
  }
  const login = basic(operands('username'), operands('password'))
  if (challenge.scheme === 'basic') {
    const second = await ask(base, { authorization: login }, network)
    return isFinding(second) ? second : verdictOf(second, 'the registry takes the login')
  }
  if (challenge.scheme !== 'bearer') return failed('unreachable', 'got a challenge that is neither Basic nor Bearer')
  return loginForToken(challenge, host, login, operands, network)
}

const DOCKER_HUB = 'registry-1.docker.io'

function hostOf(registry: string): string {
  const host = registry
    .trim()
    .replace(/^https:\/\//i, '')
    .replace(/\/+$/, '')
  return host === '' || host === 'docker.io' || host === 'index.docker.io' ? DOCKER_HUB : host
}

export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme, rest = ''] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(header) ?? []
  if (scheme === undefined) return undefined
  const parameters = [...rest.matchAll(/([a-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/gi)]
  return {
    scheme: scheme.toLowerCase(),
    parameters: new Map(parameters.map(([, name = '', quoted, bare = '']) => [name.toLowerCase(), quoted ?? bare])),
  }
}

/** Token services that stand apart from their registry. */
const KNOWN_REALMS: Readonly<Record<string, string>> = {
  [DOCKER_HUB]: 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
  'registry.digitalocean.com': 'api.digitalocean.com',
  'registry.fly.io': 'registry.fly.io',
}

/**
 * Whether a registry may send a password there: to itself, to a service that is known as its own, to a parent of its domain
 * (registry.git.example.com → git.example.com), or to the host that the rule names. Anywhere else it could be collected.
 */
export function isTrustedRealm(realm: URL, registryHost: string, named: string): boolean {
  const registry = new URL(`https://${registryHost}`)
  if (realm.username !== '' || realm.password !== '') return false
  if (realm.protocol === 'http:')
    return realm.hostname === registry.hostname && /^(localhost|127\.|\[::1\])/.test(realm.hostname)
  if (realm.protocol !== 'https:') return false
  if (named !== '' && realm.host === named) return true
  if (realm.hostname === registry.hostname || KNOWN_REALMS[registry.hostname] === realm.hostname) return true
  return realm.hostname.split('.').length > 2 && registry.hostname.endsWith(`.${realm.hostname}`)
}

async function loginForToken(
  { parameters }: Challenge,
  host: string,
  login: string,
  operands: Operands,
  network: Network,
): Promise<Finding> {
  const realm = URL.parse(parameters.get('realm') ?? '')
  if (realm === null || !isTrustedRealm(realm, host, operands('realm-host'))) {
    return failed(
      'forbidden',
      'was not tried: the registry wants the password sent to a host that is not its own',
      'If that is right, name the host with `realm-host`.',
    )
  }
  const service = parameters.get('service')
  if (service !== undefined) realm.searchParams.set('service', service)
  const repository = operands('repository').trim()
  const access = operands('access')
    .split(/[,\s]+/)
    .filter(word => word !== '')
  const actions = access.length === 0 ? ['pull'] : access
  if (repository !== '') realm.searchParams.set('scope', `repository:${repository}:${actions.join(',')}`)
  const answer = await ask(realm, { authorization: login }, network)
  if (isFinding(answer)) return answer
  const verdict = verdictOf(answer, 'the registry takes the login')
  if (!verdict.passed || repository === '') return verdict
  const granted = grantedActions(answer.json(), repository)
  if (granted === undefined) return passed('the registry takes the login; what it allows cannot be told')
  const lacking = actions.filter(action => !granted.includes(action) && !granted.includes('*'))
  if (lacking.length === 0) return passed(`the registry takes the login, for ${actions.join(' and ')}`)
  return failed(
    'refused',
    `may log in, but not ${lacking.join(' and ')} in the repository of the check`,
    'Give the token that right, or check the name of the repository.',
  )
}

function verdictOf({ status }: HttpResponse, success: string): Finding {
  if (status === 200) return passed(success)
  if (status === 401 || status === 403) {
    return failed(
      'refused',
      `was refused by the registry (status ${status})`,
      'Check user and token, and whether the token has expired.',
    )
  }
  if (status === 429)
    return failed('unreachable', 'was not tried: the registry takes no more logins for now (status 429)')
  return failed('unreachable', `got an answer that is no login's (status ${status})`)
}

/** From the claims of a token that is a JWT: https://distribution.github.io/distribution/spec/auth/jwt/ */
function grantedActions(body: unknown, repository: string): string[] | undefined {
  const token = textIn(body, 'token') ?? textIn(body, 'access_token')
  const access = field(claimsOf(token ?? ''), 'access')
  if (!Array.isArray(access)) return undefined
  const entries: unknown[] = access
  const own = entries.find(entry => textIn(entry, 'type') === 'repository' && textIn(entry, 'name') === repository)
  const actions = field(own, 'actions')
  return Array.isArray(actions) ? actions.map(String) : []
}

function claimsOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function textIn(value: unknown, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}
