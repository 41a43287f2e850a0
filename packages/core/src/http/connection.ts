import { isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureVersion, TLSSocket } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici'
import type { ConnectPhase } from './exchange.ts'
import { KnownFailure } from './failure.ts'
import { ADDRESS_ATTEMPT, lookup } from './lookup.ts'

export interface TlsSettings {
  /** Takes the place of the known authorities; join them to `tls.getCACertificates()` to add one. */
  readonly ca?: string | readonly string[]
  readonly cert?: string
  readonly key?: string
  /** The name to ask for, and to find in the certificate, in place of the URL's host. */
  readonly servername?: string
  readonly minVersion?: SecureVersion
  /** False takes any certificate: only for looking at it. */
  readonly rejectUnauthorized?: boolean
}

export interface ConnectionSettings {
  /** Connects here instead, through a tunnel's port for instance; Host and SNI stay the URL's, and no proxy is asked. As curl's --connect-to. */
  readonly to?: { readonly host: string; readonly port: number }
  /** Connects in place of this machine, as a server does for us; Host and SNI stay the URL's, and no proxy is asked. */
  readonly open?: (target: { readonly host: string; readonly port: number }) => Promise<Duplex>
  /** Addresses by `host:port`, in place of DNS's; no proxy is asked for those. As curl's --resolve. */
  readonly resolve?: ReadonlyMap<string, string>
  readonly family?: 4 | 6
  /** Only this one is spoken; HTTP/1.1 when left out. HTTP/2 without TLS is spoken from the first byte, without an upgrade. */
  readonly version?: '1.1' | '2'
  readonly tls?: TlsSettings
  /** Given each connection to the server once it is ready (TLS done): for its certificate or its addresses. It may throw to refuse it. */
  readonly onConnected?: (socket: Socket | TLSSocket) => void
}

/** Whatever one try opens, so that all of it can be closed: a socket that is still connecting would keep the process alive. */
export interface Connection {
  readonly dispatcher: Dispatcher
  /** How far it came, as long as it does not stand; of what a proxy does on the way nothing is known. */
  phase(): ConnectPhase
  destroy(): Promise<void>
}

/** Opens nothing yet. Each try has its own connection: a kept one may lead to the old container, or be closed as the request goes out. */
export function prepareConnection(settings: ConnectionSettings, proxy: URL | undefined): Connection {
  const opened = new Opened()
  let phase: ConnectPhase = 'connect'
  const track =
    (connect: buildConnector.connector): buildConnector.connector =>
    (options, callback) => {
      // The connector does return its socket; its type does not say so.
      const socket = connect(options, callback) as unknown
      if (!(socket instanceof Socket)) return
      opened.add(socket)
      if (options.httpSocket) phase = 'tls'
      else if (isIP(bare(options.hostname)) === 0) phase = 'lookup'
      socket
        .once('lookup', (error: Error | null) => {
          if (error === null) phase = 'connect'
        })
        .once('connect', () => {
          phase = 'tls'
        })
    }
  const common = {
    timeout: 0,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT,
    lookup,
    ...(settings.family ? { family: settings.family } : {}),
  }
  const allowH2 = settings.version === '2'
  const tls = { ...common, allowH2, preferH2: allowH2, ...mutable(settings.tls) }
  const dispatcher =
    proxy && !settings.to && !settings.open
      ? new ProxyAgent({
          uri: proxy.href,
          requestTls: tls,
          proxyTls: { ...common, allowH2: false },
          allowH2,
          clientFactory: (origin, options) => {
            const { connect } = options as { connect: buildConnector.connector }
            return new Pool(origin, { connect: track(connect) })
          },
          factory: (origin, options) => {
            const { connect } = options as { connect: buildConnector.connector }
            // What is asked for without TLS goes over the proxy's own connection, which says nothing about the server.
            const isOwn = String(origin) === proxy.href
            return new Pool(origin, { ...options, connect: isOwn ? track(connect) : checked(connect, settings) })
          },
        })
      : new Agent({ allowH2, connect: checked(directed(track(buildConnector(tls)), settings, opened), settings) })
  return {
    dispatcher,
    phase: () => (proxy ? 'connect' : phase),
    destroy: async () => {
      const closed = dispatcher.destroy()
      opened.destroy()
      await closed
    },
  }
}

class Opened {
  readonly #streams: Duplex[] = []
  #isOver = false

  add(stream: Duplex): void {
    if (this.#isOver) stream.destroy()
    else this.#streams.push(stream)
  }

  destroy(): void {
    this.#isOver = true
    // TLS before what it speaks over: Node 24 crashes when the lower one goes first.
    for (const stream of this.#streams.toReversed()) stream.destroy()
  }
}

/** Leads a connection to the port or the address that was set for it, or over the stream that is opened for it. */
function directed(
  connect: buildConnector.connector,
  settings: ConnectionSettings,
  opened: Opened,
): buildConnector.connector {
  return (options, callback) => {
    const port = options.port || defaultPort(options.protocol)
    const pinned = settings.resolve?.get(`${options.hostname}:${port}`)
    if (settings.open) {
      const target = { host: pinned ?? bare(options.hostname), port: Number(port) }
      return over(settings.open(target), connect, opened)(options, callback)
    }
    const to = settings.to ?? (pinned === undefined ? undefined : { host: pinned, port: options.port })
    const target = to ? { ...options, hostname: to.host, port: String(to.port), servername: nameOf(options) } : options
    return connect(target, callback)
  }
}

/** Speaks over a stream once it is there, by TLS where the URL wants that. undici uses it as no more than a stream. */
function over(opening: Promise<Duplex>, connect: buildConnector.connector, opened: Opened): buildConnector.connector {
  return (options, callback) => {
    opening.then(
      stream => {
        opened.add(stream.on('error', () => {}))
        const socket = stream as Socket
        if (options.protocol === 'https:') connect({ ...options, httpSocket: socket }, callback)
        else callback(null, socket)
      },
      thrown => callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null),
    )
  }
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}

/** Hands a new connection on only when it speaks the version that was asked for, and the caller takes it. */
function checked(connect: buildConnector.connector, settings: ConnectionSettings): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...outcome) => {
      const [, socket] = outcome
      if (!socket) return callback(...outcome)
      try {
        if (settings.version === '2') demandHttp2(socket)
        settings.onConnected?.(socket)
      } catch (thrown) {
        socket.destroy()
        return callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null)
      }
      callback(...outcome)
    })
}

function demandHttp2(socket: Socket | TLSSocket): void {
  // undici looks at this property to choose its protocol; without TLS nothing negotiates it.
  if (!(socket instanceof TLSSocket)) Object.assign(socket, { alpnProtocol: 'h2' })
  else if (socket.alpnProtocol !== 'h2') {
    throw new KnownFailure(
      'not-http',
      `the server does not offer HTTP/2 (it chose ${socket.alpnProtocol || 'nothing'})`,
    )
  }
}

/** An IP address is no name to ask for: https://datatracker.ietf.org/doc/html/rfc6066#section-3 */
function nameOf(options: buildConnector.Options): string {
  return options.servername || bare(options.hostname)
}

/** IPv6 without the brackets that it has in a URL. */
function bare(host: string): string {
  return host.replace(/^\[(.+)\]$/, '$1')
}

function mutable(tls: TlsSettings | undefined): Record<string, unknown> {
  return { ...tls, ...(Array.isArray(tls?.ca) ? { ca: [...tls.ca] } : {}) }
}
