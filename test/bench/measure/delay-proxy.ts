import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface DelayProxy extends AsyncDisposable {
  /** On the loopback. */
  readonly port: number
}

/** A port through which a port of the loopback is as far away as a round trip of so many milliseconds; the line is as wide as ever. */
export async function startDelayProxy(target: number, roundTrip: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    if (roundTrip === 0) near.pipe(far).pipe(near)
    else {
      forward(near, far, roundTrip / 2)
      forward(far, near, roundTrip / 2)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Timers of the same length fire in their order. */
function forward(from: Socket, to: Socket, delay: number): void {
  const later = (act: () => void) => setTimeout(() => to.destroyed || act(), delay)
  from.on('data', chunk => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('close', () => later(() => to.destroy()))
}
