import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type DnsQuestion, observeDns } from '@deploy-actions/core/probe/observe-dns'
import { describe, expect, it, test } from '@jest/globals'

type Answer = { readonly code?: number; readonly records?: readonly Buffer[] }

/** A DNS server on the loopback that knows one answer. https://www.rfc-editor.org/rfc/rfc1035#section-4.1 */
async function ask(answer: Answer | 'silence', more: Partial<DnsQuestion> = {}) {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    if (answer === 'silence') return
    const end = 12 + query.subarray(12).indexOf(0) + 5
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (answer.code ?? 0), 2)
    header.writeUInt16BE(answer.records?.length ?? 0, 6)
    header.writeUInt32BE(0, 8)
    const records = (answer.records ?? []).map(data =>
      Buffer.concat([
        Buffer.from([0xc0, 12]),
        query.subarray(end - 4, end),
        Buffer.from([0, 0, 0, 60, 0, data.length]),
        data,
      ]),
    )
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  try {
    const server = `127.0.0.1:${socket.address().port}`
    return await observeDns({ name: 'shop.example', type: 'A', server, timeout: 60_000, ...more })
  } finally {
    socket.close()
  }
}

describe('observeDns', () => {
  it('gives the records sorted', async () => {
    const records = [Buffer.from([203, 0, 113, 9]), Buffer.from([203, 0, 113, 7])]
    expect(await ask({ records })).toMatchObject({ ok: true, facts: ['203.0.113.7', '203.0.113.9'] })
  })

  test.each([
    ['TXT', Buffer.from('\x06v=spf1\x05 -all'), 'v=spf1 -all'],
    ['MX', Buffer.from('\x00\x0a\x04mail\xc0\x0c', 'latin1'), '10 mail.shop.example'],
    ['SRV', Buffer.from('\x00\x01\x00\x02\x00\x50\x03web\x04shop\x07example\x00', 'latin1'), '1 2 80 web.shop.example'],
    ['CAA', Buffer.from('\x00\x05issueca.example', 'latin1'), '0 issue ca.example'],
    ['CNAME', Buffer.from('\x03www\xc0\x0c', 'latin1'), 'www.shop.example'],
    ['AAAA', Buffer.from('20010db8000000000000000000000007', 'hex'), '2001:db8::7'],
  ] as const)('gives %s records as text', async (type, data, text) => {
    expect(await ask({ records: [data] }, { type })).toMatchObject({ ok: true, facts: [text] })
  })

  test.each<[string, Answer | 'silence', string]>([
    ['no such name', { code: 3 }, 'DNS knows no such name'],
    ['no such record', {}, 'the name is there, but has no A record'],
    ['a broken zone', { code: 2 }, 'the DNS server failed (SERVFAIL); the zone may be broken, or its DNSSEC'],
    ['a refusal', { code: 5 }, 'the DNS server refuses the query'],
    ['silence', 'silence', 'DNS did not respond within 0.2 s'],
  ])('says %s in plain words', async (_name, answer, reason) => {
    const seen = await ask(answer, { timeout: 200 })
    expect(seen).toMatchObject({ ok: false, failure: { kind: 'dns', reason } })
  })

  it('ends with the signal', async () => {
    const reason = new Error('cancelled')
    await expect(ask('silence', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
