import type { Answer } from './answer.ts'
import { message } from './answer.ts'
import type { ApiRequest } from './api-request.ts'
import type { Deployment } from './deployment.ts'
import type { Caller } from './gate.ts'
import type { Instance } from './instance.ts'
import type { Application, Database, Service } from './resources.ts'

/** What a handler gets: the request, who asks, and the instance. */
export interface Call {
  readonly request: ApiRequest
  readonly caller: Caller
  readonly params: Readonly<Record<string, string>>
  readonly instance: Instance
  /** Text that stands where the real one leaks secrets. */
  readonly secret: string
}

export type Handler = (call: Call) => Answer

export function applicationOf({ instance, caller, params }: Call): Application | undefined {
  return instance.apps.find(({ uuid, team }) => uuid === params['uuid'] && team === caller.team)
}

export function serviceOf({ instance, caller, params }: Call): Service | undefined {
  return instance.services.find(({ uuid, team }) => uuid === params['uuid'] && team === caller.team)
}

export function databaseOf({ instance, caller, params }: Call): Database | undefined {
  return instance.databases.find(({ uuid, team }) => uuid === params['uuid'] && team === caller.team)
}

export function deploymentOf({ instance, params }: Call): Deployment | undefined {
  return instance.queue.find(params['uuid'] ?? '')
}

/** The handler for an application of the caller's team, or its 404. */
export function withApplication(
  work: (call: Call, app: Application) => Answer,
  missing = 'Application not found.',
): Handler {
  return call => {
    const app = applicationOf(call)
    return app ? work(call, app) : message(404, missing)
  }
}
