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

/** What a token may do. https://coolify.io/docs/api-reference/authorization */
export type Right = 'read' | 'write' | 'deploy'

export type CoolifyProblem =
  /** Wrong or expired. */
  | 'token'
  /** The token is right, and may not do this. */
  | 'right'
  | 'api-off'
  | 'address-not-allowed'
  | 'not-found'
  /** This version of Coolify does not know the call. */
  | 'no-endpoint'
  | 'invalid'
  | 'queue-full'
  | 'throttled'
  /** No answer, or one that says "later". It may pass by itself. */
  | 'unavailable'
  /** Something else answers there. */
  | 'not-coolify'
  /** Its certificate does not vouch for it. */
  | 'unsafe'
  /** A call that changes something was on its way, and no answer came. */
  | 'uncertain'
  | 'refused'

/** Coolify did not do as asked. */
export class CoolifyError extends ActionError {
  readonly problem: CoolifyProblem
  /** Milliseconds after which Coolify wants to be asked again. */
  readonly retryAfter: number | undefined
  /** The right that is missing, where Coolify names it. */
  readonly missing: string | undefined
  /** Coolify may respond again in a while, as after a restart. */
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
    const message = `${this.message} It was requested again for ${formatDuration(ms)}.`
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
  token: 'Coolify does not take the token',
  right: 'Coolify token has no permission for this',
  'api-off': "Coolify's API is off",
  'address-not-allowed': 'Coolify does not let this address in',
  'not-found': 'Coolify does not have it',
  'no-endpoint': 'This Coolify is too old',
  invalid: 'Coolify does not take the values',
  'queue-full': "Coolify's queue is full",
  throttled: 'Coolify was asked too often',
  unavailable: 'Coolify gives no answer',
  'not-coolify': 'What answers is not Coolify',
  unsafe: 'No safe connection to Coolify',
  uncertain: 'Nobody knows whether Coolify did it',
  refused: 'Coolify refused it',
}

/** The call that an answer belongs to. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly right: Right
  /** A page with text is as good as JSON: `GET /version`. */
  readonly isText?: boolean
  readonly token: Secret
  /** Milliseconds that the answer asks to wait. */
  readonly retryAfter: number | undefined
}

/** Says what an answer means that is not the wanted one. */
export function explainAnswer(response: HttpResponse, call: Call): CoolifyError {
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
    return new CoolifyError('no-endpoint', `This Coolify does not know ${asked} (404).`, updateFor(call.path))
  }
  if (status === 404) {
    return new CoolifyError(
      'not-found',
      `Coolify answers "${message}" to ${asked} (404).`,
      "Compare the UUID with the end of its page's address; and a token sees only the team that it was made in.",
    )
  }
  if (/queue is full/i.test(message)) {
    return new CoolifyError(
      'queue-full',
      `Coolify says: ${message}`,
      'Look at the deployments in Coolify: is one stuck?',
      more,
    )
  }
  if (status === 429) {
    return new CoolifyError(
      'throttled',
      `Coolify says "${message}" to ${asked} (429).`,
      'All tokens of a user share 200 calls a minute. Raise `poll-interval`, or API_RATE_LIMIT of your Coolify.',
      { ...more, isUntouched: true },
    )
  }
  if (status >= 500) {
    return new CoolifyError(
      'unavailable',
      `Coolify answers ${status} to ${asked}${message ? `: ${message}` : ''}.`,
      undefined,
      { ...more, isOutage: true, isUntouched: status === 503 },
    )
  }
  if (status === 405) {
    return new CoolifyError('no-endpoint', `Coolify does not take ${asked} (405): ${message}`, updateFor(call.path))
  }
  const details = redact([textOf(body, 'error') ?? '', ...fieldErrors(body['errors'])].filter(Boolean).join('\n'), [
    call.token,
  ])
  return new CoolifyError(
    status === 422 ? 'invalid' : 'refused',
    `Coolify refused ${asked} (${status}): ${message || 'no reason given'}${details ? `\n${details}` : ''}`,
  )
}

/** Says what the lack of an answer means. */
export function explainFailure(failure: HttpFailure, call: Pick<Call, 'method' | 'path'>, base: string): CoolifyError {
  const place = `${call.method} ${call.path}`
  if (failure.kind.startsWith('certificate') || failure.kind === 'tls') {
    return new CoolifyError(
      'unsafe',
      `No safe connection to ${base}: ${failure.reason}.`,
      'Give Coolify a certificate that is known (its domain in Settings), or the runner your own authority: put its certificate into a file and set NODE_EXTRA_CA_CERTS to its path in the step\'s "env:".',
    )
  }
  // A name that does not exist is a typing mistake, which no waiting mends.
  const isOutage = isPassing(failure.kind) && failure.kind !== 'name-not-found'
  if (call.method !== 'GET' && failure.sent) {
    return new CoolifyError('uncertain', `${place} was sent to ${base}, and no answer came: ${failure.reason}.`, LOOK, {
      isOutage,
    })
  }
  return new CoolifyError(
    'unavailable',
    `${base} cannot be reached: ${failure.reason}.`,
    'Is that the address of your Coolify, and does a firewall let the runner in?',
    { isOutage, isUntouched: !failure.sent },
  )
}

