import type { CertificateFacts } from '@deploy-actions/core/probe/certificate'
import type { HttpFacts } from '@deploy-actions/core/probe/observe-http'
import type { Observation } from '../../src/observation.ts'

export const CERTIFICATE: CertificateFacts = {
  subject: 'shop.example.org',
  issuer: "C=US, O=Let's Encrypt, CN=R11",
  names: ['shop.example.org', 'www.shop.example.org'],
  validFrom: new Date('2026-09-01T00:00:00Z'),
  validTo: new Date('2026-12-01T00:00:00Z'),
  daysLeft: 5,
}

/** An answer, as a attempt sees it. */
export function answer(body: unknown, facts: Partial<HttpFacts> = {}): Observation {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    kind: 'http',
    facts: {
      status: 200,
      headers: new Map([['content-type', 'application/json']]),
      text,
      size: Buffer.byteLength(text),
      isCut: false,
      url: new URL('https://shop.example.org/health'),
      timings: { connected: 1, firstByte: 2, total: 3 },
      proxy: undefined,
      certificate: CERTIFICATE,
      tlsVersion: 'TLSv1.3',
      ...facts,
    },
  }
}

export function output(stdout: string, exitCode = 0, stderr = ''): Observation {
  return { kind: 'command', facts: { exitCode, stdout, stderr } }
}

export function greeting(text: string): Observation {
  return { kind: 'tcp', facts: { text, ended: 'enough', connected: 1, certificate: undefined, tlsVersion: undefined } }
}
