import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { CertificateAuthority, selfSigned } from '@deploy-actions/testkit/certificates'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { complaint } from '../judging.ts'

const PASS = 'correct horse battery'
const ed25519 = makeSshKey('ed25519')
const other = makeSshKey('ed25519')
const locked = makeSshKey('ed25519', { passphrase: PASS })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' | 'spki', cipher?: string): string {
  return key.export({ format: 'pem', type, ...(cipher && { cipher, passphrase: PASS }) }).toString()
}
const oneLine = (text: string) => text.trim().replaceAll('\n', ' ')
const cut = (text: string) => text.slice(0, Math.floor(text.length / 2))
const base64 = (text: string) => Buffer.from(text).toString('base64')

const PGP = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGF8\n-----END PGP PRIVATE KEY BLOCK-----'

describe('the algorithm of a private key', () => {
  it('is one of those that the rule allows', async () => {
    expect(await complaint('private-key', pem(ed.privateKey, 'pkcs8'), { algorithms: ['ed25519', 'ec'] })).toBe('')
    expect(await complaint('private-key', pem(rsa.privateKey, 'pkcs1'), { algorithms: ['ed25519', 'ec'] })).toBe(
      'forbidden: is none of ed25519, ec',
    )
  })
})

describe('a key of PGP', () => {
  it.each([
    ['ssh-private-key', 'is a key of PGP (GnuPG), not an SSH key'],
    ['private-key', 'is a key of PGP (GnuPG), not a private key in PEM'],
  ] as const)('is named as such for %s', async (type, expected) => {
    expect(await complaint(type, PGP)).toContain(expected)
  })
})

