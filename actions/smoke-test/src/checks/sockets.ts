import { DNS_TYPES } from '@deploy-actions/core/probe/observe-dns'
import type { DnsSubject, TcpSubject, TlsSubject } from '../check.ts'
import { checkFamily } from './http.ts'
import { key, mapOf, type Reader } from './reader.ts'
import { count, oneOf, text } from './scalars.ts'
import { TLS_HINTS, TLS_KEYS, tlsFiles } from './tls.ts'

const host: Reader<string> = {
  schema: { type: 'string', pattern: '^[^\\s/]+$|\\$\\{' },
  read: (tree, reading) => {
    const value = reading.text(tree) ?? ''
    return /^[^\s/@]+$/.test(value) && (!value.includes(':') || /^\[?[0-9a-f:.]+\]?$/i.test(value))
      ? value.replace(/^\[(.+)\]$/, '$1')
      : reading.wrong(tree, 'write a host name or an address alone')
  },
}

const port = count({ min: 1, max: 65_535 })

export const TCP = {
  host: key(host, 'the host name or address'),
  port: key(port, 'the port'),
  send: key(
    text('write the text to send', 'hidden'),
    'a text to send once the connection stands; "\\r\\n" needs double quotes',
  ),
  'ip-version': key(oneOf(['4', '6']), '`4` or `6` (default: both, whichever answers)'),
} as const

export const TLS_CHECK = { ...TCP, port: key(port, 'the port (default 443)'), ...TLS_KEYS } as const

const HINTS = {
  address: 'write `host` and `port`',
  url: 'write `host` and `port`',
  banner: '`banner` stands under `expect`, beside the kind',
  expect: '`expect` stands beside the kind, not in it',
} as const

const tcpMap = mapOf(TCP, { required: ['host', 'port'], hints: HINTS })
const tlsMap = mapOf(TLS_CHECK, { required: ['host'], hints: { ...HINTS, ...TLS_HINTS } })

/** Reads `host:port`, `tcp://host:port`, `[::1]:6379`. */
function parseAddress(written: string, scheme: 'tcp' | 'tls', defaultPort?: number) {
  const bare = written
    .trim()
    .replace(new RegExp(`^${scheme}://`, 'i'), '')
    .replace(/\/$/, '')
  const [, name, number] = /^(\[[0-9a-f:.]+\]|[^\s:/@]+)(?::(\d{1,5}))?$/i.exec(bare) ?? []
  const found = number === undefined ? defaultPort : Number(number)
  if (name === undefined || found === undefined || found < 1 || found > 65_535) return undefined
  return { host: name.replace(/^\[(.+)\]$/, '$1'), port: found }
}

export const tcp: Reader<TcpSubject> = {
  schema: { anyOf: [{ type: 'string', pattern: ':\\d+/?$|\\$\\{' }, tcpMap.schema] },
  read: (tree, reading) => {
    if (tree.kind === 'scalar') {
      const address = parseAddress(reading.text(tree) ?? '', 'tcp')
      return address
        ? { kind: 'tcp', ...address, family: undefined, send: undefined }
        : reading.wrong(tree, 'write host:port')
    }
    const values = tcpMap.read(tree, reading)
    if (values?.host === undefined || values.port === undefined) return undefined
    checkFamily(tree, values.host, reading)
    return {
      kind: 'tcp',
      host: values.host,
      port: values.port,
      family: familyOf(values['ip-version']),
      send: values.send,
    }
  },
}

export const tls: Reader<TlsSubject> = {
  schema: { anyOf: [{ type: 'string', pattern: '^[^\\s]+$' }, tlsMap.schema] },
  read: (tree, reading) => {
    if (tree.kind === 'scalar') {
      const address = parseAddress(reading.text(tree) ?? '', 'tls', 443)
      return address
        ? { kind: 'tls', ...address, family: undefined, send: undefined, tls: {} }
        : reading.wrong(tree, 'write host or host:port')
    }
    const values = tlsMap.read(tree, reading)
    if (values?.host === undefined) return undefined
    checkFamily(tree, values.host, reading)
    return {
      kind: 'tls',
      host: values.host,
      port: values.port ?? 443,
      family: familyOf(values['ip-version']),
      send: values.send,
      tls: tlsFiles(values),
    }
  },
}

function familyOf(version: '4' | '6' | undefined): 4 | 6 | undefined {
  if (version === undefined) return undefined
  return version === '4' ? 4 : 6
}

export const DNS = {
  name: key(host, 'the name to look up'),
  type: key(oneOf(DNS_TYPES), `the type of the records: ${DNS_TYPES.join(', ')} (default A)`),
  server: key(
    text('write the address of a DNS server'),
    'the address of the DNS server to ask (default: those of the machine)',
  ),
} as const

const dnsMap = mapOf(DNS, {
  required: ['name'],
  hints: { host: 'write `name`', url: 'write `name`', records: '`records` stands under `expect`, beside `dns`' },
})

export const dns: Reader<DnsSubject> = {
  schema: { anyOf: [host.schema, dnsMap.schema] },
  read: (tree, reading) => {
    if (tree.kind === 'scalar') {
      const name = host.read(tree, reading)
      return name === undefined ? undefined : { kind: 'dns', name, type: 'A', server: undefined }
    }
    const values = dnsMap.read(tree, reading)
    if (values?.name === undefined) return undefined
    return { kind: 'dns', name: values.name, type: values.type ?? 'A', server: values.server }
  },
}
