import { Resolver } from 'node:dns/promises'
import { causesOf } from '../http/failure.ts'
import { type Observed, observed } from './observed.ts'

export const DNS_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT', 'CAA'] as const
export type DnsType = (typeof DNS_TYPES)[number]

export interface DnsQuestion {
  readonly name: string
  readonly type: DnsType
  /** Addresses of the servers to ask, `1.1.1.1` or `[2606:4700::1111]:53`; this machine's own when left out. */
  readonly server?: string
  readonly timeout: number
  readonly signal?: AbortSignal
}

/** Looks a name up once; the records as text, sorted, as their order means nothing. Throws only the signal's reason. */
export async function observeDns(question: DnsQuestion): Promise<Observed<readonly string[]>> {
  const { name, type, server, timeout, signal } = question
  const resolver = new Resolver({ timeout, tries: 1 })
  if (server !== undefined) resolver.setServers([server])
  const cancel = () => resolver.cancel()
  // Its own limit is for each server of several.
  const timer = setTimeout(cancel, timeout)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await observed(
      async () => {
        signal?.throwIfAborted()
        return (await lookUp(resolver, name, type)).sort()
      },
      thrown => {
        signal?.throwIfAborted()
        return { kind: 'dns', reason: explain(thrown, question) }
      },
    )
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}

async function lookUp(resolver: Resolver, name: string, type: DnsType): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    case 'NS':
      return resolver.resolveNs(name)
    case 'PTR':
      return resolver.resolvePtr(name)
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`)
    case 'TXT':
      return (await resolver.resolveTxt(name)).map(parts => parts.join(''))
    case 'SRV':
      return (await resolver.resolveSrv(name)).map(
        record => `${record.priority} ${record.weight} ${record.port} ${record.name}`,
      )
    case 'SOA': {
      const { nsname, hostmaster, serial } = await resolver.resolveSoa(name)
      return [`${nsname} ${hostmaster} ${serial}`]
    }
    case 'CAA':
      return (await resolver.resolveCaa(name)).map(({ critical, ...rest }) => {
        const [tag = '', value = ''] = Object.entries(rest).find(([key]) => key !== 'type') ?? []
        return `${critical} ${tag} ${value}`
      })
    default: {
      const never: never = type
      return never
    }
  }
}

const WORDS: Readonly<Record<string, (question: DnsQuestion) => string>> = {
  ENOTFOUND: () => 'DNS knows no such name',
  ENODATA: ({ type }) => `the name is there, but has no ${type} record`,
  ESERVFAIL: () => 'the DNS server failed (SERVFAIL); the zone may be broken, or its DNSSEC',
  EREFUSED: () => 'the DNS server refuses the query',
  ETIMEOUT: ({ timeout }) => `DNS did not respond within ${Math.round(timeout / 100) / 10} s`,
  ECANCELLED: ({ timeout }) => `DNS did not respond within ${Math.round(timeout / 100) / 10} s`,
  ECONNREFUSED: () => 'no DNS server listens there',
  EBADNAME: () => 'that name is not possible in DNS',
  EFORMERR: () => 'the DNS server did not understand the query',
  ENOTIMP: () => 'the DNS server does not know that type of record',
  EBADRESP: () => 'the response is not one of a DNS server',
}

function explain(thrown: unknown, question: DnsQuestion): string {
  const [first] = causesOf(thrown)
  return WORDS[first?.code ?? '']?.(question) ?? `the look-up failed (${first?.code || first?.message || 'unknown'})`
}