describe('ssh-private-key', () => {
  it.each([
    ['ed25519', ed25519.private],
    ['without its final newline, which every store of secrets cuts', ed25519.private.trimEnd()],
    ['with blank lines around it', `\n\n${ed25519.private}\n\n`],
    ['rsa', makeSshKey('rsa').private],
    ['ecdsa 256', makeSshKey('ecdsa', { bits: 256 }).private],
    ['ecdsa 384', makeSshKey('ecdsa', { bits: 384 }).private],
    ['ecdsa 521', makeSshKey('ecdsa', { bits: 521 }).private],
    ['PKCS#8 rsa', pem(rsa.privateKey, 'pkcs8')],
    ['PKCS#1 rsa', pem(rsa.privateKey, 'pkcs1')],
    ['SEC1', pem(ec.privateKey, 'sec1')],
    ['PKCS#8 ed25519', pem(ed.privateKey, 'pkcs8')],
    ['with CRLF, which is told as a warning', ed25519.private.replaceAll('\n', '\r\n')],
  ])('takes %s', async (_, value) => {
    expect(await complaint('ssh-private-key', value)).toBe('')
  })

  it.each([
    ['the public half', ed25519.public, 'is the public half of a key'],
    ['spaces for line breaks', oneLine(ed25519.private), 'line breaks were lost'],
    ['\\n as letters', ed25519.private.trim().replaceAll('\n', '\\n'), 'the two letters \\n'],
    ['quotes', `"${ed25519.private.trim()}"`, 'has quotes around it'],
    ['base64', base64(ed25519.private), 'was encoded with base64'],
    ['indentation', ed25519.private.trim().replace(/^/gm, '    '), 'begin with spaces'],
    ['a cut key', cut(ed25519.private), 'was cut'],
    ['no first line', ed25519.private.split('\n').slice(1).join('\n'), 'without its first line'],
    ['a path', '~/.ssh/id_ed25519', 'is the path of a file'],
    ['a fingerprint', 'SHA256:uNiVztksCsDhcc0u9e8BrrQXVUpKZIDTMczCvj3tD2s', 'is the fingerprint of a key'],
    ['a line of known_hosts', `shop.example.com ${ed25519.public}`, 'is a line of known_hosts'],
    ['a PuTTY key', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none', 'is a key in PuTTY'],
    ['two keys', `${ed25519.private}${other.private}`, 'more than one private key'],
    [
      'a damaged key',
      ed25519.private.replace(/\n(.)(.)/, '\n$2$1'),
      'format: is a private key that was damaged|not a private key',
    ],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'is a certificate'],
    ['something else', 'hunter2hunter2', 'is not a private key'],
    ['an encrypted key without passphrase', locked.private, 'is encrypted, and no rule names its passphrase'],
  ])('tells %s', async (_, value, expected) => {
    expect(await complaint('ssh-private-key', value)).toMatch(
      new RegExp(expected.replaceAll('\\', '\\\\').replace('(', '\\(')),
    )
  })

  it('opens an encrypted key with the passphrase of another name', async () => {
    const options = { 'passphrase-from': 'PASSPHRASE' }
    expect(await complaint('ssh-private-key', locked.private, options, { PASSPHRASE: PASS })).toBe('')
    expect(await complaint('ssh-private-key', locked.private, options, { PASSPHRASE: 'wrong' })).toBe(
      'mismatch: is encrypted, and `PASSPHRASE` does not open it',
    )
    expect(await complaint('ssh-private-key', locked.private, options, { PASSPHRASE: '' })).toBe(
      'mismatch: is encrypted, and `PASSPHRASE` is not set',
    )
  })

  it('holds it against the rule: passphrase, algorithm, fingerprint, public half', async () => {
    expect(await complaint('ssh-private-key', ed25519.private, { encrypted: true })).toBe(
      'forbidden: has no passphrase, and the rule wants one',
    )
    expect(await complaint('ssh-private-key', locked.private, { encrypted: false })).toBe(
      'forbidden: has a passphrase, and the rule wants none',
    )
    expect(await complaint('ssh-private-key', ed25519.private, { algorithms: ['ssh-ed25519'] })).toBe('')
    expect(await complaint('ssh-private-key', ed25519.private, { algorithms: ['ssh-rsa'] })).toBe(
      'forbidden: is no ssh-rsa key',
    )
    expect(await complaint('ssh-private-key', ed25519.private, { fingerprint: `SHA256:${'A'.repeat(43)}` })).toContain(
      'mismatch: is another key',
    )
    const pair = { 'matches-public-key': 'PUB' }
    expect(await complaint('ssh-private-key', ed25519.private, pair, { PUB: ed25519.public })).toBe('')
    expect(await complaint('ssh-private-key', ed25519.private, pair, { PUB: other.public })).toBe(
      'mismatch: does not belong to the public key in `PUB`',
    )
  })

  it('checks the pair of an encrypted key without its passphrase', async () => {
    const found = await complaint(
      'ssh-private-key',
      locked.private,
      { 'matches-public-key': 'PUB', 'passphrase-from': 'PASSPHRASE' },
      { PUB: other.public, PASSPHRASE: '' },
    )
    expect(found).toContain('does not belong to the public key in `PUB`')
  })
})

describe('ssh-public-key', () => {
  const [type = '', body = ''] = ed25519.public.split(' ')
  it.each([
    ed25519.public,
    `${type} ${body}`,
    `${type} ${body} a comment with spaces`,
    `${type}  ${body}`,
    makeSshKey('rsa').public,
    makeSshKey('rsa', { bits: 3072 }).public,
    makeSshKey('ecdsa', { bits: 256 }).public,
    makeSshKey('ecdsa', { bits: 384 }).public,
    makeSshKey('ecdsa', { bits: 521 }).public,
    other.public,
  ])('takes key %#', async value => {
    expect(await complaint('ssh-public-key', value)).toBe('')
  })

  it.each([
    ['a private key', ed25519.private.trim(), 'is a private key'],
    ['a PEM public key', pem(rsa.publicKey, 'spki').trim(), 'is a public key in PEM'],
    ['a fingerprint', `SHA256:${'A'.repeat(43)}`, 'is a fingerprint'],
    ['an old fingerprint', Array(16).fill('0a').join(':'), 'is a fingerprint'],
    ['a line of known_hosts', `shop.example.com ${ed25519.public}`, 'has a host or options in front'],
    ['no type', body, 'lacks its type'],
    ['another type in front', `ssh-rsa ${body}`, 'was cut or changed'],
    ['a cut key', `${type} ${body.slice(0, 40)}`, 'was cut or changed'],
    ['a small RSA key', makeSshKey('rsa', { bits: 1024 }).public, 'weak: is an RSA key of fewer than 2048 bits'],
    ['something else', 'not-a-key-at-all', 'is not an SSH public key'],
    ['quotes', `"${ed25519.public}"`, 'quotes around it'],
    ['a final newline', `${ed25519.public}\n`, 'line break at its end'],
  ])('refuses %s', async (_, value, expected) => {
    expect(await complaint('ssh-public-key', value)).toContain(expected)
  })

  it('belongs to its private half', async () => {
    const options = { 'matches-private-key': 'KEY' }
    expect(await complaint('ssh-public-key', ed25519.public, options, { KEY: ed25519.private })).toBe('')
    expect(await complaint('ssh-public-key', other.public, options, { KEY: ed25519.private })).toContain(
      'does not belong to the private key in `KEY`',
    )
    expect(await complaint('ssh-public-key', locked.public, options, { KEY: locked.private })).toBe('')
  })
})

