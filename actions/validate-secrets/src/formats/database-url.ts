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
  'sqlite',
  'file',
] as const

/** Schemes that name one kind of database and one way to reach it. `redis` and `rediss` differ: one of them is encrypted. */
const FAMILIES: readonly (readonly string[])[] = [
  ['postgres', 'postgresql'],
  ['mysql', 'mariadb'],
  ['mongodb', 'mongodb+srv'],
  ['sqlserver', 'mssql'],
  ['sqlite', 'sqlite3', 'file'],
]

/** Databases in a file or in memory, and JDBC drivers with a grammar of their own: there is no host to look at. */
const WITHOUT_HOST = ['sqlite', 'sqlite3', 'file', 'h2', 'hsqldb', 'derby', 'oracle']

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
  const [, jdbc = '', url = ''] = /^(jdbc:)?(.*)$/is.exec(value) ?? []
  const isJdbc = jdbc !== ''
  const [start = '', scheme] = /^([a-z][a-z0-9+.-]*):(?:\/\/)?/i.exec(url) ?? []
  const name = scheme?.toLowerCase()
  const hasHost = name !== undefined && !WITHOUT_HOST.includes(name)
  if (name === undefined || (hasHost && !start.endsWith('//'))) return [noScheme(value)]
  if (!isAllowed(name, isJdbc, options)) {
    return [
      options.schemes
        ? flaw('forbidden', `does not start with ${options.schemes.map(startOf).join(' or ')}`)
        : unknownScheme(name),
    ]
  }
  if (/\s/.test(value)) return [flaw('format', 'has white space in it', ENCODE)]
  const rest = url.slice(start.length)
  if (!hasHost) return checkFile(rest, options)
  if (SQL_SERVER.includes(name) && /^[^/?@]*;/.test(rest)) return checkSqlServer(rest, options)
  const unencoded = findUnencoded(rest)
  if (unencoded) return [unencoded]
  return checkParts(name, split(rest), options)
}

/** Where a URL leads, for comparing it with others; undefined when that cannot be read. Users and parameters do not count. */
export function databaseOf(value: string): string | undefined {
  const [, scheme = '', rest = ''] = /^(?:jdbc:)?([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(value.trim()) ?? []
  if (scheme === '') return undefined
  const { hosts, database } = split(rest)
  const bare = scheme.toLowerCase().replace(/\+.*$/, '')
  const port = PORTS[(FAMILIES.find(names => names.includes(bare)) ?? [bare])[0] ?? ''] ?? ''
  const places = hosts.map(splitPort).map(place => `${place.host.toLowerCase()}:${place.port ?? port}`)
  return `${places.sort().join(',')}/${database}`
}

const PORTS: Readonly<Record<string, string>> = { postgres: '5432', mysql: '3306', mongodb: '27017', redis: '6379' }

/** A scheme allows its family, with or without the driver of SQLAlchemy (`postgresql+psycopg`); JDBC URLs only when it says so. */
function isAllowed(scheme: string, isJdbc: boolean, { schemes }: Options): boolean {
  const bare = scheme.replace(/\+(?!srv$).*$/, '')
  const family = FAMILIES.find(names => names.includes(bare)) ?? [bare]
  if (schemes === undefined)
    return SCHEMES.some(known => family.includes(known)) || (isJdbc && WITHOUT_HOST.includes(bare))
  return schemes.some(text => {
    const [, jdbc, name = ''] = /^(jdbc:?)?(.*)$/.exec(text.replace(/:(\/\/)?$/, '').toLowerCase()) ?? []
    return isJdbc === (jdbc !== undefined) && (name === scheme || family.includes(name) || (isJdbc && name === ''))
  })
}

function startOf(scheme: string): string {
  return /^jdbc:?$/i.test(scheme) ? 'jdbc:' : `${scheme.replace(/:(\/\/)?$/, '')}://`
}

function checkFile(rest: string, { require = [] }: Options): readonly Flaw[] {
  const path = rest.split('?')[0] ?? ''
  if (path === '') return [flaw('format', 'names no file')]
  const lacking = require.filter(part => part !== 'database' && part !== 'path')
  return lacking.length === 0 ? GOOD : [flaw('format', `lacks its ${lacking.join(' and ')}`)]
}

const SQL_SERVER = ['sqlserver', 'mssql']

/**
 * `host[\instance][:port];property=value;…`, in which nothing is percent-encoded:
 * https://learn.microsoft.com/sql/connect/jdbc/building-the-connection-url
 */
function checkSqlServer(rest: string, options: Options): readonly Flaw[] {
  const [authority = '', ...properties] = rest.split(/;(?![^{}]*\})/)
  const field = (...names: string[]) =>
    properties
      .map(property => /^\s*([^=]+?)\s*=(.*)$/s.exec(property))
      .find(match => names.includes(match?.[1]?.toLowerCase().replaceAll(' ', '') ?? ''))?.[2]
  const lost = properties.some(property => property !== '' && !property.includes('='))
  if (lost) return [flaw('format', 'has a property without =', 'A value with ; stands in braces: password={a;b}.')]
  return checkParts(
    'sqlserver',
    {
      user: field('user', 'username', 'uid'),
      password: field('password', 'pwd'),
      hosts: [(authority || field('servername', 'server') || '').replace(/\\[^:]*/, '')],
      database: field('database', 'databasename', 'initialcatalog') ?? '',
      query: properties.join(';'),
    },
    options,
  )
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
