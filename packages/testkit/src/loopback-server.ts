import { createServer, type RequestListener, type Server } from 'node:http'
import {
  createSecureServer,
  createServer as createServer2,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import type { Certificate } from './certificates.ts'

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string
}

/** A web server on a free port of the loopback; TLS when it is given a certificate. Disposing of it drops what is still open. */
export async function serve(listener: RequestListener, certificate?: Certificate, wanted = 0): Promise<LoopbackServer> {
  const server: Server = certificate ? createTlsServer({ ...certificate }, listener) : createServer(listener)
  const port = await listen(server, '127.0.0.1', wanted)
  return {
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A web server that speaks HTTP/2 only; without a certificate from the first byte. */
export async function serveHttp2(
  listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  certificate?: Certificate,
): Promise<LoopbackServer> {
  const server = certificate ? createSecureServer({ ...certificate }, listener) : createServer2(listener)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => sessions.add(session))
  const port = await listen(server)
  return {
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Listens on a port of the loopback (or of another address of this machine), any free one for 0, and returns it. */
export async function listen(server: NetServer, address = '127.0.0.1', port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  return (server.address() as AddressInfo).port
}
