import { Socket } from 'node:net'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici'

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
  readonly family?: 4 | 6
  readonly tls?: TlsSettings
  /** Given each connection to the server once it is ready (TLS done): for its certificate or its addresses. */
  readonly onConnected?: (socket: Socket | TLSSocket) => void
}

/** Whatever one try opens, so that all of it can be closed: a socket that is still connecting would keep the process alive. */
export interface Connection {
  readonly dispatcher: Dispatcher
  destroy(): Promise<void>
}

/** An address that hangs takes this many milliseconds from the next one of the same name; Node's 250 are too few for far ones. */
const ADDRESS_ATTEMPT = 1_000

/** Opens nothing yet. Each try has its own connection: a kept one may lead to the old container, or be closed as the request goes out. */
export function prepareConnection(settings: ConnectionSettings, proxy: URL | undefined): Connection {
  const sockets = new Set<Socket>()
  const track =
    (connect: buildConnector.connector): buildConnector.connector =>
    (options, callback) => {
      // The connector does return its socket; its type does not say so.
      const socket = connect(options, callback) as unknown
      if (socket instanceof Socket) sockets.add(socket)
    }
  const common = {
    allowH2: false,
    timeout: 0,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT,
    ...(settings.family ? { family: settings.family } : {}),
  }
  const tls = { ...common, ...mutable(settings.tls) }
  const dispatcher =
    proxy && !settings.to
      ? new ProxyAgent({
          uri: proxy.href,
          requestTls: tls,
          proxyTls: common,
          allowH2: false,
          clientFactory: (origin, options) => {
            const { connect } = options as { connect: buildConnector.connector }
            return new Pool(origin, { connect: track(connect) })
          },
        })
      : new Agent({ allowH2: false, connect: track(redirected(buildConnector(tls), settings)) })
  return {
    dispatcher,
    destroy: async () => {
      for (const socket of sockets) socket.destroy()
      await dispatcher.destroy()
    },
  }
}

function redirected(connect: buildConnector.connector, settings: ConnectionSettings): buildConnector.connector {
  const { to, onConnected } = settings
  return (options, callback) => {
    const target = to ? { ...options, hostname: to.host, port: String(to.port), servername: nameOf(options) } : options
    return connect(target, (...outcome) => {
      if (outcome[1]) onConnected?.(outcome[1])
      callback(...outcome)
    })
  }
}

/** An IP address is no name to ask for: https://datatracker.ietf.org/doc/html/rfc6066#section-3 */
function nameOf(options: buildConnector.Options): string {
  return options.servername || options.hostname.replace(/^\[(.+)\]$/, '$1')
}

function mutable(tls: TlsSettings | undefined): Record<string, unknown> {
  return { ...tls, ...(Array.isArray(tls?.ca) ? { ca: [...tls.ca] } : {}) }
}
