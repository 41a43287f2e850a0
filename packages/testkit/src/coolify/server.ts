import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Certificate } from '../certificates.ts'
import { type LoopbackServer, serve } from '../loopback-server.ts'
import { type Answer, errorPage, html, json } from './answer.ts'
import { type ApiRequest, readRequest } from './api-request.ts'
import type { Deployment } from './deployment.ts'
import { type Fault, Faults, faultAnswer } from './faults.ts'
import { admit, authenticate, isAnswer } from './gate.ts'
import { type Ability, type Clockwork, Instance, type InstanceOptions } from './instance.ts'
import type { Application, Outcome } from './resources.ts'
import { routeFor } from './routes.ts'
import { Throttle } from './throttle.ts'

/** A request as it came in, with its token: for a test that looks where it went. */
export interface SeenRequest {
  readonly method: string
  /** Below `/api/v1`: `/deploy`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Milliseconds since the epoch, by the clock of the fake. */
  readonly at: number
  /** 0 when the connection was broken or left without an answer. */
  status: number
  /** Seconds, where the response names them. */
  retryAfter?: number
}

export interface FakeCoolifyOptions extends InstanceOptions {
  /** Serves https with it. */
  readonly certificate?: Certificate
  /** In place of the system's time and timers. */
  readonly clockwork?: Clockwork
}

/** Coolify's API on the loopback: its checks, queue, deployments, errors and moods. */
export class FakeCoolify implements AsyncDisposable {
  readonly instance: Instance
  readonly requests: SeenRequest[] = []
  /** Stands where the real one leaks: in a hidden command, the nested application, its commands. Nobody may print it. */
  readonly secret = `canary-${randomBytes(12).toString('hex')}`
  readonly #faults = new Faults()
  readonly #throttle: Throttle
  readonly #clockwork: Clockwork
  readonly #timers = new Set<NodeJS.Timeout>()
  #server!: LoopbackServer

  private constructor(options: FakeCoolifyOptions) {
    this.#throttle = new Throttle(options.rateLimit ?? 200, options.rateWindowMs ?? 60_000)
    const clock = options.clockwork
    this.#clockwork = {
      now: () => clock?.now() ?? Date.now(),
      after: (ms, work) => (clock ? clock.after(ms, work) : this.#after(ms, work)),
    }
    this.instance = new Instance(options, this.secret, this.#clockwork)
  }

  static async start(options: FakeCoolifyOptions = {}): Promise<FakeCoolify> {
    const coolify = new FakeCoolify(options)
    coolify.#server = await serve((request, response) => void coolify.#serve(request, response), options.certificate)
    return coolify
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    await this.#server[Symbol.asyncDispose]()
  }

  /** The address of the instance, as its users type it: without `/api/v1`. */
  get url(): string {
    return this.#server.url
  }

  get deployments(): readonly Deployment[] {
    return this.instance.queue.all
  }

  /** A new token of the first user, as a person copies it. */
  token(...abilities: readonly Ability[]): string {
    const [user] = this.instance.users
    const token = `${this.instance.tokens.length + 1}|${randomBytes(30).toString('base64url')}`
    this.instance.tokens.push({ token, user: user?.id ?? 0, abilities })
    return token
  }

  /** The URL that the page of a resource offers to copy. */
  webhook(uuid: string): string {
    return `${this.url}/api/v1/deploy?uuid=${uuid}&force=false`
  }

  app(uuid: string): Application {
    const app = this.instance.apps.find(candidate => candidate.uuid === uuid)
    if (!app) throw new Error(`the fake has no application ${uuid}`)
    return app
  }

  /** The image's tag, or the commit, of what runs. */
  runningTag(uuid: string): string | null {
    return this.app(uuid).runningTag
  }

  /** Ends a deployment, whatever its script says. */
  async finish(uuid: string, outcome: Outcome = 'finished'): Promise<void> {
    const deployment = this.instance.queue.find(uuid)
    if (!deployment) throw new Error(`the fake has no deployment ${uuid}`)
    await this.instance.finish(deployment, outcome)
  }

  /** The next requests that it is for meet this instead. */
  failNext(fault: Fault): void {
    this.#faults.add(fault)
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const url = new URL(incoming.url ?? '/', 'http://fake')
    const method = incoming.method ?? 'GET'
    const ip = incoming.socket.remoteAddress ?? ''
    const request = readRequest(method, url, incoming.headers, Buffer.concat(chunks).toString(), ip)
    const path = request.path.replace(/^\/v1/, '')
    const { query, headers, body } = request
    const at = this.#clockwork.now()
    const seen: SeenRequest = { method, path, query, headers, body, at, status: 0 }
    this.requests.push(seen)

    const fault = this.#faults.take(method, path, at)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return void incoming.socket.resetAndDestroy()
    if (fault?.kind === 'slow') await new Promise<void>(resolve => this.#clockwork.after(fault.ms ?? 1_000, resolve))
    const moody = fault && faultAnswer(fault, headers.host ?? '', incoming.url ?? '')
    const answer = moody ?? this.#answer(request, url.pathname)
    if (fault?.kind === 'reset-after-commit') return void incoming.socket.resetAndDestroy()
    const isCut = fault?.kind === 'truncated-json'
    seen.status = answer.status
    const retryAfter = answer.headers['retry-after']
    if (retryAfter !== undefined) seen.retryAfter = Number(retryAfter)
    const text = isCut ? answer.body.slice(0, answer.body.length / 2) : answer.body
    response.writeHead(answer.status, answer.headers).end(method === 'HEAD' ? '' : text)
  }

  /** The order of Laravel's checks: route, bearer, throttle, and then the API's own. */
  #answer(request: ApiRequest, pathname: string): Answer {
    if (this.instance.unavailable > 0) {
      this.instance.unavailable -= 1
      return errorPage(503, 'Service Unavailable')
    }
    // Whatever is not the API is the web interface, which sends strangers to its login page.
    if (!pathname.startsWith('/api/')) return html(302, '', { location: `${this.url}/login` })
    const throttle = (key: string) => this.#throttle.take(key, this.instance.now(), request.expectsJson)
    const isHealth = request.method === 'GET' && /^(\/v1)?\/health$/.test(request.path)
    const route = request.path.startsWith('/v1/')
      ? routeFor(request.method, request.path.slice('/v1'.length), this.instance.profile)
      : undefined
    if (!route) {
      const { headers, refusal } = throttle(request.ip)
      if (refusal) return refusal
      if (isHealth) return html(200, 'OK', headers)
      return json(404, { message: 'Not found.', docs: 'https://coolify.io/docs' }, headers)
    }
    const bearer = authenticate(request, this.instance)
    if (isAnswer(bearer)) return bearer
    const { headers, refusal } = throttle(`user ${bearer.user.id}`)
    if (refusal) return refusal
    const caller = admit(bearer, request, this.instance, route.abilities)
    const answer = isAnswer(caller)
      ? caller
      : route.handler({ request, caller, params: route.params, instance: this.instance, secret: this.secret })
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }
}