describe('private-key', () => {
  const sec1WithParameters = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec.privateKey, 'sec1')}`
  it.each([
    ['PKCS#8 rsa', pem(rsa.privateKey, 'pkcs8')],
    ['PKCS#1', pem(rsa.privateKey, 'pkcs1')],
    ['SEC1', pem(ec.privateKey, 'sec1')],
    ['SEC1 with parameters', sec1WithParameters],
    ['PKCS#8 EC', pem(ec.privateKey, 'pkcs8')],
    ['ed25519', pem(ed.privateKey, 'pkcs8')],
    ['P-384', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'pkcs8')],
    ['x25519', pem(generateKeyPairSync('x25519').privateKey, 'pkcs8')],
    ['ed448', pem(generateKeyPairSync('ed448').privateKey, 'pkcs8')],
    ['no final newline', pem(ec.privateKey, 'pkcs8').trimEnd()],
    ['CRLF', pem(ec.privateKey, 'pkcs8').replaceAll('\n', '\r\n')],
  ])('takes %s', async (_, value) => {
    expect(await complaint('private-key', value)).toBe('')
  })

  it.each([
    ['a public key', pem(rsa.publicKey, 'spki'), 'is a public key'],
    ['an OpenSSH key', ed25519.private, "OpenSSH's own format"],
    ['one line', oneLine(pem(ec.privateKey, 'pkcs8')), 'lost its line breaks'],
    ['\\n as letters', pem(ec.privateKey, 'pkcs8').trim().replaceAll('\n', '\\n'), 'the letters \\n'],
    ['quotes', `"${pem(ec.privateKey, 'pkcs8').trim()}"`, 'has quotes around it'],
    ['base64', base64(pem(ec.privateKey, 'pkcs8')), 'is base64 of a PEM text'],
    ['cut', cut(pem(rsa.privateKey, 'pkcs8')), 'was cut'],
    ['indented', pem(ec.privateKey, 'pkcs8').replace(/\n(?=\S)/g, '\n  '), 'is indented'],
    ['changed', pem(ec.privateKey, 'pkcs8').replace(/\n..../, '\nAAAA'), 'was changed or cut'],
    ['no BEGIN line', 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg', 'lost its -----BEGIN'],
    ['something else', 'hunter2hunter2', 'is no PEM text'],
    ['a key and more', `${pem(ec.privateKey, 'pkcs8')}${pem(ec.publicKey, 'spki')}`, 'more than a private key'],
    ['encrypted', pem(ec.privateKey, 'pkcs8', 'aes-256-cbc'), 'is encrypted, and no rule'],
  ])('refuses %s', async (_, value, expected) => {
    expect(await complaint('private-key', value)).toContain(expected)
  })

  it('opens it, and holds it against its public half', async () => {
    const encrypted = pem(ec.privateKey, 'pkcs8', 'aes-256-cbc')
    const options = { 'passphrase-from': 'PASSPHRASE' }
    expect(await complaint('private-key', encrypted, options, { PASSPHRASE: PASS })).toBe('')
    expect(await complaint('private-key', encrypted, options, { PASSPHRASE: 'no' })).toContain('does not open it')
    expect(await complaint('private-key', encrypted, { ...options, encrypted: false }, { PASSPHRASE: PASS })).toContain(
      'forbidden',
    )
    expect(await complaint('private-key', pem(ec.privateKey, 'pkcs8'), { encrypted: true })).toContain(
      'forbidden: has no passphrase',
    )
    const pair = { 'matches-public-key': 'PUB' }
    expect(await complaint('private-key', pem(ec.privateKey, 'sec1'), pair, { PUB: pem(ec.publicKey, 'spki') })).toBe(
      '',
    )
    expect(
      await complaint('private-key', pem(ec.privateKey, 'sec1'), pair, { PUB: pem(rsa.publicKey, 'spki') }),
    ).toContain('does not belong')
  })
})

describe('certificate', () => {
  const good: Record<string, string> = {}
  const bad: Record<string, string> = {}
  let leaf = { cert: '', key: '' }
  beforeAll(async () => {
    const authority = await CertificateAuthority.create()
    leaf = await authority.issue({ names: ['shop.example.com', '*.example.org'], days: 60 })
    good['a leaf'] = leaf.cert
    good['a chain'] = `${leaf.cert}\n${authority.cert}`
    good['an authority'] = authority.cert
    good['no final newline'] = leaf.cert.trimEnd()
    good['CRLF'] = leaf.cert.replaceAll('\n', '\r\n')
    good['blank lines'] = `\n${leaf.cert}\n\n${authority.cert}\n`
    good['openssl text in front'] = `subject=CN = shop\nissuer=CN = Test\n${leaf.cert}`
    good['self-signed'] = (await selfSigned({ names: ['a'] })).cert
    good['an address'] = (await authority.issue({ names: ['203.0.113.7'] })).cert
    good['five days left'] = (await authority.issue({ names: ['a'], days: 5 })).cert
    bad['has expired'] = (await authority.issue({ names: ['a'], days: -1 })).cert
    bad['is not valid yet'] = (await authority.issue({ names: ['a'], days: 30, startsIn: 3 })).cert
    bad['wrong order'] = `${authority.cert}\n${leaf.cert}`
    bad['is a private key, not a certificate'] = leaf.key
    bad['holds a private key too'] = `${leaf.cert}\n${leaf.key}`
    bad['is a certificate request'] = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----'
    bad['is a public key'] = pem(rsa.publicKey, 'spki')
    bad['lost its line breaks'] = oneLine(leaf.cert)
    bad['the letters \\n'] = leaf.cert.trim().replaceAll('\n', '\\n')
    bad['was cut'] = cut(leaf.cert)
    bad['is base64 of a PEM text'] = base64(leaf.cert)
    bad['lost its -----BEGIN'] = leaf.cert.split('\n').slice(1, -1).join('')
    bad['its content was changed'] = leaf.cert.replace(/\n..../, '\nAAAA')
    bad['is PEM, but no certificate'] = '-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----'
    bad['is no PEM text'] = 'certificate.pem'
  })

  it('takes ten kinds of right ones', async () => {
    expect(Object.keys(good)).toHaveLength(10)
    for (const [kind, value] of Object.entries(good))
      expect([kind, await complaint('certificate', value)]).toEqual([kind, ''])
  })

  it('tells fifteen kinds of wrong ones apart', async () => {
    expect(Object.keys(bad)).toHaveLength(15)
    for (const [expected, value] of Object.entries(bad))
      expect(await complaint('certificate', value)).toContain(expected)
  })

  it('looks at host, days and key', async () => {
    expect(await complaint('certificate', leaf.cert, { host: 'shop.example.com', 'min-days-left': 30 })).toBe('')
    expect(await complaint('certificate', leaf.cert, { host: 'a.example.org' })).toBe('')
    expect(await complaint('certificate', leaf.cert, { host: 'example.net' })).toBe(
      'mismatch: is not good for the host example.net',
    )
    expect(await complaint('certificate', leaf.cert, { 'min-days-left': 90 })).toBe(
      'expired: expires in less than 90 days',
    )
    const options = { 'matches-private-key': 'KEY' }
    expect(await complaint('certificate', leaf.cert, options, { KEY: leaf.key })).toBe('')
    expect(await complaint('certificate', leaf.cert, options, { KEY: pem(ec.privateKey, 'pkcs8') })).toContain(
      'does not belong to the private key in `KEY`',
    )
  })
})
