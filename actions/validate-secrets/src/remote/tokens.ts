import { ask, isFinding } from './ask.ts'
import { type Finding, failed, type Network, type Operands, passed } from './remote-check.ts'

const DAY = 86_400_000
const SOON = 14

const WEBHOOK_HOSTS = ['discord.com', 'discordapp.com', 'canary.discord.com', 'ptb.discord.com']

/**
 * Reads a Discord webhook, which posts nothing: https://discord.com/developers/docs/resources/webhook#get-webhook-with-token.
 * Any other service's may start something when it is read (Coolify's deploys), so only Discord's are.
 */
export async function checkWebhook(operands: Operands, network: Network): Promise<Finding> {
  const url = URL.parse(operands('url').trim())
  const isDiscord =
    url !== null && WEBHOOK_HOSTS.includes(url.host) && /^\/api(\/v\d+)?\/webhooks\/\d+\/[\w-]+$/.test(url.pathname)
  if (url === null || !isDiscord)
    return failed('format', 'is no webhook of Discord, and only those can be read without a consequence')
  url.search = ''
  const answer = await ask(url, {}, network)
  if (isFinding(answer)) return answer
  if (answer.status === 200) return passed('the webhook is there')
  if (answer.status === 401 || answer.status === 404)
    return failed('refused', 'is a webhook that is not there any more', "Make a new one in the channel's settings.")
  return failed('unreachable', `got an unexpected answer (status ${answer.status})`)
}

/** Asks what counts against no limit: https://docs.github.com/rest/rate-limit/rate-limit */
export async function checkGithubToken(operands: Operands, network: Network): Promise<Finding> {
  const url = URL.parse(`${network.githubApi.replace(/\/$/, '')}/rate_limit`)
  if (url === null) return failed('config', 'cannot be checked: the runner names no API')
  const answer = await ask(
    url,
    { authorization: `Bearer ${operands('token').trim()}`, accept: 'application/vnd.github+json' },
    network,
  )
  if (isFinding(answer)) return answer
  if (answer.status === 401)
    return failed('refused', 'is a token that GitHub does not take', 'Make a new one; it may have expired.')
  if (answer.status !== 200) return failed('unreachable', `got an unexpected answer (status ${answer.status})`)
  const scopes = (answer.headers.get('x-oauth-scopes') ?? '').replace(/[^a-z0-9:_, -]/gi, '')
  return passed(
    `GitHub takes the token${scopes === '' ? '' : ` (scopes: ${scopes})`}${expiryOf(answer.headers, network.now)}`,
  )
}

function expiryOf(headers: ReadonlyMap<string, string>, now: number): string {
  const date = Date.parse(
    (headers.get('github-authentication-token-expiration') ?? '').replace(' UTC', 'Z').replace(' ', 'T'),
  )
  if (Number.isNaN(date)) return ''
  const days = Math.floor((date - now) / DAY)
  return days > SOON ? `, for another ${days} days` : `, but only for another ${days} days: make a new one soon`
}

/** A token of any service, at an address that it may read. */
export async function checkHttp(operands: Operands, network: Network): Promise<Finding> {
  const url = URL.parse(operands('url').trim())
  if (url === null || url.username !== '') return failed('format', 'has no address to ask')
  const header = operands('header').trim()
  const token = operands('token').trim()
  if (!/^[\x21-\x7e]*$/.test(token) || !/^[A-Za-z0-9-]*$/.test(header))
    return failed('format', 'cannot stand in a header')
  const headers =
    header === '' || header.toLowerCase() === 'authorization'
      ? { authorization: `Bearer ${token}` }
      : { [header.toLowerCase()]: token }
  const answer = await ask(url, headers, network)
  if (isFinding(answer)) return answer
  const expected = operands('expect-status').trim() || '200'
  if (String(answer.status) === expected) return passed(`the service takes the token (status ${answer.status})`)
  const code = answer.status === 401 || answer.status === 403 ? 'refused' : 'unreachable'
  return failed(
    code,
    `was answered with status ${answer.status} instead of ${/^\d{3}$/.test(expected) ? expected : 'the expected one'}`,
  )
}
