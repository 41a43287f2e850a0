import type { ServerHostKeyAlgorithm } from 'ssh2'
import { ActionError } from '../values/action-error.ts'
import { formatHostAndPort } from '../values/host-address.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import type { SshPublicKey } from '../values/ssh-public-key.ts'
import { type KnownHost, knownHostsLine, linesAbout, parseKnownHosts } from './known-hosts.ts'

/** What makes a server the right one. */
export type HostKeyPolicy =
  | {
      readonly kind: 'known'
      readonly knownHosts: readonly KnownHost[]
      readonly fingerprints: readonly string[]
      /** The input that the fingerprints are in, where it is not `fingerprint`. */
      readonly input?: string
    }
  /** Nothing was said: the server is asked for its key, and refused. */
  | { readonly kind: 'not-given'; readonly input?: string }
  /** Asked for in so many words. */
  | { readonly kind: 'accept-any' }

export interface HostKeyInputs {
  readonly knownHosts: string
  /** One or several, apart by spaces, commas or newlines; a line of `ssh-keygen -l` will do. */
  readonly fingerprint: string
}

export type HostKeyVerdict = 'accepted' | 'accepted-unchecked' | 'not-given' | 'unknown' | 'changed' | 'revoked'

/** Where a connection goes. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** The algorithms for a host key that ssh2 offers, by the type of the key that they go with. Ours, best first. */
const ALGORITHMS: readonly (readonly [type: string, algorithms: readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]

export function parseHostKeyPolicy({ knownHosts, fingerprint }: HostKeyInputs): HostKeyPolicy {
  return hostKeyPolicy(parseKnownHosts(knownHosts), parseFingerprints(fingerprint))
}

export function hostKeyPolicy(
  knownHosts: readonly KnownHost[],
  fingerprints: readonly string[],
  input?: 'jump-fingerprint',
): HostKeyPolicy {
  const named = input === undefined ? {} : { input }
  if (knownHosts.length === 0 && fingerprints.length === 0) return { kind: 'not-given', ...named }
  return { kind: 'known', knownHosts, fingerprints, ...named }
}

export function parseFingerprints(text: string): string[] {
  if (/(?:^|[\s:])(?:[0-9a-f]{2}:){15}[0-9a-f]{2}(?:$|\s)/i.test(text)) {
    throw new InvalidValue(
      'is an MD5 fingerprint, which is not secure any more; ssh-keygen -l -E sha256 shows the other',
    )
  }
  // A line of ssh-keygen -l: bits, fingerprint, comment, type.
  const bare = text.replace(/^\s*\d+\s+(SHA256:\S+).*$/gm, '$1')
  const words = bare.split(/[\s,]+/).filter(word => word !== '')
  return words.map(word => {
    const [, hash] = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(word) ?? []
    if (hash === undefined) {
      throw new InvalidValue(
        `is "${word}", which is not a fingerprint; one looks like SHA256: and 43 letters (ssh-keygen -l shows it)`,
      )
    }
    return `SHA256:${hash}`
  })
}

/** Pure: may the connection go on with the key that the server shows? */
export function judgeHostKey(policy: HostKeyPolicy, offered: SshPublicKey, endpoint: Endpoint): HostKeyVerdict {
  if (policy.kind === 'accept-any') return 'accepted-unchecked'
  if (policy.kind === 'not-given') return 'not-given'
  const lines = linesAbout(policy.knownHosts, endpoint.host, endpoint.port)
  const same = lines.filter(line => line.key.blob.equals(offered.blob))
  if (same.some(line => line.revoked)) return 'revoked'
  if (same.length > 0 || policy.fingerprints.includes(offered.fingerprint)) return 'accepted'
  return lines.some(line => !line.revoked && line.key.type === offered.type) ? 'changed' : 'unknown'
}

/**
 * The algorithms to offer, the types that are known of this host first: a server that has several keys then shows the one
 * that can be checked (appleboy/ssh-action#275). `without` leaves out types that were already shown and did not match.
 */
export function hostKeyAlgorithms(
  policy: HostKeyPolicy,
  endpoint: Endpoint,
  without: readonly string[] = [],
): ServerHostKeyAlgorithm[] {
  const lines = policy.kind === 'known' ? linesAbout(policy.knownHosts, endpoint.host, endpoint.port) : []
  const known = new Set(lines.filter(line => !line.revoked).map(line => line.key.type))
  const types = ALGORITHMS.filter(([type]) => !without.includes(type))
  return [...types.filter(([type]) => known.has(type)), ...types.filter(([type]) => !known.has(type))].flatMap(
    ([, algorithms]) => algorithms,
  )
}

/** Whether another of the server's keys may be the expected one: a fingerprint does not tell its type. */
export function mayMatchAnotherType(policy: HostKeyPolicy, verdict: HostKeyVerdict): boolean {
  return policy.kind === 'known' && policy.fingerprints.length > 0 && (verdict === 'unknown' || verdict === 'changed')
}

/** Why the server is not trusted, with the lines that would change it. */
export class HostKeyRefused extends ActionError {
  readonly verdict: HostKeyVerdict
  readonly offered: readonly SshPublicKey[]

  constructor(verdict: HostKeyVerdict, offered: readonly SshPublicKey[], endpoint: Endpoint, policy: HostKeyPolicy) {
    const where = formatHostAndPort(endpoint.host, endpoint.port)
    super({
      title: 'Host key not accepted',
      message: `${cause(verdict, where, inputOf(policy))}\n\n${evidence(offered, endpoint, policy)}`,
      next: cure(verdict),
    })
    this.verdict = verdict
    this.offered = offered
  }
}

function inputOf(policy: HostKeyPolicy): string {
  return (policy.kind === 'accept-any' ? undefined : policy.input) ?? 'fingerprint'
}

function cause(verdict: HostKeyVerdict, where: string, input: string): string {
  switch (verdict) {
    case 'changed':
      return `The host key of ${where} has changed: it is not the key that known-hosts has for it. Someone may be intercepting the connection, or the server was set up again. Nothing was sent to it.`
    case 'revoked':
      return `The host key of ${where} is marked as @revoked in known-hosts. Nothing was sent to it.`
    case 'unknown':
      return `The host key of ${where} is not among those that were given. Nothing was sent to it.`
    default:
      return `Neither known-hosts nor ${input} names the host key of ${where}, so the server cannot be verified. Nothing was sent to it.`
  }
}

function evidence(offered: readonly SshPublicKey[], endpoint: Endpoint, policy: HostKeyPolicy): string {
  const input = inputOf(policy)
  const lines = offered.map(key => knownHostsLine(endpoint.host, endpoint.port, key))
  const fingerprints = offered.map(key => key.fingerprint)
  const shown = [
    'The server offers:',
    ...(fingerprints.length === 1 ? [`  ${input}: ${fingerprints[0]}`] : block(input, fingerprints)),
    // As plain YAML, `[shop]:2222 ssh-ed25519 …` would be a broken list.
    ...block('known-hosts', lines),
  ]
  if (policy.kind !== 'known') return shown.join('\n')
  const known = linesAbout(policy.knownHosts, endpoint.host, endpoint.port).filter(line => !line.revoked)
  const expected = [
    ...known.map(line => `${line.key.fingerprint} (${line.key.type}, line ${line.line} of known-hosts)`),
    ...policy.fingerprints.map(fingerprint => `${fingerprint} (${input})`),
  ]
  const none = `nothing about ${formatHostAndPort(endpoint.host, endpoint.port)}`
  return [...shown, 'Expected was:', ...(expected.length > 0 ? expected : [none]).map(text => `  ${text}`)].join('\n')
}

/** An input of several lines, to be pasted below `with:`. */
function block(input: string, lines: readonly string[]): string[] {
  return [`  ${input}: |`, ...lines.map(line => `    ${line}`)]
}

function cure(verdict: HostKeyVerdict): string {
  const compare =
    'Compare the fingerprint with the one that the server shows on its own console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub).'
  if (verdict === 'revoked') return 'Give the server new host keys, then set known-hosts to them.'
  if (verdict === 'changed') return `Find out why the key changed. ${compare} Only then set one of the inputs above.`
  return `${compare} If both are equal, set one of the inputs above.`
}
