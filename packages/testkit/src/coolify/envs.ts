import { type Answer, json, message } from './answer.ts'
import { applicationOf, type Call, type Handler, serviceOf } from './call.ts'
import { sortedKeys } from './records.ts'
import { type Env, newEnv } from './resources.ts'
import { invalid, jsonProblem } from './validate.ts'

type Holder = { readonly envs: Map<string, Env> }

export const listApplicationEnvs: Handler = call => list(call, applicationOf(call), 'Application not found.')
export const listServiceEnvs: Handler = call => list(call, serviceOf(call), 'Service not found.')
export const bulkApplicationEnvs: Handler = call => bulk(call, applicationOf(call), 'Application not found')
export const bulkServiceEnvs: Handler = call => bulk(call, serviceOf(call), 'Service not found.')

function list(call: Call, holder: Holder | undefined, missing: string): Answer {
  return holder
    ? json(
        200,
        [...holder.envs.values()].map(env => shown(env, call)),
      )
    : message(404, missing)
}

/** Makes or changes each. What is left out of an item is reset, but for `is_runtime`, `is_buildtime` and the comment. */
function bulk(call: Call, holder: Holder | undefined, missing: string): Answer {
  const unreadable = jsonProblem(call.request)
  if (unreadable) return unreadable
  if (!holder) return message(404, missing)
  const { data } = call.request.input
  if (!Array.isArray(data) || data.length === 0) return message(400, 'Bulk data is required.')
  const changed: Env[] = []
  for (const item of data as Partial<Env>[]) {
    if (typeof item.key !== 'string') return invalid({ key: ['The key field is required.'] })
    const old = holder.envs.get(item.key) ?? newEnv(item.key, null)
    const reset = { is_preview: false, is_literal: false, is_multiline: false, is_shown_once: false }
    const env: Env = { ...old, ...reset, ...item, key: item.key, value: item.value ?? null }
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
  return sortedKeys({ ...rest, ...(isShown ? { value, real_value: value } : {}), is_really_required: false })
}
