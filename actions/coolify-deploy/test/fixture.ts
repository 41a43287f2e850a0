import { CoolifyClient } from '@deploy-actions/core/coolify/client'
import type { Clock } from '@deploy-actions/core/flow/clock'
import { createPlainHttpClient } from '@deploy-actions/core/http/plain-client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { Timeline } from '@deploy-actions/core/runner/timeline'
import { redact } from '@deploy-actions/core/values/secret'
import { FakeCoolify, type FakeCoolifyOptions } from '@deploy-actions/testkit/coolify/server'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import type { Inputs } from '../src/inputs.ts'
import { outageRule } from '../src/outage-rule.ts'
import { run } from '../src/run.ts'
import type { World } from '../src/world.ts'
import { inputsOf } from './read-inputs.ts'

export const SHOP = {
  uuid: 'shop',
  name: 'shop',
  docker_registry_image_tag: 'sha-0000001',
  fqdn: 'https://shop.example',
}
export const NEW = { 'image-tag': 'sha-0000002' }
const QUICK = {
  'poll-interval': '10ms',
  'stable-for': '20ms',
  'health-timeout': '1s',
  'health-interval': '10ms',
  'health-attempts': '3',
}

export interface Stage extends AsyncDisposable {
  readonly coolify: FakeCoolify
  readonly log: RecordingLog
  /** What would be left for post. */
  readonly savedLogs: string[]
  readonly controller: AbortController
  /** What the probes answer, one after the other; the last one stays. */
  readonly answers: (string | undefined)[]
  /** What a probe responds that is well. */
  page: () => string
  /** The inputs of a deploy of the shop. */
  inputs(given?: Record<string, string>): Inputs
  run(given?: Record<string, string>): ReturnType<typeof run>
  world(inputs: Inputs): World
}

export async function stage(options: FakeCoolifyOptions = {}, clock: Clock = systemClock): Promise<Stage> {
  const coolify = await FakeCoolify.start({ apps: [SHOP], rateLimit: 10_000, ...options })
  const log = new RecordingLog()
  const controller = new AbortController()
  const savedLogs: string[] = []
  const answers: (string | undefined)[] = [undefined]
  const http = createPlainHttpClient({ env: {}, clock, userAgent: 'test' })
  const world = (inputs: Inputs): World => {
    const { base, token } = inputs
    const outage = outageRule(inputs, log)
    const client = new CoolifyClient({ http, clock, base, token, outage, signal: controller.signal })
    return {
      clock,
      log,
      timeline: new Timeline(clock, log),
      signal: controller.signal,
      coolify: client,
      uninterrupted: client.uninterrupted(),
      probe: async () => {
        const reason = answers.length > 1 ? answers.shift() : answers[0]
        return reason === undefined ? { ok: true, text: here.page() } : { ok: false, reason }
      },
      saveUndoLog: text => savedLogs.push(text),
      clean: text => redact(text, [inputs.token]),
    }
  }
  const here: Stage = {
    ...{ coolify, log, savedLogs, controller, answers, world },
    page: () => 'ok',
    inputs: given => {
      const token = coolify.token('deploy', 'read', 'write', 'read:sensitive')
      return inputsOf({ webhook: coolify.webhook('shop'), token, ...QUICK, ...given })
    },
    run: given => {
      const inputs = here.inputs(given)
      return run(inputs, world(inputs))
    },
    [Symbol.asyncDispose]: () => coolify[Symbol.asyncDispose](),
  }
  return here
}

/** What is set in Coolify and what runs. */
export const state = ({ coolify }: Stage) => [coolify.app('shop').docker_registry_image_tag, coolify.runningTag('shop')]

/** The first sets what the run wants, the second would put it back. */
export function failSecondPatch({ coolify }: Stage): void {
  const patch = { method: 'PATCH', path: '/applications/shop' }
  coolify.failNext({ kind: 'slow', ms: 1, ...patch })
  coolify.failNext({ kind: 'empty-200', ...patch })
}
