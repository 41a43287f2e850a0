import type { RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import type { Clock } from '@deploy-actions/core/flow/clock'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import type { Check, HttpSubject } from '../../src/check.ts'
import type { Expectation } from '../../src/expect/expectation.ts'
import { runCheck } from '../../src/run-check.ts'
import { checkOf, httpSubject, observerWorld, worldOf } from '../making.ts'

export const healthy: Expectation = {
  kind: 'value',
  source: { part: 'json', path: '$.status' },
  matcher: { op: 'eq', value: 'healthy' },
}

export type Parts = Partial<Check> & {
  readonly http?: Partial<HttpSubject>
  readonly env?: Record<string, string>
  /** Of the pauses and the deadline; what a attempt itself may take is real time. */
  readonly clock?: Clock
}

export async function ask(url: string, { http, env, clock = systemClock, ...parts }: Parts = {}) {
  const check = checkOf({ subject: httpSubject(url, http), ...parts })
  const start = clock.now()
  const frame = { start, end: start + 60_000, signal: new AbortController().signal, secrets: [] }
  return runCheck(check, frame, worldOf({ clock }, observerWorld({}, env)))
}

export async function askOf(listener: RequestListener, parts: Parts = {}) {
  await using server = await serve(listener)
  return await ask(server.url, parts)
}

/** A server that talks like this to whoever asks. */
export async function raw(talk: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => talk(socket)).resume()
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
