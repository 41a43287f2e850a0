import { type Flaw, flaw } from '../problem.ts'
import type { Options, UrlPart } from '../rules/vocabulary.ts'
import { type FormatCheck, GOOD } from './format.ts'
import { hostFits, isHost, isLocal, localFlaw } from './host.ts'

const SCHEMES = [
  'postgres',
  'postgresql',
  'cockroachdb',
  'mysql',
  'mariadb',
  'mongodb',
  'mongodb+srv',
  'redis',
  'rediss',
  'sqlserver',
  'mssql',
  'clickhouse',
  'amqp',
  'amqps',
] as const

const ENCODE = 'Percent-encode the user and the password: / %2F, # %23, ? %3F, @ %40, % %25, : %3A, space %20.'

interface Parts {
  readonly user: string | undefined
  readonly password: string | undefined
  readonly hosts: readonly string[]
  readonly database: string
  readonly query: string
}

/**
 * Split by hand: these URLs may name several hosts or a socket, which `new URL` refuses, and what people get wrong is the
 * password that was not encoded (https://github.com/amacneil/dbmate/issues/309), which it silently cuts elsewhere.
 */
export const checkDatabaseUrl: FormatCheck = (value, options) => {
  if (/^jdbc:/i.test(value))
    return [
      flaw(
        'format',
        'is a JDBC URL, which only Java reads',
        'Drop the `jdbc:` in front, and put user and password before the host.',
      ),
    ]
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined) return [noScheme(value)]
  const known = options.schemes ?? SCHEMES
  if (!known.some(name => name === scheme || name === scheme.replace(/\+(?!srv$).*$/, ''))) {
    return [
      options.schemes
        ? flaw('forbidden', `does not start with ${known.map(name => `${name}://`).join(' or ')}`)
        : unknownScheme(scheme),
    ]
  }
  if (/\s/.test(value)) return [flaw('format', 'has white space in it', ENCODE)]
  const rest = value.slice(scheme.length + 3)
  const unencoded = findUnencoded(rest)
  if (unencoded) return [unencoded]
  return checkParts(scheme, split(rest), options)
}

function noScheme(value: string): Flaw {
  if (/(^|;)\s*(server|data source|host)\s*=[^;]*;/i.test(value))
    return flaw('format', 'is an ADO connection string, and must be a URL')
  if (/^[a-z_]+=\S+(\s+[a-z_]+=|$)/i.test(value))
    return flaw(
      'format',
      'is a list of key=value, and must be a URL',
      'Write scheme://user:password@host:port/database.',
    )
  return flaw('format', 'has no scheme', 'Write scheme://user:password@host:port/database.')
}

function unknownScheme(scheme: string): Flaw {
  if (/^https?$/.test(scheme)) return flaw('format', 'is a web address, not one of a database')
  return flaw('format', `has a scheme that is not known (${SCHEMES.join(', ')})`, 'Allow it with `schemes:`.')
}

/** A password with / ? # or @ moves the end of the host: then an @ stands where none can be. */
function findUnencoded(rest: string): Flaw | undefined {
  const end = rest.search(/[/?#]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  const after = end < 0 ? '' : rest.slice(end)
  const ats = authority.split('@').length - 1
  const behind = after.split('?')[0] ?? ''
  if (ats === 0 && /[@]/.test(after) && (behind.includes('@') || after.startsWith('?') || after.startsWith('#'))) {
    return flaw('format', 'has / ? or # in its user or password, not encoded', ENCODE)
  }
  if (ats > 1) return flaw('format', 'has an @ in its user or password, not encoded', ENCODE)
  const userinfo = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : ''
  if (/%(?![0-9a-f]{2})/i.test(userinfo)) return flaw('format', 'has a % in its user or password, not encoded', ENCODE)
  if (/[<>"`{}|\\^[\]]/.test(userinfo))
    return flaw('format', 'has a character in its user or password that must be encoded', ENCODE)
  return undefined
}

function split(rest: string): Parts {
  const [, authority = '', path = '', query = ''] = /^([^/?#]*)(\/[^?#]*)?(\?[^#]*)?/.exec(rest) ?? []
  const at = authority.lastIndexOf('@')
  const userinfo = at < 0 ? undefined : authority.slice(0, at)
  const colon = userinfo?.indexOf(':') ?? -1
  return {
    user: userinfo === undefined ? undefined : userinfo.slice(0, colon < 0 ? undefined : colon),
    password: colon < 0 ? undefined : userinfo?.slice(colon + 1),
    hosts: authority.slice(at + 1).split(','),
    database: path.slice(1),
    query: query.slice(1),
  }
}

function checkParts(scheme: string, parts: Parts, options: Options): readonly Flaw[] {
  const socket = parts.hosts.join('') === '' && /(^|&)(host|socket|unix_socket)=/.test(parts.query)
  const named = parts.hosts.map(splitPort)
  if (!socket) {
    if (named.some(({ host }) => host === '')) return [flaw('format', 'has no host')]
    if (named.some(({ host }) => !isHost(host) && !/^%2f/i.test(host)))
      return [flaw('format', 'has a host that cannot be')]
    if (named.some(({ port }) => port !== undefined && !isPort(port)))
      return [flaw('format', 'has a port that cannot be', ENCODE)]
  }
  if (scheme === 'mongodb+srv' && (named.length > 1 || named[0]?.port !== undefined)) {
    return [flaw('format', 'is mongodb+srv with a port or several hosts, which its DNS record gives')]
  }
  const has: Readonly<Record<UrlPart, boolean>> = {
    user: Boolean(parts.user),
    password: Boolean(parts.password),
    host: !socket,
    port: named.every(({ port }) => port !== undefined),
    database: parts.database !== '',
    path: parts.database !== '',
    query: parts.query !== '',
  }
  const lacking = (options.require ?? []).filter(part => !has[part])
  if (lacking.length > 0) return [flaw('format', `lacks its ${lacking.join(' and ')}`)]
  if (options.hosts && !named.every(({ host }) => hostFits(host, options.hosts ?? []))) {
    return [flaw('forbidden', `is not at ${options.hosts.join(' or ')}`)]
  }
  return options['forbid-local'] && named.some(({ host }) => isLocal(host)) ? [localFlaw()] : GOOD
}

function splitPort(hostPort: string): { readonly host: string; readonly port: string | undefined } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostPort) ?? [undefined, hostPort]
  return { host, port }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
