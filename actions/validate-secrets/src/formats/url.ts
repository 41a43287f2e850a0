import { type Flaw, flaw } from '../problem.ts'
import type { Options, UrlPart } from '../rules/vocabulary.ts'
import { checkDatabaseUrl } from './database-url.ts'
import { type FormatCheck, GOOD } from './format.ts'
import { hostFits, isHost, isLocal, localFlaw } from './host.ts'

/**
 * The raw text is read before `new URL`, which trims, drops tabs and newlines, repairs `https:/x` and takes `https://https://x`.
 * https://url.spec.whatwg.org/#url-parsing
 */
export const checkUrl: FormatCheck = (value, options, facts) => {
  if (/^jdbc:/i.test(value)) {
    return options.schemes?.some(scheme => /^jdbc/i.test(scheme))
      ? checkDatabaseUrl(value, options, facts)
      : [flaw('forbidden', 'is a JDBC URL', 'Use `type: database-url`, or allow it: `schemes: ["jdbc:postgresql"]`.')]
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined) return [schemeFlaw(value)]
  const rest = value.slice(scheme.length + 3)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) return [flaw('format', 'has two schemes')]
  if (/\s/.test(value)) return [flaw('format', 'has white space in it', 'Percent-encode it: %20.')]
  if (/["`<>\\{}|^]/.test(value))
    return [flaw('format', 'has a character that a URL cannot have', 'Percent-encode it.')]
  const schemes = options.schemes ?? ['http', 'https']
  if (!schemes.some(allowed => allowed.replace(/:(\/\/)?$/, '').toLowerCase() === scheme)) {
    return [flaw('forbidden', `does not start with ${schemes.map(name => `${name}://`).join(' or ')}`)]
  }
  return checkParts(value, rest, options)
}

function schemeFlaw(value: string): Flaw {
  if (/^[a-z][a-z0-9+.-]*:\/?[^/]/i.test(value) && !/^[^:/]+:\d+/.test(value))
    return flaw('format', 'lacks the // behind its scheme')
  if (value.startsWith('//')) return flaw('format', 'has no scheme', 'Write https:// in front.')
  if (isHost(value.split(/[/:?#]/)[0] ?? '')) return flaw('format', 'has no scheme', 'Write https:// in front.')
  return flaw('format', 'is no absolute URL')
}

function checkParts(value: string, rest: string, options: Options): readonly Flaw[] {
  const authority = rest.split(/[/?#]/)[0] ?? ''
  if (authority.split('@').length > 2)
    return [flaw('format', 'has an @ in its user or password', 'Percent-encode it: %40.')]
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1)
  if (hostPort === '') return [flaw('format', 'has no host')]
  if (/:$/.test(hostPort)) return [flaw('format', 'has a colon without a port')]
  const parsed = URL.parse(value)
  const host = hostPort.replace(/:\d*$/, '')
  if (parsed === null || /:0+$/.test(hostPort) || !(isHost(host) || isHost(parsed.hostname)))
    return [flaw('format', 'has a host or port that cannot be')]
  if (/%(?![0-9a-f]{2})/i.test(value))
    return [flaw('format', 'has a % that starts no escape', 'Percent-encode it: %25.')]
  const has: Readonly<Record<UrlPart, boolean>> = {
    user: parsed.username !== '',
    password: parsed.password !== '',
    host: true,
    port: /:\d+$/.test(hostPort),
    path: parsed.pathname.length > 1,
    database: parsed.pathname.length > 1,
    query: parsed.search.length > 1,
  }
  const lacking = (options.require ?? []).filter(part => !has[part])
  if (lacking.length > 0) return [flaw('format', `lacks its ${lacking.join(' and ')}`)]
  if (options.hosts && !hostFits(host, options.hosts))
    return [flaw('forbidden', `is not at ${options.hosts.join(' or ')}`)]
  return options['forbid-local'] && isLocal(host) ? [localFlaw()] : GOOD
}
