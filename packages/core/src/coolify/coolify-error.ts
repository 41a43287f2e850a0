import type { HttpFailure } from '../http/failure.ts'
import { printableUrl } from '../http/printable-url.ts'
import type { HttpResponse } from '../http/response.ts'
import { isPassing } from '../http/retry-rule.ts'
import { ActionError } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import { isRecord } from '../values/record.ts'
import { redact, type Secret } from '../values/secret.ts'
import { textOf } from './fields.ts'
import { type Feature, SINCE } from './version.ts'

/** Permissions of a token. https://coolify.io/docs/api-reference/authorization */
export type Permission = 'read' | 'write' | 'deploy'

export type CoolifyProblem =
  /** Wrong or expired. */
  | 'token'
  /** The token is valid, but has no permission for the request. */
  | 'permission'
  | 'api-off'
  | 'address-not-allowed'
  | 'not-found'
  /** This version of Coolify does not have the endpoint. */
  | 'no-endpoint'
  | 'invalid'
  | 'queue-full'
  | 'throttled'
  /** No response, or a temporary failure. */
  | 'unavailable'
  /** Something other than Coolify responds at the address. */
  | 'not-coolify'
  /** The certificate is not trusted. */
  | 'unsafe'
  /** A request that changes something was sent, and no response arrived. */
  | 'uncertain'
  | 'refused'

/** A request to Coolify failed. */
export class CoolifyError extends ActionError {
  readonly problem: CoolifyProblem
  /** Milliseconds before which Coolify accepts no further request. */
  readonly retryAfter: number | undefined
  /** The missing permission, where Coolify names it. */
  readonly missing: string | undefined
  /** Coolify can respond again later, as after a restart. */
  readonly isOutage: boolean
  /** The request was certainly not carried out. */
  readonly isUntouched: boolean

  constructor(problem: CoolifyProblem, message: string, next?: string, more: CoolifyErrorFacts = {}) {
    const exitStatus = problem === 'uncertain' ? 2 : 1
    const title =
      more.missing === undefined ? TITLES[problem] : `Coolify token lacks the permission \`${more.missing}\``
    super({ title, message, exitStatus, ...(next === undefined ? {} : { next }) })
    this.problem = problem
    this.retryAfter = more.retryAfter
    this.missing = more.missing
    this.isOutage = more.isOutage ?? false
    this.isUntouched = more.isUntouched ?? false
  }

  /** The same, after requests that were repeated for so many milliseconds. */
  after(ms: number): CoolifyError {
    const message = `${this.message} The request was repeated for ${formatDuration(ms)}.`
    return new CoolifyError(this.problem, message, this.next, this)
  }
}

interface CoolifyErrorFacts {
  readonly retryAfter?: number | undefined
  readonly missing?: string | undefined
  readonly isOutage?: boolean
  readonly isUntouched?: boolean
}

const TITLES: Readonly<Record<CoolifyProblem, string>> = {
  token: 'Coolify rejected the token',
  permission: 'Coolify token lacks a permission',
  'api-off': 'The API of Coolify is disabled',
  'address-not-allowed': "Coolify does not allow this runner's IP address",
  'not-found': 'Coolify does not have the resource',
  'no-endpoint': 'This version of Coolify is too old',
  invalid: 'Coolify rejected the values',
  'queue-full': "Coolify's queue is full",
  throttled: "Coolify's request limit was exceeded",
  unavailable: 'Coolify does not respond',
  'not-coolify': 'This address is not a Coolify API',
  unsafe: 'The connection to Coolify is not secure',
  uncertain: 'The response of Coolify was lost',
  refused: 'Coolify refused the request',
}

/** The request that a response belongs to. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly permission: Permission
  /** The response is text, not JSON: `GET /version`. */
  readonly isText?: boolean
  readonly token: Secret
  /** Milliseconds from `Retry-After`. */
  readonly retryAfter: number | undefined
}

