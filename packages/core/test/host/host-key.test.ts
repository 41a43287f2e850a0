import {
  HostKeyRefused,
  hostKeyAlgorithms,
  judgeHostKey,
  parseFingerprints,
  parseHostKeyPolicy,
} from '@deploy-actions/core/host/host-key'
import { parsePublicKey } from '@deploy-actions/core/values/ssh-public-key'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const ed25519 = parsePublicKey(makeSshKey('ed25519').public)
const newEd25519 = parsePublicKey(makeSshKey('ed25519').public)
const ecdsa = parsePublicKey(makeSshKey('ecdsa').public)
const shop = { host: 'shop', port: 22 }

function lineOf(key: typeof ed25519, host = 'shop'): string {
  return `${host} ${key.type} ${key.blob.toString('base64')}`
}

describe('judgeHostKey', () => {
  it.each([
    ['accepted', 'a known line', lineOf(ed25519), ''],
    ['accepted', 'a fingerprint', '', ed25519.fingerprint],
    ['accepted', 'one of several fingerprints', '', `${ecdsa.fingerprint}, ${ed25519.fingerprint}=`],
    ['accepted', 'a fingerprint beside a line about another key', lineOf(newEd25519), ed25519.fingerprint],
    ['changed', 'another key of the same type', lineOf(newEd25519), ''],
    ['unknown', 'a key of another type', lineOf(ecdsa), ''],
    ['unknown', 'lines about another host', lineOf(ed25519, 'web'), ''],
    ['unknown', 'another fingerprint', '', ecdsa.fingerprint],
    ['revoked', 'a revoked key', `@revoked ${lineOf(ed25519, '*')}\n${lineOf(ed25519)}`, ed25519.fingerprint],
    ['not-given', 'nothing', '', ''],
  ])('%s for %s', (verdict, _, knownHosts, fingerprint) => {
    expect(judgeHostKey(parseHostKeyPolicy({ knownHosts, fingerprint }), ed25519, shop)).toBe(verdict)
  })

  it('accepts anything only where that was typed out', () => {
    expect(judgeHostKey({ kind: 'accept-any' }, ed25519, shop)).toBe('accepted-unchecked')
  })
})

describe('hostKeyAlgorithms', () => {
  it('asks for the type that is known first', () => {
    const policy = parseHostKeyPolicy({ knownHosts: lineOf(ecdsa), fingerprint: '' })
    expect(hostKeyAlgorithms(policy, shop).slice(0, 2)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
  })

  it('leaves out what was shown already, and never offers SHA-1', () => {
    const algorithms = hostKeyAlgorithms({ kind: 'not-given' }, shop, ['ssh-ed25519'])
    expect(algorithms).not.toContain('ssh-ed25519')
    expect(algorithms).not.toContain('ssh-rsa')
    expect(algorithms.at(-1)).toBe('rsa-sha2-256')
  })
})

describe('parseFingerprints', () => {
  it('takes a line of ssh-keygen -l', () => {
    expect(parseFingerprints(`256 ${ed25519.fingerprint} root@shop (ED25519)`)).toEqual([ed25519.fingerprint])
  })

  it.each([
    ['MD5', 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'is an MD5 fingerprint'],
    ['MD5 without its name', '16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'is an MD5 fingerprint'],
    ['a cut one', ed25519.fingerprint.slice(0, -1), 'is not a fingerprint'],
    ['one without SHA256:', ed25519.fingerprint.slice(7), 'looks like SHA256:'],
  ])('refuses %s', (_, text, complaint) => {
    expect(() => parseFingerprints(text)).toThrow(complaint)
  })
})

describe('HostKeyRefused', () => {
  it('shows the lines to set and, for a changed key, warns of someone in between', () => {
    const policy = parseHostKeyPolicy({ knownHosts: lineOf(newEd25519), fingerprint: '' })
    const { message } = new HostKeyRefused('changed', [ed25519], shop, policy)
    expect(message).toContain('Someone may be intercepting the connection')
    expect(message).toContain(`  fingerprint: ${ed25519.fingerprint}\n  known-hosts: |\n    ${lineOf(ed25519)}`)
    expect(message).toContain(`${newEd25519.fingerprint} (ssh-ed25519, line 1 of known-hosts)`)
  })

  it('shows inputs that can be pasted as they are, for any port and any number of keys', () => {
    for (const offered of [[ed25519], [ed25519, ecdsa]]) {
      const endpoint = { host: 'shop', port: 2222 }
      const { message } = new HostKeyRefused('not-given', offered, endpoint, { kind: 'not-given' })
      expect(message).not.toContain('Expected')
      const inputs = parse(message.slice(message.indexOf('The server offers') + 'The server offers:'.length))
      for (const given of [{ knownHosts: inputs['known-hosts'] }, { fingerprint: inputs.fingerprint }]) {
        const policy = parseHostKeyPolicy({ knownHosts: '', fingerprint: '', ...given })
        for (const key of offered) expect(judgeHostKey(policy, key, endpoint)).toBe('accepted')
      }
    }
  })
})
