import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import {
  type Certificate,
  CertificateAuthority,
  type CertificateParts,
  selfSigned,
} from '@deploy-actions/testkit/certificates'
import { listen, serve } from '@deploy-actions/testkit/loopback-server'
import { describe, expect, it } from '@jest/globals'
import type { Check, TlsFiles } from '../../src/check.ts'
import type { Expectation } from '../../src/expect/expectation.ts'
import { runCheck } from '../../src/run-check.ts'
import { checkOf, httpSubject, ONCE, observerWorld, worldOf } from '../making.ts'

const authority = await CertificateAuthority.create()
const files: Record<string, string> = { 'ca.pem': authority.cert }
const OWN: TlsFiles = { caFile: 'ca.pem' }

async function make(parts: Partial<Check> & Pick<Check, 'subject'>) {
  const frame = { start: Date.now(), end: Date.now() + 60_000, signal: new AbortController().signal, secrets: [] }
  const world = observerWorld({ readFile: async path => files[path] })
  return runCheck(checkOf({ retry: ONCE, ...parts }), frame, worldOf({}, world))
}

async function askHttps(certificate: Certificate, tls: TlsFiles, expectations?: Expectation[]) {
  await using server = await serve((_request, response) => response.end('ok'), certificate)
  const subject = httpSubject(`https://localhost:${server.port}/`, { tls })
  return await make({ subject, ...(expectations ? { expectations } : {}) })
}

async function askTls(certificate: Certificate, tls: TlsFiles, expectations: Expectation[] = []) {
  const server = createTlsServer(certificate, socket => void socket.on('error', () => {}).end('220 ready\r\n'))
  const port = await listen(server)
  const subject = { kind: 'tls', host: 'localhost', port, family: undefined, send: undefined, tls } as const
  const seen = await make({ subject, expectations })
  server.close()
  return seen
}

const daysLeft = (days: number): Expectation => ({
  kind: 'certificate',
  part: 'days-left',
  matcher: { op: 'gte', value: days },
})

describe.each([
  ['https', askHttps],
  ['tls', askTls],
])('the certificate of an %s check', (_, ask) => {
  it('is verified, with an authority of the team too', async () => {
    const certificate = await authority.issue({ names: ['localhost'] })
    expect((await ask(certificate, OWN)).reason).toBeUndefined()
    expect((await ask(certificate, {})).reason).toMatch(/private one \(issued by CN=Test authority\); /)
  })

  it('is refused with the key that takes an authority of the team', async () => {
    const certificate = await authority.issue({ names: ['localhost'] })
    expect((await ask(certificate, {})).reason).toMatch(
      / intermediate certificate, or its authority is a private one .*; if your own authority issued it, .* in `(tls\.)?ca-file`$/,
    )
    files['other.pem'] = (await selfSigned({ names: ['other.example'] })).cert
    expect((await ask(certificate, { caFile: 'other.pem' })).reason).not.toContain('ca-file')
  })

  it.each<[string, CertificateParts, RegExp]>([
    ['expired', { names: ['localhost'], days: -2.5 }, /^its certificate expired 2 days ago \(on \d{4}-\d\d-\d\d\)$/],
    ['too early', { names: ['localhost'], startsIn: 2 }, /^its certificate is valid only from \d{4}/],
    ['for another host', { names: ['other.example'] }, /^its certificate is for other\.example, not for localhost$/],
  ])('is refused when it is %s', async (_name, parts, reason) => {
    expect((await ask(await authority.issue(parts), OWN)).reason).toMatch(reason)
  })

  it('is refused when nobody vouches for it', async () => {
    const own = await selfSigned({ names: ['localhost'] })
    expect((await ask(own, {})).reason).toMatch(/^its certificate is self-signed/)
    expect((await ask(own, { insecure: true })).outcome).toBe('passed')
  })

  it('is asked how long it lives, also where nothing else is asked of it', async () => {
    const short = await authority.issue({ names: ['localhost'], days: 9.5 })
    expect((await ask(short, OWN, [daysLeft(9)])).outcome).toBe('passed')
    expect((await ask(short, OWN, [daysLeft(21)])).reason).toMatch(/^days-left of the certificate is 9, /)
    const expired = await authority.issue({ names: ['localhost'], days: -2.5 })
    expect((await ask(expired, { insecure: true }, [daysLeft(0)])).reason).toMatch(
      /^days-left of the certificate is -3, /,
    )
  })

  it('may be looked at under another name', async () => {
    const certificate = await authority.issue({ names: ['shop.example'] })
    expect((await ask(certificate, { ...OWN, servername: 'shop.example' })).outcome).toBe('passed')
  })

  it('needs the files that are named', async () => {
    const seen = await ask(await selfSigned({ names: ['localhost'] }), { caFile: 'gone.pem' })
    expect(seen.reason).toBe('the file of `ca-file`, gone.pem, cannot be read')
  })
})