/** Explains an unexpected response. */
export function explainResponse(response: HttpResponse, call: Call): CoolifyError {
  const { status } = response
  const asked = `${call.method} ${call.path}`
  if (status >= 300 && status < 400) return explainRedirect(response, asked)
  const body = response.json()
  if (!isRecord(body)) return explainPage(response, call)
  const message = redact(textOf(body, 'message') ?? '', [call.token])
  const more = { retryAfter: call.retryAfter }
  if (status === 401 || /^Invalid token/.test(message)) return tokenError(message, call)
  if (status === 403) return explainForbidden(message, call)
  if (status === 404 && /^Not found\.?$/i.test(message)) {
    return new CoolifyError(
      'no-endpoint',
      `This version of Coolify does not have ${asked} (404).`,
      updateFor(call.path),
    )
  }
  if (status === 404) {
    return new CoolifyError(
      'not-found',
      `Coolify responded "${message}" to ${asked} (404).`,
      "Compare the UUID with the last part of its page's address. A token can access only the team in which it was created.",
    )
  }
  if (/queue is full/i.test(message)) {
    return new CoolifyError(
      'queue-full',
      `Coolify responded: ${message}`,
      'Cancel a stuck deployment in Coolify.',
      more,
    )
  }
  if (status === 429) {
    return new CoolifyError(
      'throttled',
      `Coolify responded "${message}" to ${asked} (429).`,
      'All tokens of a user share 200 requests a minute. Raise `poll-interval`, or API_RATE_LIMIT of your Coolify.',
      { ...more, isUntouched: true },
    )
  }
  if (status >= 500) {
    return new CoolifyError(
      'unavailable',
      `Coolify responded ${status} to ${asked}${message ? `: ${message}` : ''}.`,
      undefined,
      { ...more, isOutage: true, isUntouched: status === 503 },
    )
  }
  if (status === 405) {
    return new CoolifyError('no-endpoint', `Coolify does not accept ${asked} (405): ${message}`, updateFor(call.path))
  }
  const details = redact([textOf(body, 'error') ?? '', ...fieldErrors(body['errors'])].filter(Boolean).join('\n'), [
    call.token,
  ])
  return new CoolifyError(
    status === 422 ? 'invalid' : 'refused',
    `Coolify refused ${asked} (${status}): ${message || 'no reason given'}${details ? `\n${details}` : ''}`,
  )
}

/** Explains a request without a response. */
export function explainFailure(failure: HttpFailure, call: Pick<Call, 'method' | 'path'>, base: string): CoolifyError {
  const place = `${call.method} ${call.path}`
  if (failure.kind.startsWith('certificate') || failure.kind === 'tls') {
    return new CoolifyError(
      'unsafe',
      `The connection to ${base} is not secure: ${failure.reason}.`,
      'Use a trusted certificate in Coolify (its domain in Settings). For your own certificate authority, store its certificate in a file and set NODE_EXTRA_CA_CERTS to its path in the step\'s "env:".',
    )
  }
  // A name that does not exist is a typing mistake; waiting does not help.
  const isOutage = isPassing(failure.kind) && failure.kind !== 'name-not-found'
  if (call.method !== 'GET' && failure.sent) {
    return new CoolifyError(
      'uncertain',
      `${place} was sent to ${base}, and no response arrived: ${failure.reason}.`,
      LOOK,
      {
        isOutage,
      },
    )
  }
  return new CoolifyError(
    'unavailable',
    `${base} cannot be reached: ${failure.reason}.`,
    'Check that this is the address of your Coolify and that a firewall lets the runner through.',
    { isOutage, isUntouched: !failure.sent },
  )
}

const LOOK = 'Check in Coolify whether the request was carried out before you repeat it.'

const CALLS: readonly (readonly [RegExp, Feature])[] = [
  [/\/cancel$/, 'cancelling a deployment'],
  [/\/rollback$/, 'the rollback of git applications'],
  [/\/rollback-images$/, 'the images on the server'],
]

function updateFor(path: string): string {
  const feature = CALLS.find(([pattern]) => pattern.test(path))?.[1]
  return feature === undefined ? 'Update Coolify.' : `Update Coolify: ${SINCE[feature]} and later have this feature.`
}

const PERMISSIONS =
  'Create a token in Coolify (Keys & Tokens → API tokens). Select Deploy first and then Read, because selecting Deploy clears the others; add Write for `image-tag`, `image`, `commit` or `mode: rollback`.'

