import { describe, expect, it } from '@jest/globals'
import type { DnsSubject, Subject, TcpSubject, Vantage } from '../src/check.ts'
import { vantageProblem } from '../src/vantage.ts'
import { httpSubject } from './making.ts'

const container: Vantage = { kind: 'container', service: 'api' }
const server: Vantage = { kind: 'server' }
const tcp = (host: string): TcpSubject => ({ kind: 'tcp', host, port: 80, family: undefined, send: undefined })
const dns = (more: Partial<DnsSubject> = {}): DnsSubject => ({
  kind: 'dns',
  name: 'x.example',
  type: 'A',
  server: undefined,
  ...more,
})

describe('vantageProblem', () => {
  it.each<[Subject, Vantage]>([
    [httpSubject('http://localhost:8080/'), container],
    [httpSubject('http://127.0.0.1/'), container],
    [httpSubject('http://[::1]:8080/'), container],
    [httpSubject('http://API:8080/'), container],
    [tcp('localhost'), container],
    [{ kind: 'command', argv: ['true'], env: {}, cwd: undefined }, container],
    [dns({ type: 'AAAA' }), container],
    [httpSubject('https://shop.example/'), server],
    [tcp('db.internal'), server],
    [dns(), server],
    [dns({ type: 'MX', server: '1.1.1.1' }), { kind: 'runner' }],
  ])('has none with %j from %j', (subject, from) => {
    expect(vantageProblem(subject, from)).toBeUndefined()
  })

  it.each<[Subject, Vantage, string]>([
    [
      httpSubject('https://shop.example/'),
      container,
      'goes to shop.example, but a connection in a container goes to that',
    ],
    [tcp('db'), container, 'write localhost or api, or make it from the server'],
    [
      httpSubject('http://localhost/', { resolve: new Map([['localhost:80', '10.0.0.1']]) }),
      container,
      'has `resolve`, which means nothing',
    ],
    [dns({ type: 'MX' }), server, 'asks for MX records, but only A and AAAA'],
    [dns({ server: '1.1.1.1' }), server, 'names a DNS server, which only a check from the runner can ask'],
  ])('refuses %j from %j', (subject, from, problem) => {
    expect(vantageProblem(subject, from)).toContain(problem)
  })
})