const LOOK = 'Look in Coolify whether it was done, before it is asked again.'

const CALLS: readonly (readonly [RegExp, Feature])[] = [
  [/\/cancel$/, 'cancelling a deployment'],
  [/\/rollback$/, 'the rollback of git applications'],
  [/\/rollback-images$/, 'the images on the server'],
]

function updateFor(path: string): string {
  const feature = CALLS.find(([pattern]) => pattern.test(path))?.[1]
  return feature === undefined ? 'Update Coolify.' : `Update Coolify: ${SINCE[feature]} and later can do it.`
}

const RIGHTS =
  'Make a token in Coolify (Keys & Tokens → API tokens) with Deploy first and Read after it, as ticking Deploy clears the others; and Write where `image-tag`, `image` or `commit` is set.'

function tokenError(message: string, { token }: Call): CoolifyError {
  const bare = token.reveal().includes('|')
    ? ''
    : ' The number and the "|" at its beginning belong to it, and are missing.'
  return new CoolifyError(
    'token',
    `Coolify answers "${message || 'Unauthenticated.'}" (401): the token is wrong, was deleted, has expired, or its user has left the team.${bare}`,
    `Tokens expire, 30 days after they were made unless another time was chosen. ${RIGHTS}`,
  )
}

function explainForbidden(message: string, call: Call): CoolifyError {
  if (/API is disabled/i.test(message)) {
    return new CoolifyError(
      'api-off',
      'Coolify answers that its API is disabled (403).',
      'Switch it on: Settings → Configuration → Advanced → API Access.',
    )
  }
  if (/not allowed to access the API/i.test(message)) {
    return new CoolifyError(
      'address-not-allowed',
      "Coolify's list of allowed addresses does not hold this runner's (403).",
      "Settings → Configuration → Advanced → Allowed IPs. GitHub's own runners have no fixed address: use a self-hosted one, or empty the list.",
    )
  }
  const missing = /Missing required permissions?: ([\w:, -]+)/i.exec(message)?.[1]?.trim()
  if (missing !== undefined) {
    return new CoolifyError(
      'right',
      `The token lacks the right "${missing}", which ${call.method} ${call.path} takes (403).`,
      RIGHTS,
      { missing },
    )
  }
  if (/team role/i.test(message)) {
    return new CoolifyError(
      'right',
      "The token's user is only a member of the team, and a member's token may do no more than read (403).",
      'Let an admin or owner of the team make the token.',
    )
  }
  return new CoolifyError(
    'right',
    `Coolify does not allow ${call.method} ${call.path} (403): ${message || 'no reason given'}`,
    RIGHTS,
  )
}

function explainRedirect(response: HttpResponse, asked: string): CoolifyError {
  const target = URL.parse(response.headers.get('location') ?? '', response.url.href)
  const where = target ? printableUrl(target) : 'no web address'
  const isLogin = target !== null && target.host !== response.url.host
  return new CoolifyError(
    'not-coolify',
    `${asked} is redirected (${response.status}) to ${where}. It was not followed: a POST becomes a GET on the way, and the token must not go elsewhere.`,
    isLogin
      ? `If Coolify has moved, set its new address. If that is a login in front of Coolify (Cloudflare Access, an auth proxy), let /api/v1 through it.`
      : `Set the address that begins with ${target?.origin ?? 'https://'}.`,
  )
}

/** A page, where Coolify would answer in JSON: something in front of it, or another site. */
function explainPage(response: HttpResponse, { method, path, retryAfter }: Call): CoolifyError {
  const { status, headers } = response
  const asked = `${method} ${path}`
  const isHtml = /html/.test(headers.get('content-type') ?? '') || /^\s*</.test(response.text())
  if (headers.has('cf-mitigated')) {
    return new CoolifyError(
      'not-coolify',
      `Cloudflare stands in front of Coolify and wants to see a human (${status} to ${asked}).`,
      'In Cloudflare, skip Bot Fight Mode and challenges for the path /api/v1/*, or let the runner reach Coolify past it.',
    )
  }
  if (response.ok && method !== 'GET' && !isHtml) {
    return new CoolifyError('uncertain', `${asked} is answered ${status}, and the answer is cut or empty.`, LOOK)
  }
  if (status === 429 || status >= 500) {
    return new CoolifyError(
      'unavailable',
      `${asked} is answered ${status} by ${isHtml ? 'a page: a proxy whose Coolify does not answer, or Coolify while it updates itself' : 'what is no JSON'}.`,
      undefined,
      { retryAfter, isOutage: true, isUntouched: status === 429 || status === 503 },
    )
  }
  return new CoolifyError(
    'not-coolify',
    `${asked} is answered ${status} by ${response.body.length === 0 ? 'nothing' : isHtml ? 'a web page' : 'what is no JSON'}, so that is not Coolify's API.`,
    'Is the address that of Coolify itself, and not of an application? Is there a login page or a proxy in front of it?',
  )
}

/** `errors` holds lists by field, and at times plain texts. */
function fieldErrors(errors: unknown): string[] {
  if (!isRecord(errors)) return []
  return Object.entries(errors).map(
    ([name, texts]) => `- ${name}: ${Array.isArray(texts) ? texts.join(' ') : String(texts)}`,
  )
}
