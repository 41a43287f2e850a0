import type { Clock } from '../flow/clock.ts'
import type { HttpClient, HttpRequest } from '../http/client.ts'
import { HttpFailure } from '../http/failure.ts'
import type { HttpResponse } from '../http/response.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import { isRecord } from '../values/record.ts'
import type { Secret } from '../values/secret.ts'
import { CoolifyError, explainFailure, explainResponse, type Permission } from './coolify-error.ts'
import { parseDeployReply, type Started } from './deploy-reply.ts'
import { type Deployment, parseDeployment } from './deployment.ts'
import { listOf, textOf } from './fields.ts'
import { type OutageRule, pauseBeforeRepeat } from './outage.ts'
import {
  type Application,
  parseApplication,
  parseResource,
  parseServerImage,
  type Resource,
  type ServerImage,
} from './resource.ts'
import { type CoolifyVersion, parseVersion } from './version.ts'

export interface CoolifyClientOptions {
  readonly http: HttpClient
  readonly clock: Clock
  /** Address of Coolify, without `/api/v1`. */
  readonly base: string
  readonly token: Secret
  readonly outage: OutageRule
  readonly signal?: AbortSignal
}

/** State that the clients of one run share. */
interface Known {
  /** Milliseconds since the epoch before which no request is sent. */
  notBefore: number
  /** Coolify itself has responded. */
  isReached: boolean
}

/** Body of `POST /deploy`: one resource, or all resources with a tag. */
export interface DeployOrder {
  readonly target: { readonly uuid: string } | { readonly tag: string }
  /** Builds without a cache, and queues a deployment although the same version is already queued. */
  readonly force: boolean
  readonly pullRequest?: number | undefined
  /** Only with a pull request, and for applications that run an image. */
  readonly imageTag?: string | undefined
}

/** Milliseconds for one request; requests that need the server behind Coolify take seconds. */
const REQUEST_TIMEOUT = 30_000
/** Enough for the longest logs. */
const MOST_BYTES = 50 * 1024 * 1024

interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly permission: Permission
  readonly body?: object
  readonly query?: Readonly<Record<string, string>>
  /** Sends the request only once, for optional information. */
  readonly once?: boolean
}

/**
 * A client for one Coolify with one token, which is sent to its address only. Every request waits for a Coolify that restarts, and for
 * the time that Retry-After names. https://coolify.io/docs/api-reference
 */
export class CoolifyClient {
  readonly #options: CoolifyClientOptions
  readonly #known: Known

  constructor(options: CoolifyClientOptions, known: Known = { notBefore: 0, isReached: false }) {
    this.#options = options
    this.#known = known
  }

