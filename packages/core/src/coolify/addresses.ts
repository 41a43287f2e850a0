import { InvalidValue } from '../values/invalid-value.ts'

/** The contents of a deploy webhook. */
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

/** Reads a deploy webhook as Coolify shows it. Throws InvalidValue, whose text continues the input's name. */
export function parseDeployWebhook(text: string): DeployWebhook {
  const url = webAddress(text, WHERE)
  const base = baseOf(url, url.pathname.replace(/\/api\/v1\/.*$/, ''))
  if (/\/webhooks\/source\//.test(url.pathname)) {
    throw new InvalidValue(
      `is the webhook for a git host's pushes (${url.pathname}), which uses no token and cannot deploy a given image; ${WHERE}`,
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
  if (uuids.length === 0 && tags.length === 0) throw new InvalidValue(`contains neither uuid= nor tag=; ${WHERE}`)
  if (uuids.length > 0 && tags.length > 0)
    throw new InvalidValue('contains both uuid= and tag=; Coolify accepts only one of them')
  const pull = url.searchParams.get('pull_request_id') ?? url.searchParams.get('pr')
  return {
    base,
    uuids,
    tags,
    force: /^(1|true|on|yes)$/i.test(url.searchParams.get('force') ?? ''),
    pullRequest: pull !== null && /^[1-9]\d*$/.test(pull) ? Number(pull) : undefined,
  }
}

/** Reads the address of a Coolify. The path of its API is accepted; the address of a page or a webhook is not. */
export function parseCoolifyUrl(text: string): string {
  const hint = 'write only the address of your Coolify, such as https://coolify.example.org'
  const url = webAddress(text, hint)
  if (/\/api\/v1\/deploy/.test(url.pathname)) throw new InvalidValue('is a deploy webhook; set it as `webhook`')
  const page = pageOf(url)
  if (page !== undefined) {
    throw new InvalidValue(`is the address of a page; write ${url.origin}, and \`uuid: ${page}\` for its resource`)
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api(\/v1)?$/, '')
  if (url.search !== '' || url.hash !== '') throw new InvalidValue(`contains more than an address; ${hint}`)
  return baseOf(url, path)
}

/** Whether the connection is not encrypted. */
export function isPlain(base: string): boolean {
  const url = new URL(base)
  return url.protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(url.hostname)
}

function webAddress(text: string, hint: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidValue(`is not a web address; ${hint}`)
  if (url.username !== '' || url.password !== '') {
    throw new InvalidValue('contains a user or a password; Coolify needs a token instead, in the input `token`')
  }
  return url
}

function baseOf(url: URL, path: string): string {
  return `${url.origin}${path.replace(/\/+$/, '')}`
}

function listIn(url: URL, name: string): string[] {
  return (url.searchParams.get(name) ?? '').split(',').flatMap(entry => entry.trim() || [])
}

/** The UUID in the address of a page. */
function pageOf(url: URL): string | undefined {
  return /\/project\/.*\/(?:application|service|database)\/([^/]+)/.exec(url.pathname)?.[1]
}
