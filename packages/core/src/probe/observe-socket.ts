import { connect, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { type ConnectPhase, LATE } from '../http/exchange.ts'
import { explainFailure } from '../http/explain-failure.ts'
import { KnownFailure } from '../http/failure.ts'
import { ADDRESS_ATTEMPT, lookup } from '../http/lookup.ts'
import { type CertificateFacts, certificateOf, refusal, type TlsDemands, tlsOptions } from './certificate.ts'
import { type Observed, observed } from './observed.ts'
import { explainTunnelFailure } from './tunnel-failure.ts'

export interface SocketQuestion {
  readonly host: string
  readonly port: number
  readonly family?: 4 | 6
  /** Left out: no TLS is spoken. */
  readonly tls?: TlsDemands
  /** Sent as soon as the connection stands. */
  readonly send?: string
  /** Looked at with each piece that comes; nothing is read without it. */
  readonly isEnough?: (text: string) => boolean
  /** Milliseconds for the whole of it. */
  readonly timeout: number
  /** Connects in place of this machine, as a tunnel does. */
  readonly open?: (target: { readonly host: string; readonly port: number }) => Promise<Duplex>
  readonly signal?: AbortSignal
}

export interface SocketFacts {
  /** What it said until it was enough, or the end. */
  readonly text: string
  /** Why no more was read. */
  readonly ended: 'enough' | 'closed' | 'late'
  /** Milliseconds until the connection stood, TLS and all. */
  readonly connected: number
  readonly certificate: CertificateFacts | undefined
  readonly tlsVersion: string | undefined
}

/** A greeting is a line or two; one that never ends is cut here. */
const LONGEST = 65_536

/** Connects once, and looks at the certificate and the greeting where there are any. Throws only the signal's reason. */
export async function observeSocket(question: SocketQuestion, now: () => number): Promise<Observed<SocketFacts>> {
  const seen = await observed(
    () => talk(question, now),
    thrown => {
      question.signal?.throwIfAborted()
      const { kind, text } = explainTunnelFailure(thrown) ?? explainFailure(thrown)
      return { kind, reason: text }
    },
  )
  // A wait of ours is none of the other side's.
  const isConnectedOnly = seen.ok && question.isEnough === undefined
  return isConnectedOnly ? { ...seen, durationMs: Math.round(seen.facts.connected) } : seen
}

async function talk(question: SocketQuestion, now: () => number): Promise<SocketFacts> {
  const { timeout, signal, isEnough = () => true } = question
  const started = performance.now()
  const opened: Duplex[] = []
  let phase: ConnectPhase | 'read' = 'connect'
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => {
    if (phase === 'read') resolve('late')
    else reject(lateFailure(phase, timeout))
  }, timeout)
  const reached = (next: ConnectPhase) => {
    phase = next
  }
  const cancel = () => reject(signal?.reason)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    signal?.throwIfAborted()
    const socket = await Promise.race([stopped, openSocket(question, opened, reached)])
    phase = 'tls'
    const shown = question.tls && (await Promise.race([stopped, secured(socket, question, question.tls, now)]))
    phase = 'read'
    const connected = performance.now() - started
    if (question.send !== undefined) socket.write(question.send)
    const isAnswerWanted = question.isEnough !== undefined || question.send !== undefined || question.tls !== undefined
    if (!isAnswerWanted) await staysOpen(socket, stopped)
    const reading = new Reading(socket, isEnough)
    const ended = await Promise.race([stopped, late, reading.done])
    return { text: reading.text, ended, connected, certificate: shown?.certificate, tlsVersion: shown?.tlsVersion }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
    // TLS before the tunnel that it speaks over: Node 24 crashes when the lower one goes first.
    for (const stream of opened.reverse()) stream.destroy()
  }
}

/** Milliseconds for which a connection must stand: Docker's proxy takes it for a container that does not listen, and closes it then. */
const STANDS = 300

/** Throws when the other side closes without a word. */
async function staysOpen(socket: Duplex, stopped: Promise<never>): Promise<void> {
  const { promise: closed, reject, resolve } = Promise.withResolvers<void>()
  const close = () =>
    reject(
      new KnownFailure(
        'closed',
        'the connection was accepted and closed at once: a proxy may listen there for a service that does not',
      ),
    )
  const timer = setTimeout(resolve, STANDS)
  socket
    .once('data', () => resolve())
    .once('end', close)
    .once('close', close)
    .once('error', close)
  try {
    await Promise.race([stopped, closed])
  } finally {
    clearTimeout(timer)
  }
}

function lateFailure(phase: ConnectPhase, timeout: number): KnownFailure {
  const [kind, text] = LATE[phase]
  return new KnownFailure(kind, `${text} ${Math.round(timeout / 100) / 10} s`)
}

/** Resolves as soon as bytes can go; TLS is only begun then. */
async function openSocket(
  question: SocketQuestion,
  opened: Duplex[],
  reached: (phase: ConnectPhase) => void,
): Promise<Duplex> {
  const { port, family, open, tls } = question
  const host = bare(question.host)
  const secure = tls && { host, ...(isIP(host) === 0 ? { servername: host } : {}), ...tlsOptions(tls) }
  if (open) {
    const stream = await open({ host, port })
    stream.on('error', () => {})
    opened.push(stream)
    if (!secure) return stream
    const socket = connectTls({ ...secure, socket: stream })
    opened.push(socket)
    return socket
  }
  const target = {
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT,
    lookup,
    ...(family ? { family } : {}),
  }
  const socket = secure ? connectTls({ ...target, ...secure }) : connect(target)
  opened.push(socket)
  if (isIP(host) === 0) reached('lookup')
  socket.once('lookup', error => {
    if (error === null) reached('connect')
  })
  await settled(socket, 'connect')
  return socket
}

async function secured(socket: Duplex, question: SocketQuestion, tls: TlsDemands, now: () => number) {
  if (!(socket instanceof TLSSocket)) throw new TypeError('TLS was requested and not started.')
  await settled(socket, 'secureConnect')
  const refused = tls.insecure ? undefined : refusal(socket, tls.servername ?? bare(question.host), now())
  if (refused) throw new KnownFailure(refused.kind, refused.text)
  return { certificate: certificateOf(socket, now()), tlsVersion: socket.getProtocol() ?? undefined }
}

/** IPv6 without the brackets that it has in a URL. */
function bare(host: string): string {
  return host.replace(/^\[(.+)\]$/, '$1')
}

/** Resolves with the event; rejects with an error that comes first. Later errors are taken in silence. */
function settled(stream: Duplex, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    stream
      .once(event, () => resolve())
      .on('error', reject)
      .once('close', () => reject(new KnownFailure('closed', 'the connection was closed at once')))
  })
}

class Reading {
  readonly done: Promise<'enough' | 'closed'>
  text = ''

  constructor(stream: Duplex, isEnough: (text: string) => boolean) {
    this.done = new Promise(resolve => {
      if (isEnough('')) return resolve('enough')
      const decoder = new TextDecoder()
      stream.on('data', (chunk: Buffer) => {
        if (this.text.length >= LONGEST) return
        this.text = `${this.text}${decoder.decode(chunk, { stream: true })}`.slice(0, LONGEST)
        if (this.text.length >= LONGEST || isEnough(this.text)) resolve('enough')
      })
      for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve('closed'))
    })
  }
}
