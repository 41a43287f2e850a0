import { isIP, isIPv6 } from 'node:net'
import { InvalidValue } from './invalid-value.ts'

/** Where a deploy goes: the runner's own machine, or a server. */
export type HostAddress =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'ssh'
      /** Undefined where the text names none. */
      readonly user: string | undefined
      /** A name, or an address; IPv6 without its brackets. */
      readonly host: string
      readonly port: number | undefined
    }

const EXAMPLE = 'write for example deploy@shop.example.org, 203.0.113.7:2222 or [2001:db8::7]:22'

/** Reads `[user@]host[:port]`, `[user@][IPv6][:port]` or `local`. */
export function parseHostAddress(text: string): HostAddress {
  const trimmed = text.trim()
  if (trimmed === '') throw new InvalidValue(`is empty; ${EXAMPLE}, or local for the runner itself`)
  if (trimmed === 'local') return { kind: 'local' }
  // A password in front of the @ is refused, and must not be shown either.
  const shown = trimmed.replace(/:[^@]*@/, ':…@')
  refuseOtherForms(trimmed, shown)

  // The last @: a user of a directory service may be deploy@corp.example.
  const at = trimmed.lastIndexOf('@')
  if (at === 0) throw new InvalidValue(`is "${shown}", with no user before the @`)
  const user = at === -1 ? undefined : trimmed.slice(0, at)
  const [host, port] = splitPort(trimmed.slice(at + 1), shown)
  return { kind: 'ssh', user, host: readHost(host, shown), port: port === undefined ? undefined : readPort(port) }
}

/** `host:port` as a URL has it, with brackets around IPv6. */
export function formatHostAndPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

export function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidValue(`has the port "${text}"; a port is a whole number from 1 to 65535`)
  }
  return port
}

function refuseOtherForms(text: string, shown: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)
  if (scheme) throw new InvalidValue(`is "${shown}", a URL; leave out ${scheme[0]} and what follows the host`)
  if (/[\s,;]/.test(text)) {
    throw new InvalidValue(`is "${shown}"; write one host a line, without spaces, commas or semicolons`)
  }
  if (/^[^@]*:[^@]*@/.test(text)) {
    throw new InvalidValue('holds a password in front of the @; write the password in `password`')
  }
}

function splitPort(rest: string, shown: string): [host: string, port: string | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(rest)
  if (bracketed) {
    const host = bracketed[1] ?? ''
    if (!isIPv6(host)) throw new InvalidValue(`is "${shown}"; only an IPv6 address stands in brackets`)
    return [host, bracketed[2]]
  }
  if (rest.split(':').length > 2) {
    throw new InvalidValue(`is "${shown}"; write an IPv6 address in brackets: [2001:db8::7] or [2001:db8::7]:22`)
  }
  const [host = '', port] = rest.split(':')
  return [host, port]
}

function readHost(host: string, shown: string): string {
  if (host === '') throw new InvalidValue(`is "${shown}", with no host; ${EXAMPLE}`)
  if (isIP(host)) return host
  if (/[/\\]/.test(host)) {
    throw new InvalidValue(`is "${shown}", which holds a path; write only the host here, and the path in \`path\``)
  }
  if (/^[\d.]+$/.test(host)) {
    throw new InvalidValue(`is "${shown}"; "${host}" is not an IPv4 address: it needs four numbers from 0 to 255`)
  }
  if (!/^[\x21-\x7e]*$/.test(host)) {
    throw new InvalidValue(`is "${shown}"; write a name with such letters in its xn-- form`)
  }
  const labels = host.replace(/\.$/, '').split('.')
  // An underscore is no letter of a host name by RFC 1123, but names in private networks have it.
  const fine = labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  if (!fine || host.length > 253) throw new InvalidValue(`is "${shown}"; "${host}" is not a host name; ${EXAMPLE}`)
  return host
}
