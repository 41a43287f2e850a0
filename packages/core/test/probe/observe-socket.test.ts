import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { observeSocket, type SocketQuestion } from '@deploy-actions/core/probe/observe-socket'
import { CertificateAuthority } from '@deploy-actions/testkit/certificates'
import { listen } from '@deploy-actions/testkit/loopback-server'
import { describe, expect, it, test } from '@jest/globals'

const authority = await CertificateAuthority.create()

async function ask(listener: (socket: Socket) => void, more: Partial<SocketQuestion> = {}) {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket.on('error', () => {}))
    listener(socket)
  })
  const port = await listen(server)
  try {
    return await observeSocket({ host: '127.0.0.1', port, timeout: 60_000, ...more }, Date.now)
  } finally {
    // A server that does not read never sees that the other side has gone.
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

describe('a TCP connection', () => {
  it('is enough by itself', async () => {
    expect(await ask(() => {})).toMatchObject({ ok: true, facts: { text: '', ended: 'enough' } })
  })

  it('asks and listens', async () => {
    const redis = (socket: Socket) =>
      socket.on('data', data => socket.write(`+${String(data).replace('PING', 'PONG')}`))
    const seen = await ask(redis, { send: 'PING\r\n', isEnough: text => text.includes('PONG') })
    expect(seen).toMatchObject({ ok: true, facts: { text: '+PONG\r\n', ended: 'enough' } })
  })

  it('reads until the other side has said enough', async () => {
    const drip = (socket: Socket) => {
      const letters = [...'ready!']
      const timer = setInterval(() => socket.write(letters.shift() ?? '.'), 10)
      socket.on('close', () => clearInterval(timer))
    }
    const seen = await ask(drip, { isEnough: text => text.includes('ready') })
    expect(seen).toMatchObject({ ok: true, facts: { text: 'ready' } })
  })

  it('tells what was said until the time was up, or until the end', async () => {
    const isEnough = (text: string) => text.includes('never')
    const late = await ask(socket => socket.write('busy'), { isEnough, timeout: 3_000 })
    expect(late).toMatchObject({ ok: true, facts: { text: 'busy', ended: 'late' } })
    const closed = await ask(socket => socket.end('bye'), { isEnough })
    expect(closed).toMatchObject({ ok: true, facts: { text: 'bye', ended: 'closed' } })
  })

  it('reads no more than a greeting', async () => {
    const pour = (socket: Socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write('x'.repeat(100_000)));
      }
      socket.on('drain', more)
      more()
    }
    const seen = await ask(pour, { isEnough: text => text.includes('y') })
    expect(seen.ok && seen.facts.text.length).toBe(65_536)
  })

  it('is told to be refused', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise(resolve => server.close(resolve))
    const seen = await observeSocket({ host: '127.0.0.1', port, timeout: 60_000 }, Date.now)
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'refused' } })
  })

  it('is given up when the time is up', async () => {
    const open = () => new Promise<never>(() => {})
    const seen = await ask(() => {}, { open, timeout: 100 })
    expect(seen).toMatchObject({
      ok: false,
      failure: { kind: 'timeout-connect', reason: 'no connection within 0.1 s' },
    })
  })

  it('ends with the signal', async () => {
    const reason = new Error('cancelled')
    await expect(ask(() => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test.each([
    [2, 'Connection refused', 'refused', 'the connection was refused on the server; nothing listens there'],
    [1, 'open failed', 'proxy', 'the server does not let us connect through it'],
    [4, 'no more channels', 'proxy', 'the server opens no further connection for us (no more channels)'],
    [2, 'Name or service not known', 'name-not-found', 'the server does not find the name'],
    [2, 'No route to host', 'unreachable', 'the server has no route to it'],
    [2, 'Connection timed out', 'timeout-connect', 'the connection from the server timed out'],
    [2, 'odd', 'refused', 'the server could not connect to it (odd)'],
  ])('is told to fail on a server (%i %s)', async (code, text, kind, reason) => {
    const open = () => Promise.reject(Object.assign(new Error(`(SSH) Channel open failure: ${text}`), { reason: code }))
    const seen = await ask(() => {}, { open })
    expect(seen.ok || seen.failure.kind).toBe(kind)
    expect(seen.ok || seen.failure.reason).toContain(reason)
  })
})

describe('a TLS connection', () => {
  async function askTls(names: string[], more: Partial<SocketQuestion> = {}, days = 30) {
    const server = createTlsServer(await authority.issue({ names, days }), socket => {
      socket.on('error', () => {})
      socket.write('220 ready\r\n')
    })
    const port = await listen(server)
    const tls = { ca: authority.cert }
    const seen = await observeSocket({ host: 'localhost', port, timeout: 60_000, tls, ...more }, Date.now)
    server.close()
    return seen
  }

  it('shows its certificate and its version', async () => {
    expect(await askTls(['localhost'], {}, 12.5)).toMatchObject({
      ok: true,
      facts: { tlsVersion: 'TLSv1.3', certificate: { subject: 'localhost', daysLeft: 12 } },
    })
  })

  it('listens for a greeting', async () => {
    const seen = await askTls(['localhost'], { isEnough: text => text.startsWith('220') })
    expect(seen).toMatchObject({ ok: true, facts: { text: '220 ready\r\n' } })
  })

  it('goes by the address where there is no name', async () => {
    expect(await askTls(['127.0.0.1'], { host: '127.0.0.1' })).toMatchObject({ ok: true })
  })

  it('is refused with the reason', async () => {
    expect(await askTls(['other.example'])).toMatchObject({
      ok: false,
      failure: { kind: 'certificate-wrong-host', reason: 'its certificate is for other.example, not for localhost' },
    })
  })

  it('is not spoken by a plain server', async () => {
    const seen = await ask(socket => socket.end('hello\r\n'), { tls: {} })
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'tls' } })
  })

  it('is given up when the handshake hangs', async () => {
    const seen = await ask(() => {}, { tls: {}, timeout: 3_000 })
    expect(seen).toMatchObject({ ok: false, failure: { reason: 'it connected, but TLS was not ready within 3 s' } })
  })
})
