import type { Duplex } from 'node:stream'
import { explainForwardFailure } from './connect-failure.ts'
import type { Endpoint } from './host-key.ts'
import type { SshTarget } from './ssh-connect.ts'
import { type ConnectWorld, connectSsh, type SshHost } from './ssh-host.ts'

/**
 * Connects to a server through jump hosts, in their order. Each connection goes through a channel of the previous one and is encrypted
 * from here to its end, so that a jump host sees and changes nothing. They are closed with the server's connection.
 */
export async function connectThrough(
  jumps: readonly SshTarget[],
  target: SshTarget,
  world: ConnectWorld,
): Promise<SshHost> {
  let last: SshHost | undefined
  try {
    for (const jump of jumps) {
      last = await connectBehind(last, jump, world)
      world.log.info(`  connected to the jump host ${last.name}`)
    }
    return await connectBehind(last, target, world)
  } catch (thrown) {
    await last?.[Symbol.asyncDispose]()
    throw thrown
  }
}

function connectBehind(jump: SshHost | undefined, target: SshTarget, world: ConnectWorld): Promise<SshHost> {
  if (jump === undefined) return connectSsh(target, world)
  const through = (endpoint: Endpoint) => forward(jump, endpoint, target.connectTimeout, world.signal)
  return connectSsh({ ...target, through }, world, jump)
}

/** A jump host waits for minutes for an address that does not respond. */
async function forward(jump: SshHost, endpoint: Endpoint, timeout: number, signal?: AbortSignal): Promise<Duplex> {
  signal?.throwIfAborted()
  const opening = jump.stream(endpoint)
  const given = Promise.withResolvers<never>()
  const abort = () => given.reject(signal?.reason)
  const timer = setTimeout(() => given.reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })), timeout)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([opening, given.promise])
  } catch (thrown) {
    // One that is opened later is of no use any more.
    opening.then(
      stream => stream.destroy(),
      () => {},
    )
    signal?.throwIfAborted()
    throw explainForwardFailure(thrown, jump.name, endpoint, timeout)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