  /** The same without the signal, for what must not be interrupted halfway. */
  uninterrupted(): CoolifyClient {
    const { signal: _, ...options } = this.#options
    return new CoolifyClient(options, this.#known)
  }

  get base(): string {
    return this.#options.base
  }

  async version(): Promise<CoolifyVersion> {
    const response = await this.#call({ path: '/version', permission: 'read' }, true)
    const version = parseVersion(response.text().replace(/^"|"$/g, ''))
    if (version === undefined) throw this.#explain(response, { path: '/version', permission: 'read' })
    return version
  }

  /** The application, service or database with that UUID; undefined when the token's team has none. */
  async resource(uuid: string): Promise<Resource | Application | undefined> {
    return (
      (await this.application(uuid)) ??
      (await this.#resource('service', `/services/${encodeURIComponent(uuid)}`)) ??
      (await this.#resource('database', `/databases/${encodeURIComponent(uuid)}`))
    )
  }

  /** Reads the same resource again, with one request. */
  look(resource: Resource): Promise<Resource | Application | undefined> {
    if (resource.kind === 'application') return this.application(resource.uuid)
    return this.#resource(resource.kind, `/${resource.kind}s/${encodeURIComponent(resource.uuid)}`)
  }

  async application(uuid: string): Promise<Application | undefined> {
    const path = `/applications/${encodeURIComponent(uuid)}`
    const body = await this.#found({ path, permission: 'read' })
    return body === undefined ? undefined : (parseApplication(body) ?? this.#strange(path))
  }

  async applicationsWithTag(tag: string): Promise<Application[]> {
    const call: CallOptions = { path: '/applications', query: { tag }, permission: 'read' }
    const response = await this.#call(call)
    if (!Array.isArray(response.json())) throw this.#explain(response, call)
    return listOf(response.json()).flatMap(fields => parseApplication(fields) ?? [])
  }

  /** The services of the team with a name. */
  async servicesNamed(name: string): Promise<Resource[]> {
    const response = await this.#call({ path: '/services', permission: 'read' })
    return listOf(response.json())
      .flatMap(fields => parseResource('service', fields) ?? [])
      .filter(service => service.name === name)
  }

  /** Sets the image of an application without deploying it. */
  async setImage(uuid: string, image: { readonly name?: string; readonly tag: string }): Promise<void> {
    await this.#patch(uuid, {
      ...(image.name === undefined ? {} : { docker_registry_image_name: image.name }),
      docker_registry_image_tag: image.tag,
    })
  }

  /** Pins an application to a commit; undefined lets it follow its branch again. */
  async setCommit(uuid: string, commit: string | undefined): Promise<void> {
    await this.#patch(uuid, { git_commit_sha: commit ?? 'HEAD' })
  }

  /** Starts a deployment. Sent once, because a second request would deploy twice. */
  async deploy({ target, force, pullRequest, imageTag }: DeployOrder): Promise<Started[]> {
    const call: CallOptions = {
      method: 'POST',
      path: '/deploy',
      permission: 'deploy',
      // Older versions treat `force=false` in the query as true.
      body: {
        ...target,
        force,
        ...(pullRequest === undefined ? {} : { pr: pullRequest }),
        ...(imageTag === undefined ? {} : { docker_tag: imageTag }),
      },
    }
    const response = await this.#call(call)
    return parseDeployReply(response.json()) ?? this.#reject(response, call)
  }

  /** Restarts a service; with `pull`, its images are pulled first, which `deploy` never does. */
  async restartService(uuid: string, pull: boolean): Promise<void> {
    const path = `/services/${encodeURIComponent(uuid)}/restart`
    await this.#call({ method: 'POST', path, permission: 'deploy', body: { latest: pull } })
  }

  /** Deploys an earlier commit of an application that Coolify builds; reuses its image if the server still has it. Since 4.3.0. */
  async rollback(uuid: string, commit: string): Promise<string> {
    const call: CallOptions = {
      method: 'POST',
      path: `/applications/${encodeURIComponent(uuid)}/rollback`,
      permission: 'deploy',
      body: { commit },
    }
    const response = await this.#call(call)
    const body = response.json()
    const deployment = isRecord(body) ? textOf(body, 'deployment_uuid') : undefined
    return deployment ?? this.#reject(response, call)
  }

  /** The images of an application that its server still has. Since 4.3.0; empty also when the server cannot be reached. */
  async serverImages(uuid: string): Promise<ServerImage[]> {
    const body = await this.#found({
      path: `/applications/${encodeURIComponent(uuid)}/rollback-images`,
      permission: 'read',
    })
    return listOf(body?.['images']).flatMap(fields => parseServerImage(fields) ?? [])
  }

