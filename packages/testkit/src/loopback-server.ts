import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import type { Certificate } from './certificates.ts'

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string
}

/** A web server on a free port of the loopback; TLS when it is given a certificate. Disposing of it drops what is still open. */
export async function serve(listener: RequestListener, certificate?: Certificate): Promise<LoopbackServer> {
  const server: Server = certificate ? createTlsServer({ ...certificate }, listener) : createServer(listener)
  const port = await listen(server)
  return {
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Listens on a free port of the loopback and returns it. */
export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}
