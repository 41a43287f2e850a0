import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Tunnel } from './host.ts'

/** Listens on a free port of the loopback and joins each connection with a new one that `open` makes. */
export async function listen(open: () => Promise<Duplex>): Promise<Tunnel> {
  const sockets = new Set<Socket>()
  let failure: string | undefined
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    open().then(
      far => {
        failure = undefined
        join(socket, far)
      },
      thrown => {
        failure = thrown instanceof Error ? thrown.message : String(thrown)
        socket.destroy()
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    get failure() {
      return failure
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Each direction ends by itself; a break of either side is a break of both. */
function join(near: Socket, far: Duplex): void {
  near.pipe(far)
  far.pipe(near)
  far.on('error', () => near.destroy()).on('close', () => near.destroySoon())
  near.on('close', () => far.destroy())
}
