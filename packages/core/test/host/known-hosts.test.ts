import { createHmac, randomBytes } from 'node:crypto'
import { knownHostsLine, linesAbout, parseKnownHosts } from '@deploy-actions/core/host/known-hosts'
import { parsePublicKey } from '@deploy-actions/core/values/ssh-public-key'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { describe, expect, it } from '@jest/globals'

const line = makeSshKey('ed25519').public.trim().split(' ').slice(0, 2).join(' ')
const other = makeSshKey('ecdsa').public.trim().split(' ').slice(0, 2).join(' ')

function hashed(host: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(host).digest('base64')}`
}

function knows(text: string, host: string, port = 22): boolean {
  return linesAbout(parseKnownHosts(text), host, port).length > 0
}

describe('parseKnownHosts', () => {
  it.each([
    ['a name', `shop.example.org ${line}`, 'shop.example.org', 22, true],
    ['another name', `shop.example.org ${line}`, 'shop.example.com', 22, false],
    ['a name in capitals', `Shop.Example.org ${line} comment of three words`, 'SHOP.example.ORG', 22, true],
    ['one of several names', `shop,203.0.113.7 ${line}`, '203.0.113.7', 22, true],
    ['an IPv6 address', `2001:db8::7 ${line}`, '2001:db8::7', 22, true],
    ['a port', `[shop]:2222 ${line}`, 'shop', 2222, true],
    ['another port', `[shop]:2222 ${line}`, 'shop', 22, false],
    ['a line without a port, for a host on another port', `shop ${line}`, 'shop', 2222, true],
    ['a wildcard', `*.example.org ${line}`, 'shop.example.org', 22, true],
    ['a dot that is no wildcard', `shop.example ${line}`, 'shopxexample', 22, false],
    ['a question mark', `web? ${line}`, 'web7', 22, true],
    ['a negation', `*.example.org,!shop.example.org ${line}`, 'shop.example.org', 22, false],
    ['a negation of another', `*.example.org,!db.example.org ${line}`, 'shop.example.org', 22, true],
    ['a hashed name', `${hashed('shop')} ${line}`, 'shop', 22, true],
    ['another hashed name', `${hashed('shop')} ${line}`, 'shop2', 22, false],
    ['a hashed name with a port', `${hashed('[shop]:2222')} ${line}`, 'shop', 2222, true],
    ['comments, blank lines, CRLF', `# shop:22 SSH-2.0-OpenSSH_9.2\r\n\r\n  shop ${line}\r\n`, 'shop', 22, true],
  ])('matches %s', (_, text, host, port, expected) => {
    expect(knows(text, host, port)).toBe(expected)
  })

  it('prefers the lines that name the port', () => {
    const found = linesAbout(parseKnownHosts(`shop ${line}\n[shop]:2222 ${other}`), 'shop', 2222)
    expect(found.map(entry => entry.key.type)).toEqual(['ecdsa-sha2-nistp256'])
  })

  it('knows revoked keys', () => {
    expect(parseKnownHosts(`@revoked * ${line}`)).toMatchObject([{ revoked: true, line: 1 }])
  })

  it.each([
    [
      'a certificate authority',
      `@cert-authority *.example.org ${line}`,
      "line 1 is about a certificate authority, which is not supported; give the host's own key",
    ],
    ['an unknown marker', `@trusted shop ${line}`, 'unknown marker @trusted'],
    ['a key without its host', line, 'write the name of the host in front'],
    ['a fingerprint', 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', 'give it as `fingerprint`'],
    [
      'the output of ssh-keygen -l',
      '256 SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 shop (ED25519)',
      'give it as `fingerprint`',
    ],
    ['a cut key', `shop ${line.slice(0, 40)}`, 'line 1 is a cut SSH public key'],
    [
      'a key of another type',
      `shop ${line.replace('ssh-ed25519', 'ssh-rsa')}`,
      'says ssh-rsa in front of a key of the type ssh-ed25519',
    ],
    ['a word', 'shop', 'line 1 is not whole'],
    ['a broken hash', `|1|abc|def ${line}`, 'is not whole'],
    ['comments only', '# shop:22 SSH-2.0-OpenSSH_9.2\n', 'nothing but comments'],
  ])('refuses %s', (_, text, complaint) => {
    expect(() => parseKnownHosts(text)).toThrow(complaint)
  })

  it('names every line that is wrong', () => {
    expect(() => parseKnownHosts(`shop\nshop ${line}\nweb`)).toThrow(/line 1 .*; line 3 /)
  })
})

describe('knownHostsLine', () => {
  it.each([
    ['shop', 22],
    ['Shop.example.org', 2222],
    ['2001:db8::7', 22],
    ['2001:db8::7', 2222],
  ])('writes a line that matches %s on port %i', (host, port) => {
    expect(knows(knownHostsLine(host, port, parsePublicKey(line)), host, port)).toBe(true)
  })
})
