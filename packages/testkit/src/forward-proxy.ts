import { createServer } from 'node:http'
import { connect } from 'node:net'
import { listen } from './loopback-server.ts'

/** A forward proxy: CONNECT for https, absolute addresses for http. Every host leads to one port of the loopback. */
export async function proxyTo(port: number, answer = 200) {
  const asked: string[] = []
  const credentials: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    credentials.push(request.headers['proxy-authorization'])
    response.writeHead(answer).end('by proxy')
  })
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    credentials.push(request.headers['proxy-authorization'])
    if (answer !== 200) {
      socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`)
      return
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => {})
  })
  const own = await listen(server)
  return {
    port: own,
    asked,
    credentials,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
