import { connect, type Socket } from 'node:net'
import type { Endpoint } from './host-key.ts'

/** One address of a name gets this long before the next one is tried beside it; node's own 250 ms are too few across an ocean. */
const NEXT_ADDRESS_AFTER = 2_000

/** Opens a TCP connection; throws node's error, with the code ETIMEDOUT when the time is up. */
export function openSocket(endpoint: Endpoint, timeout: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({
      ...endpoint,
      noDelay: true,
      keepAlive: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER,
    })
    const settle = (act: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.removeAllListeners()
      act()
    }
    const fail = (thrown: unknown) =>
      settle(() => {
        // An attempt that is still under way may fail later, when nobody listens any more.
        socket.on('error', () => {})
        socket.destroy()
        reject(thrown)
      })
    const abort = () => fail(signal?.reason)
    const timer = setTimeout(() => fail(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })), timeout)
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('error', fail).once('connect', () => settle(() => resolve(socket)))
  })
}