function tokenError(message: string, { token }: Call): CoolifyError {
  const bare = token.reveal().includes('|') ? '' : ' The number and the "|" at its beginning are missing.'
  return new CoolifyError(
    'token',
    `Coolify responded "${message || 'Unauthenticated.'}" (401): the token is wrong, was deleted, has expired, or its user has left the team.${bare}`,
    `Tokens expire after 30 days unless another time was chosen. ${PERMISSIONS}`,
  )
}

function explainForbidden(message: string, call: Call): CoolifyError {
  if (/API is disabled/i.test(message)) {
    return new CoolifyError(
      'api-off',
      'Coolify responded that its API is disabled (403).',
      'Enable it: Settings → Configuration → Advanced → API Access.',
    )
  }
  if (/not allowed to access the API/i.test(message)) {
    return new CoolifyError(
      'address-not-allowed',
      "Coolify's list of allowed IP addresses does not contain this runner's address (403).",
      'Add it in Settings → Configuration → Advanced → Allowed IPs. GitHub-hosted runners have no fixed address: use a self-hosted runner, or clear the list.',
    )
  }
  const missing = /Missing required permissions?: ([\w:, -]+)/i.exec(message)?.[1]?.trim()
  if (missing !== undefined) {
    return new CoolifyError(
      'permission',
      `The token has no permission \`${missing}\`, which ${call.method} ${call.path} needs (403).`,
      PERMISSIONS,
      { missing },
    )
  }
  if (/team role/i.test(message)) {
    return new CoolifyError(
      'permission',
      "The token's user is only a member of the team, and tokens of members are read-only (403).",
      'Have an admin or owner of the team create the token.',
    )
  }
  return new CoolifyError(
    'permission',
    `Coolify does not allow ${call.method} ${call.path} (403): ${message || 'no reason given'}`,
    PERMISSIONS,
  )
}

function explainRedirect(response: HttpResponse, asked: string): CoolifyError {
  const target = URL.parse(response.headers.get('location') ?? '', response.url.href)
  const where = target ? printableUrl(target) : 'an invalid address'
  const isLogin = target !== null && target.host !== response.url.host
  return new CoolifyError(
    'not-coolify',
    `${asked} is redirected (${response.status}) to ${where}. The redirect was not followed, because a POST would become a GET and the token must not be sent elsewhere.`,
    isLogin
      ? `If Coolify has moved, set its new address. If this is a login in front of Coolify (Cloudflare Access, an authentication proxy), exclude /api/v1 from it.`
      : `Set the address that starts with ${target?.origin ?? 'https://'}.`,
  )
}

/** Explains a response that is not JSON: from a proxy in front of Coolify, or from another site. */
function explainPage(response: HttpResponse, { method, path, retryAfter }: Call): CoolifyError {
  const { status, headers } = response
  const asked = `${method} ${path}`
  const isHtml = /html/.test(headers.get('content-type') ?? '') || /^\s*</.test(response.text())
  if (headers.has('cf-mitigated')) {
    return new CoolifyError(
      'not-coolify',
      `Cloudflare in front of Coolify responded to ${asked} with a challenge for browsers (${status}).`,
      'In Cloudflare, skip Bot Fight Mode and challenges for the path /api/v1/*, or let the runner reach Coolify directly.',
    )
  }
  if (response.ok && method !== 'GET' && !isHtml) {
    return new CoolifyError('uncertain', `${asked} returned ${status} with a truncated or empty response.`, LOOK)
  }
  if (status === 429 || status >= 500) {
    return new CoolifyError(
      'unavailable',
      `${asked} returned ${status} ${isHtml ? 'with a web page: from a proxy that cannot reach Coolify, or from Coolify during an update' : 'without JSON'}.`,
      undefined,
      { retryAfter, isOutage: true, isUntouched: status === 429 || status === 503 },
    )
  }
  return new CoolifyError(
    'not-coolify',
    `${asked} returned ${status} ${response.body.length === 0 ? 'with an empty response' : isHtml ? 'with a web page' : 'without JSON'}, so this is not a Coolify API.`,
    'Check that the address is that of Coolify itself and not of an application, and that no login page or proxy is in front of it.',
  )
}

/** `errors` contains a list per field, sometimes a plain text. */
function fieldErrors(errors: unknown): string[] {
  if (!isRecord(errors)) return []
  return Object.entries(errors).map(
    ([name, texts]) => `- ${name}: ${Array.isArray(texts) ? texts.join(' ') : String(texts)}`,
  )
}