describe('a tcp check', () => {
  async function talk(listener: (socket: Socket) => void, parts: Partial<Check> = {}, send?: string) {
    const sockets: Socket[] = []
    const server = createTcpServer(socket => {
      sockets.push(socket.on('error', () => {}))
      listener(socket)
    })
    const port = await listen(server)
    const subject = { kind: 'tcp', host: '127.0.0.1', port, family: undefined, send } as const
    const seen = await make({ subject, timeout: 2_000, ...parts })
    for (const socket of sockets) socket.destroy()
    server.close()
    return seen
  }
  const banner = (source: string): Expectation => ({
    kind: 'value',
    source: { part: 'banner' },
    matcher: { op: 'matches', pattern: { source, flags: '' } },
  })

  it('passes when the connection stands', async () => {
    expect((await talk(() => {})).outcome).toBe('passed')
  })

  it.each([
    ['closes', (socket: Socket) => void socket.end()],
    ['is reset', (socket: Socket) => void socket.resetAndDestroy()],
  ])(
    'fails when the connection %s at once, as that of Docker for a container that does not listen',
    async (_, close) => {
      expect((await talk(close)).reason).toMatch(/accepted and closed at once|was reset by the other side/)
    },
  )

  it('passes when the other side says something and closes', async () => {
    expect((await talk(socket => void socket.end('220 ready'))).outcome).toBe('passed')
  })

  it('asks and reads until it has what it expects', async () => {
    const redis = (socket: Socket) =>
      socket.on('data', data => {
        if (String(data) !== 'PING\r\n') return
        socket.write('+PO')
        setTimeout(() => socket.write('NG\r\n'), 30)
      })
    expect((await talk(redis, { expectations: [banner('^\\+PONG')] }, 'PING\r\n')).reason).toBeUndefined()
  })

  it('tells what was said instead', async () => {
    const denied = (socket: Socket) => socket.write('-NOAUTH Authentication required.\r\n')
    const seen = await talk(denied, { expectations: [banner('PONG')] })
    expect(seen.outcome).toBe('failed')
    expect(seen.attempts[0]?.excerpt).toBe('-NOAUTH Authentication required.')
  })

  it('captures what was said', async () => {
    const seen = await talk(socket => socket.write('220 mail.example ready\r\n'), {
      captures: [{ name: 'greeting', source: { part: 'banner' } }],
    })
    expect(seen.captured.get('greeting')?.reveal()).toBe('220 mail.example ready')
  })

  it('is told when nothing listens', async () => {
    const subject = { kind: 'tcp', host: '127.0.0.1', port: 9, family: undefined, send: undefined } as const
    expect((await make({ subject })).reason).toBe('the connection was refused; nothing listens there')
  })
})

describe('a dns check', () => {
  it('from the runner tells a name that does not exist', async () => {
    const subject = { kind: 'dns', name: 'no-such-name.invalid', type: 'A', server: undefined } as const
    expect((await make({ subject })).reason).toMatch(/DNS/)
  })
})