  /** The last log lines of an application's containers; empty when it does not run. */
  async containerLines(uuid: string, count: number): Promise<string[]> {
    const path = `/applications/${encodeURIComponent(uuid)}/logs`
    try {
      const body = (await this.#call({ path, query: { lines: String(count) }, permission: 'read', once: true })).json()
      const text = isRecord(body) && typeof body['logs'] === 'string' ? body['logs'] : ''
      return text.split(/\r?\n/).filter(line => line.trim() !== '')
    } catch (thrown) {
      if (thrown instanceof CoolifyError && thrown.problem === 'refused') return []
      throw thrown
    }
  }

  /** Undefined when Coolify has never stored it, or cannot find it (beta.464 to 467). */
  async deployment(uuid: string): Promise<Deployment | undefined> {
    const body = await this.#found({ path: `/deployments/${encodeURIComponent(uuid)}`, permission: 'read' })
    return body === undefined ? undefined : parseDeployment(body)
  }

  /** The newest deployments of an application, newest first, those of pull requests among them. Empty before beta.402. */
  async deployments(applicationUuid: string, count: number): Promise<Deployment[]> {
    const path = `/deployments/applications/${encodeURIComponent(applicationUuid)}`
    const body = await this.#found({ path, query: { skip: '0', take: String(count) }, permission: 'read' })
    return listOf(body?.['deployments']).flatMap(fields => parseDeployment(fields) ?? [])
  }

  /** False when it had already ended. Read the status again afterwards: some versions respond 500 although they cancelled it. */
  async cancel(uuid: string): Promise<boolean> {
    try {
      await this.#call({
        method: 'POST',
        path: `/deployments/${encodeURIComponent(uuid)}/cancel`,
        permission: 'deploy',
        body: {},
      })
      return true
    } catch (thrown) {
      if (thrown instanceof CoolifyError && /cannot be cancelled/i.test(thrown.message)) return false
      throw thrown
    }
  }

  async #patch(uuid: string, body: object): Promise<void> {
    await this.#call({ method: 'PATCH', path: `/applications/${encodeURIComponent(uuid)}`, permission: 'write', body })
  }

  async #resource(kind: 'service' | 'database', path: string): Promise<Resource | undefined> {
    const body = await this.#found({ path, permission: 'read' })
    return body === undefined ? undefined : (parseResource(kind, body) ?? this.#strange(path))
  }

  /** The fields of a response; undefined for 404. */
  async #found(call: CallOptions): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const response = await this.#call(call)
      const body = response.json()
      return isRecord(body) ? body : this.#reject(response, call)
    } catch (thrown) {
      if (thrown instanceof CoolifyError && (thrown.problem === 'not-found' || thrown.problem === 'no-endpoint'))
        return undefined
      throw thrown
    }
  }

  async #call(call: CallOptions, isText = false): Promise<HttpResponse> {
    const { clock, outage, signal } = this.#options
    const { method = 'GET', once = false } = call
    const begun = clock.now()
    for (;;) {
      for (let wait = this.#wait(); wait > 0; wait = this.#wait()) await clock.sleep(wait, signal)
      try {
        const response = await this.#send(call, isText)
        this.#known.isReached = true
        return response
      } catch (thrown) {
        if (!(thrown instanceof CoolifyError)) throw thrown
        this.#learn(thrown)
        const elapsed = clock.now() - begun
        const failed = { method, elapsed, isReached: this.#known.isReached }
        const pause = once ? undefined : pauseBeforeRepeat(thrown, failed, outage)
        if (pause === undefined) throw thrown.isOutage && elapsed >= 1_000 ? thrown.after(elapsed) : thrown
        outage.onPause?.(thrown, pause)
        await clock.sleep(pause, signal)
      }
    }
  }

  #wait(): number {
    return this.#known.notBefore - this.#options.clock.now()
  }

  #learn({ problem, isOutage, retryAfter }: CoolifyError): void {
    if (!isOutage && problem !== 'not-coolify' && problem !== 'unsafe' && problem !== 'unavailable') {
      this.#known.isReached = true
    }
    // Coolify accepts other requests while its queue is full.
    if (retryAfter === undefined || problem === 'queue-full') return
    this.#known.notBefore = Math.max(this.#known.notBefore, this.#options.clock.now() + retryAfter)
  }

  async #send(call: CallOptions, isText: boolean): Promise<HttpResponse> {
    const { method = 'GET', path, body, query } = call
    const { http, base, token, signal } = this.#options
    const search = new URLSearchParams(query).toString()
    const request: HttpRequest = {
      method,
      url: `${base}/api/v1${path}${search ? `?${search}` : ''}`,
      headers: {
        // Without it, some errors are sent as pages or redirects.
        accept: 'application/json',
        authorization: `Bearer ${token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeout: REQUEST_TIMEOUT,
      maxBytes: MOST_BYTES,
      secrets: [token],
      ...(signal ? { signal } : {}),
    }
    const response = await http.send(request).catch(thrown => {
      if (thrown instanceof HttpFailure) throw explainFailure(thrown, { method, path }, base)
      throw thrown
    })
    if (!response.ok || (!isText && response.json() === undefined)) throw this.#explain(response, call)
    return response
  }

  #explain(response: HttpResponse, { method = 'GET', path, permission }: CallOptions): CoolifyError {
    const { token, clock } = this.#options
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), clock.now())
    return explainResponse(response, { method, path, permission, token, retryAfter })
  }

  #reject(response: HttpResponse, call: CallOptions): never {
    throw this.#explain(response, call)
  }

  #strange(path: string): never {
    throw new CoolifyError('not-coolify', `The response to GET ${path} is not a response of Coolify.`)
  }
}
