import { LocalHost } from '@deploy-actions/core/host/local-host'
import { createHttpClient } from '@deploy-actions/core/http/client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import type { Secret } from '@deploy-actions/core/values/secret'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { Containers } from '../src/attempt/container.ts'
import { type ObserverWorld, observe } from '../src/attempt/observe.ts'
import type { Check, CheckPlan, HttpSubject, Retry } from '../src/check.ts'
import { createPatternTester } from '../src/expect/pattern.ts'
import type { World } from '../src/world.ts'

/** Attempts that do not take long. */
export const RETRY: Retry = {
  attempts: 50,
  initialDelay: 0,
  interval: 20,
  backoff: 1,
  maxInterval: 1_000,
  jitter: 0,
  deadline: 10_000,
  successThreshold: 1,
  fatalOn: [],
}
export const ONCE: Retry = { ...RETRY, attempts: 1 }
export const AT = { source: 'checks', line: 1, column: 1, isFile: false }

export function httpSubject(url: string, more: Partial<HttpSubject> = {}): HttpSubject {
  return {
    kind: 'http',
    url: new URL(url),
    method: 'GET',
    headers: {},
    body: undefined,
    maxRedirects: 10,
    tls: {},
    resolve: new Map(),
    family: undefined,
    version: '1.1',
    maxBytes: 1_000_000,
    ...more,
  }
}

export const STATUS_2XX = { kind: 'status', ranges: [{ from: 200, to: 299 }] } as const

export function checkOf(parts: Partial<Check> & Pick<Check, 'subject'>): Check {
  return {
    name: 'api',
    group: undefined,
    at: AT,
    from: { kind: 'runner' },
    expectations: parts.subject.kind === 'http' ? [STATUS_2XX] : [],
    timeout: 2_000,
    retry: RETRY,
    severity: 'error',
    captures: [],
    secrets: [],
    ...parts,
  }
}

export function planOf(
  check: Check,
  needs: readonly string[] = [],
  make: (captured: ReadonlyMap<string, Secret>) => Check = () => check,
): CheckPlan {
  const { name, group, at, severity, from, subject } = check
  const made = (captured: ReadonlyMap<string, Secret>) => ({ ok: true, check: make(captured) }) as const
  return { name, group, at, severity, from, kind: subject.kind, target: `about ${name}`, needs, make: made }
}

export function observerWorld(more: Partial<ObserverWorld> = {}, env: Record<string, string> = {}): ObserverWorld {
  return {
    clock: systemClock,
    http: createHttpClient({ env, clock: systemClock, userAgent: 'test' }),
    local: new LocalHost({ PATH: process.env['PATH'] }),
    server: undefined,
    containers: new Containers(),
    project: { name: undefined, path: undefined },
    readFile: async () => undefined,
    ...more,
  }
}

export type TestWorld = World & { readonly log: RecordingLog; readonly masked: Secret[] }

/** The world of this machine, its network and its clock, with what differs. */
export function worldOf(more: Partial<World> = {}, observing: ObserverWorld = observerWorld()): TestWorld {
  const masked: Secret[] = []
  return {
    clock: systemClock,
    random: () => 0.5,
    isMatch: createPatternTester(),
    signal: new AbortController().signal,
    mask: secrets => void masked.push(...secrets),
    observe: question => observe(question, observing),
    ...more,
    log: new RecordingLog(),
    masked,
  }
}
