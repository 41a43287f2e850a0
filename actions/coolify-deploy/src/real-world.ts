import { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { HttpClient } from '@deploy-actions/core/http/client'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { probeHttp } from '@deploy-actions/core/probe/http-probe'
import { systemClock } from '@deploy-actions/core/runner/clock'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { type Log, runnerLog } from '@deploy-actions/core/runner/log'
import { saveState } from '@deploy-actions/core/runner/state'
import type { Timeline } from '@deploy-actions/core/runner/timeline'
import { redactor, type Secret } from '@deploy-actions/core/values/secret'
import type { Inputs } from './inputs.ts'
import { outageRule } from './outage-rule.ts'
import { UNDO_LOG } from './undo-log.ts'
import type { World } from './world.ts'

const USER_AGENT = 'deploy-actions/coolify-deploy'
const PROBE_TIMEOUT = 10_000

/** The effects of a real run: the runner and its network. */
export function realWorld(
  inputs: Inputs,
  secrets: readonly Secret[],
  timeline: Timeline,
  env: Environment,
  signal: AbortSignal,
): World {
  const http = clientOf(env)
  const coolify = connect(inputs, env, runnerLog, signal)
  return {
    clock: systemClock,
    log: runnerLog,
    timeline,
    signal,
    coolify,
    uninterrupted: coolify.uninterrupted(),
    probe: url => probeHttp(http, { url, timeout: PROBE_TIMEOUT, secrets, signal }),
    saveUndoLog: text => saveState(UNDO_LOG, text),
    clean: redactor(secrets),
  }
}

/** A client for the Coolify of the inputs. */
function connect(inputs: Inputs, env: Environment, log: Log, signal?: AbortSignal): CoolifyClient {
  const { base, token } = inputs
  const outage = outageRule(inputs, log)
  return new CoolifyClient({
    http: clientOf(env),
    clock: systemClock,
    base,
    token,
    outage,
    ...(signal ? { signal } : {}),
  })
}

function clientOf(env: Environment): HttpClient {
  return createPlainHttpClient({ env, clock: systemClock, userAgent: USER_AGENT })
}
