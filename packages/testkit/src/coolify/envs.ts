import { type Answer, json, message } from './answer.ts'
import { applicationOf, type Call, type Handler, serviceOf } from './call.ts'
import { sortedKeys } from './records.ts'
import { type Env, newEnv } from './resources.ts'
import { invalid, jsonProblem } from './validate.ts'

type Holder = { readonly envs: Map<string, Env> }

export const listApplicationEnvs: Handler = call => list(call, applicationOf(call), 'Application not found')
export const listServiceEnvs: Handler = call => list(call, serviceOf(call), 'Service not found.')

/** Flags that an item leaves out are reset, but for `is_runtime`, `is_buildtime` and the comment. */
export const bulkApplicationEnvs: Handler = call => {
  const unreadable = jsonProblem(call.request)
  if (unreadable) return unreadable
  const reset = { is_preview: false, is_literal: false, is_multiline: false, is_shown_once: false, value: null }
  return bulk(call, applicationOf(call), 'Application not found', reset)
}

export const bulkServiceEnvs: Handler = call => bulk(call, serviceOf(call), 'Service not found.', {})

function list(call: Call, holder: Holder | undefined, missing: string): Answer {
  if (!holder) return message(404, missing)
  const envs = [...holder.envs.values()]
  return json(
    200,
    envs.map(env => shown(env, call)),
  )
}

/** Makes what is not there, and changes what is. */
function bulk(call: Call, holder: Holder | undefined, missing: string, reset: Partial<Env>): Answer {
  if (!holder) return message(404, missing)
  const { data } = call.request.input
  if (!Array.isArray(data) || data.length === 0) return message(400, 'Bulk data is required.')
  const changed: Env[] = []
  for (const item of data as Partial<Env>[]) {
    if (typeof item.key !== 'string') return invalid({ key: ['This field is required.'] })
    const env: Env = { ...(holder.envs.get(item.key) ?? newEnv(item.key, null)), ...reset, ...item, key: item.key }
    holder.envs.set(env.key, env)
    changed.push(env)
  }
  return json(
    201,
    changed.map(env => shown(env, call)),
  )
}

/** The value is for tokens that may read secrets, and not even for them once it is locked. */
function shown(env: Env, { caller }: Call) {
  const { value, ...rest } = env
  const isShown = caller.canReadSensitive && !env.is_shown_once
  return sortedKeys({ ...rest, ...(isShown ? { value, real_value: value } : {}), ...SAME_FOR_ALL })
}

const SAME_FOR_ALL = {
  is_buildpack_control: false,
  is_coolify: false,
  is_really_required: false,
  is_required: false,
  is_shared: false,
  order: null,
  version: '4.3.11',
  created_at: '2026-01-01T00:00:00.000000Z',
  updated_at: '2026-01-01T00:00:00.000000Z',
}
