import { InvalidValue } from '../values/invalid-value.ts'

/** What a deploy webhook names. */
export interface DeployWebhook {
  /** Origin of Coolify, without a slash at the end. */
  readonly base: string
  readonly uuids: readonly string[]
  readonly tags: readonly string[]
  readonly force: boolean
  readonly pullRequest: number | undefined
}

const WHERE =
  'copy it from the resource in Coolify: Webhooks → Deploy Webhook (https://coolify.example.org/api/v1/deploy?uuid=…&force=false)'

/** Reads a deploy webhook as Coolify shows it. Throws InvalidValue, whose text reads on after the input's name. */
export function parseDeployWebhook(text: string): DeployWebhook {
  const url = webAddress(text, WHERE)
  const base = baseOf(url, url.pathname.replace(/\/api\/v1\/.*$/, ''))
  if (/\/webhooks\/source\//.test(url.pathname)) {
    throw new InvalidValue(
      `is the webhook for a git host's pushes (${url.pathname}), which takes no token and deploys no given image; ${WHERE}`,
    )
  }
  const page = pageOf(url)
  if (page !== undefined) {
    throw new InvalidValue(
      `is the address of a page of Coolify; ${WHERE}, or set \`coolify-url: ${url.origin}\` and \`uuid: ${page}\``,
    )
  }
  if (!/\/api\/v1\/deploy\/?$/.test(url.pathname)) {
    throw new InvalidValue(`leads to ${url.pathname}, not to /api/v1/deploy; ${WHERE}`)
  }
  const [uuids, tags] = [listIn(url, 'uuid'), listIn(url, 'tag')]
  if (uuids.length === 0 && tags.length === 0) throw new InvalidValue(`has neither uuid= nor tag= in it; ${WHERE}`)
  if (uuids.length > 0 && tags.length > 0) throw new InvalidValue('has both uuid= and tag= in it; Coolify takes one')
  const pull = url.searchParams.get('pull_request_id') ?? url.searchParams.get('pr')
  return {
    base,
    uuids,
    tags,
    force: /^(1|true|on|yes)$/i.test(url.searchParams.get('force') ?? ''),
    pullRequest: pull !== null && /^[1-9]\d*$/.test(pull) ? Number(pull) : undefined,
  }
}

/** Reads the address of a Coolify. Its API's path at the end is no mistake; a page's or a webhook's address is. */
export function parseCoolifyUrl(text: string): string {
  const right = 'write the address of your Coolify alone, such as https://coolify.example.org'
  const url = webAddress(text, right)
  if (/\/api\/v1\/deploy/.test(url.pathname)) throw new InvalidValue('is a deploy webhook; set it as `webhook`')
  const page = pageOf(url)
  if (page !== undefined) {
    throw new InvalidValue(`is the address of a page; write ${url.origin}, and \`uuid: ${page}\` for its resource`)
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api(\/v1)?$/, '')
  if (url.search !== '' || url.hash !== '') throw new InvalidValue(`has more than an address in it; ${right}`)
  return baseOf(url, path)
}

/** Whether what is sent there can be read on the way. */
export function isPlain(base: string): boolean {
  const url = new URL(base)
  return url.protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(url.hostname)
}

function webAddress(text: string, right: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidValue(`is no web address; ${right}`)
  if (url.username !== '' || url.password !== '') {
    throw new InvalidValue('holds a user or a password; Coolify takes a token, in the input `token`')
  }
  return url
}

function baseOf(url: URL, path: string): string {
  return `${url.origin}${path.replace(/\/+$/, '')}`
}

function listIn(url: URL, name: string): string[] {
  return (url.searchParams.get(name) ?? '').split(',').flatMap(entry => entry.trim() || [])
}

/** The UUID of the resource whose page it is. */
function pageOf(url: URL): string | undefined {
  return /\/project\/.*\/(?:application|service|database)\/([^/]+)/.exec(url.pathname)?.[1]
}
