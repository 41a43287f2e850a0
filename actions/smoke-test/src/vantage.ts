import type { Subject, Vantage } from './check.ts'

/** What stands for the container itself in a check that is made in one. */
const ITSELF: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0'])

/** Whether a host name in a container's check means the container. */
export function isContainerItself(host: string, service: string): boolean {
  const name = host.replace(/^\[(.+)\]$/, '$1').toLowerCase()
  return ITSELF.has(name) || name === service.toLowerCase()
}

/**
 * Why a subject cannot be looked at from there, which reads on after the check's name; undefined when it can. For whoever reads
 * the checks: no attempt would find anything else.
 */
export function vantageProblem(subject: Subject, from: Vantage): string | undefined {
  if (from.kind === 'runner') return undefined
  if (subject.kind === 'dns') return lookupProblem(subject)
  if (from.kind === 'server' || subject.kind === 'command') return undefined
  const host = subject.kind === 'http' ? subject.url.hostname : subject.host
  if (!isContainerItself(host, from.service)) {
    return `goes to ${host}, but a connection in a container goes to that container: write localhost or ${from.service}, or make it from the server`
  }
  if (subject.kind === 'http' && subject.resolve.size > 0) {
    return 'has `resolve`, which means nothing for a connection to a container'
  }
  return undefined
}

function lookupProblem({ type, server }: Extract<Subject, { kind: 'dns' }>): string | undefined {
  if (type !== 'A' && type !== 'AAAA') {
    return `asks for ${type} records, but only A and AAAA are looked up elsewhere than on the runner`
  }
  if (server !== undefined) return 'names a DNS server, which only a check from the runner can ask'
  return undefined
}
