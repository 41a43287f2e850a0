import type { FailureKind } from '@deploy-actions/core/http/failure'
import { nearestName } from '@deploy-actions/core/values/nearest'
import type { FatalOn } from '../check.ts'
import { parseStatus } from './expect.ts'
import { key, mapOf, type Reader } from './reader.ts'
import { count, duration, number, oneOrMore, timeLimit } from './scalars.ts'

/** The kinds of failures of a connection, as `fatal-on` names them: `certificate` and `timeout` are all that begin so. */
export const FAILURES = [
  'refused',
  'name-not-found',
  'name-unresolved',
  'unreachable',
  'timeout',
  'timeout-connect',
  'timeout-tls',
  'timeout-headers',
  'timeout-body',
  'reset',
  'closed',
  'certificate',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-self-signed',
  'certificate-wrong-host',
  'certificate-chain',
  'certificate-revoked',
  'tls',
  'not-http',
  'proxy',
  'redirect',
  'dns',
] as const satisfies readonly (FailureKind | 'dns' | 'certificate' | 'timeout')[]

const FATAL = 'write a status (404, 4xx), an exit status (exit-2), or a kind of failure (certificate-expired)'

const fatalOn: Reader<FatalOn> = {
  schema: {
    anyOf: [
      { type: 'integer', minimum: 100, maximum: 599 },
      { enum: FAILURES },
      { type: 'string', pattern: '^([1-5]\\d\\d|[1-5][xX]{2}|[1-5]\\d\\d-[1-5]\\d\\d|exit-\\d{1,3})$|\\$\\{' },
    ],
  },
  read: (tree, reading) => {
    const text = reading.text(tree) ?? ''
    const status = parseStatus(text)
    if (status !== undefined) return { kind: 'status', ...status }
    const [, code] = /^exit-(\d{1,3})$/.exec(text) ?? []
    if (code !== undefined) return { kind: 'exit-code', code: Number(code) }
    const failure = FAILURES.find(word => word === text)
    if (failure !== undefined) return { kind: 'failure', failure }
    const near = nearestName(text, FAILURES)
    return reading.wrong(tree, near === undefined ? FATAL : `did you mean \`${near}\`?`)
  },
}

export const RETRY = {
  attempts: key(count({ min: 1, max: 10_000 }), 'attempts in all'),
  interval: key(duration, 'the pause between two attempts'),
  backoff: key(number({ min: 1, max: 10 }), 'what the pause is multiplied by after each failed attempt'),
  'max-interval': key(duration, 'the longest pause that `backoff` leads to'),
  'initial-delay': key(duration, 'a pause before the first attempt (default none)'),
  jitter: key(number({ min: 0, max: 1 }), 'by how much of itself a pause varies (default 0.1)'),
  deadline: key(timeLimit, 'the time for all attempts and pauses of this check; it cuts the last attempt'),
  'success-threshold': key(count({ min: 1, max: 1_000 }), 'good attempts in a row that are needed'),
  'fatal-on': key(oneOrMore(fatalOn, FATAL), 'what ends the attempts at once: statuses, `exit-2`, kinds of failures'),
} as const

const SECONDS = 'write `interval`, with a unit: 2s'

export const retry = mapOf(RETRY, {
  hints: {
    retries: 'write `attempts`, which counts the first attempt too: 5 retries are `attempts: 6`',
    count: 'write `attempts`, which counts the first attempt too',
    'max-attempts': 'write `attempts`',
    times: 'write `attempts`',
    tries: 'write `attempts`',
    delay: SECONDS,
    sleep: SECONDS,
    wait: SECONDS,
    period: SECONDS,
    factor: 'write `backoff`',
    'backoff-policy': 'write `backoff: 2`',
    timeout: 'write `deadline` for all attempts; `timeout` beside `retry` is for each',
    'max-time': 'write `deadline`',
    'failure-threshold': 'write `attempts`',
  },
})
