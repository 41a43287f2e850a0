import { message } from './answer.ts'
import * as applications from './applications.ts'
import type { Handler } from './call.ts'
import { deploy } from './deploy-endpoint.ts'
import * as deployments from './deployments.ts'
import * as envs from './envs.ts'
import type { Ability } from './instance.ts'
import { compareVersions, type Profile } from './profile.ts'
import * as services from './services.ts'

interface Route {
  readonly method: string
  /** Below `/v1`. */
  readonly path: string
  readonly ability: Ability
  readonly handler: Handler
  /** The first version that has it. */
  readonly since?: string
  /** Was once reached by GET too. */
  readonly changed?: true
  /** start, stop and restart once wanted `write`. */
  readonly starts?: true
}

/** https://github.com/coollabsio/coolify/blob/379abb252621/routes/api.php, as far as a deploy needs it. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/version', ability: 'read', handler: call => version(call.instance.profile) },
  { method: 'POST', path: '/deploy', ability: 'deploy', handler: deploy, changed: true },
  { method: 'GET', path: '/deployments', ability: 'read', handler: deployments.listDeployments },
  {
    method: 'GET',
    path: '/deployments/applications/{uuid}',
    ability: 'read',
    handler: deployments.listApplicationDeployments,
    since: '4.0.0-beta.402',
  },
  { method: 'GET', path: '/deployments/{uuid}', ability: 'read', handler: deployments.showDeployment },
  {
    method: 'POST',
    path: '/deployments/{uuid}/cancel',
    ability: 'deploy',
    handler: deployments.cancelDeployment,
    since: '4.0.0-beta.436',
  },
  { method: 'GET', path: '/applications', ability: 'read', handler: applications.listApplications },
  { method: 'GET', path: '/applications/{uuid}', ability: 'read', handler: applications.showApplication },
  { method: 'PATCH', path: '/applications/{uuid}', ability: 'write', handler: applications.updateApplication },
  start('/applications/{uuid}/start', applications.startApplication),
  start('/applications/{uuid}/restart', applications.restartApplication),
  start('/applications/{uuid}/stop', applications.stopApplication),
  { method: 'GET', path: '/applications/{uuid}/logs', ability: 'read', handler: applications.applicationLogs },
  { method: 'GET', path: '/applications/{uuid}/envs', ability: 'read', handler: envs.listApplicationEnvs },
  { method: 'PATCH', path: '/applications/{uuid}/envs/bulk', ability: 'write', handler: envs.bulkApplicationEnvs },
  {
    method: 'GET',
    path: '/applications/{uuid}/rollback-images',
    ability: 'read',
    handler: applications.rollbackImages,
    since: '4.3.0',
  },
  {
    method: 'POST',
    path: '/applications/{uuid}/rollback',
    ability: 'deploy',
    handler: applications.rollback,
    since: '4.3.0',
  },
  {
    method: 'DELETE',
    path: '/applications/{uuid}/previews/{pull_request_id}',
    ability: 'write',
    handler: applications.deletePreview,
    since: '4.0.0-beta.474',
  },
  { method: 'GET', path: '/services', ability: 'read', handler: services.listServices },
  { method: 'GET', path: '/services/{uuid}', ability: 'read', handler: services.showService },
  { method: 'GET', path: '/services/{uuid}/envs', ability: 'read', handler: envs.listServiceEnvs },
  { method: 'PATCH', path: '/services/{uuid}/envs/bulk', ability: 'write', handler: envs.bulkServiceEnvs },
  start('/services/{uuid}/start', services.startService),
  start('/services/{uuid}/restart', services.restartService),
  start('/services/{uuid}/stop', services.stopService),
  { method: 'GET', path: '/databases/{uuid}', ability: 'read', handler: services.showDatabase },
  start('/databases/{uuid}/start', services.startDatabase),
  start('/databases/{uuid}/restart', services.restartDatabase),
]

export interface Found {
  readonly handler: Handler
  readonly abilities: readonly Ability[]
  readonly params: Readonly<Record<string, string>>
}

/** The route for a request in a version; undefined where the catch-all answers, which is also so for a wrong method. */
export function routeFor(method: string, path: string, profile: Profile): Found | undefined {
  for (const route of ROUTES) {
    if (route.since !== undefined && compareVersions(profile.version, route.since) < 0) continue
    const params = match(route.path, path)
    if (!params) continue
    const abilities = [route.starts ? profile.startAbility : route.ability]
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) {
      return { handler: route.handler, abilities, params }
    }
    if (route.changed && method === 'GET') {
      return { handler: profile.getDeploys ? route.handler : postRequired, abilities, params }
    }
  }
  return undefined
}

const postRequired: Handler = () => message(405, 'This endpoint has changed to a POST request.', { allow: 'POST' })

function version(profile: Profile) {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: profile.version }
}

function start(path: string, handler: Handler): Route {
  return { method: 'POST', path, ability: 'deploy', handler, changed: true, starts: true }
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.replace(/\/$/, '').split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '')
    if (part.startsWith('{')) params[part.slice(1, -1)] = value
    else if (part !== value) return undefined
  }
  return params
}
