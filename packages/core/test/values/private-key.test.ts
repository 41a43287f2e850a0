import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readPrivateKey } from '@deploy-actions/core/values/private-key'
import { Secret } from '@deploy-actions/core/values/secret'
import { parsePublicKey } from '@deploy-actions/core/values/ssh-public-key'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import ssh2 from 'ssh2'

const { parseKey } = ssh2.utils
const PASS = 'correct horse'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey
const openssh = makeSshKey('ed25519', { comment: 'deploy@ci' })
const encrypted = makeSshKey('ed25519', { comment: 'locked', passphrase: PASS, cipher: 'aes256-ctr' })

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1', cipher?: string): string {
  const locked = cipher === undefined ? {} : { cipher, passphrase: PASS }
  return key.export({ format: 'pem', type, ...locked }).toString()
}

function codeOf(text: string, passphrase?: string): string {
  const reading = readPrivateKey(text, passphrase === undefined ? undefined : new Secret(passphrase))
  return reading.ok ? 'ok' : reading.problem.code
}

describe('readPrivateKey', () => {
  it.each([
    ['OpenSSH ed25519', openssh.private, 'ssh-ed25519', 256],
    ['OpenSSH rsa', makeSshKey('rsa', { bits: 2048 }).private, 'ssh-rsa', 2048],
    ['OpenSSH ecdsa', makeSshKey('ecdsa', { bits: 384 }).private, 'ecdsa-sha2-nistp384', 384],
    ['PEM RSA (PKCS#1)', pem(rsa, 'pkcs1'), 'ssh-rsa', 2048],
    ['PEM EC (SEC1)', pem(p256, 'sec1'), 'ecdsa-sha2-nistp256', 256],
    ['PKCS#8 rsa', pem(rsa, 'pkcs8'), 'ssh-rsa', 2048],
    ['PKCS#8 ed25519', pem(ed25519, 'pkcs8'), 'ssh-ed25519', 256],
    ['PKCS#8 P-384', pem(p384, 'pkcs8'), 'ecdsa-sha2-nistp384', 384],
    ['PKCS#8 P-521', pem(p521, 'pkcs8'), 'ecdsa-sha2-nistp521', 521],
  ])('takes %s', (_, text, type, bits) => {
    const reading = readPrivateKey(text)
    expect(reading).toMatchObject({ ok: true, key: { publicKey: { type, bits }, encrypted: false, notices: [] } })
    if (!reading.ok) return
    const parsed = parseKey(reading.key.openssh.reveal())
    if (parsed instanceof Error) throw parsed
    expect(parsed.isPrivateKey()).toBe(true)
    expect(Buffer.from(parsed.getPublicSSH())).toEqual(reading.key.publicKey.blob)
    const signature = parsed.sign(Buffer.from('text'))
    expect(parsed.verify(Buffer.from('text'), signature)).toBe(true)
  })

  it.each([
    ['OpenSSH aes256-ctr', encrypted.private],
    ['OpenSSH aes256-gcm', makeSshKey('ed25519', { passphrase: PASS, cipher: 'aes256-gcm@openssh.com' }).private],
    ['OpenSSH aes128-cbc', makeSshKey('ecdsa', { bits: 256, passphrase: PASS, cipher: 'aes128-cbc' }).private],
    ['PEM RSA', pem(rsa, 'pkcs1', 'aes-128-cbc')],
    ['PEM EC', pem(p256, 'sec1', 'aes-256-cbc')],
    ['PKCS#8', pem(ed25519, 'pkcs8', 'aes-256-cbc')],
  ])('opens an encrypted key: %s', (_, text) => {
    expect(codeOf(text)).toBe('passphrase-missing')
    expect(codeOf(text, 'wrong one')).toBe('passphrase-wrong')
    expect(readPrivateKey(text, new Secret(PASS))).toMatchObject({ ok: true, key: { encrypted: true } })
  })

  it('knows the public half of an encrypted key without its passphrase', () => {
    const reading = readPrivateKey(encrypted.private)
    expect(reading).toMatchObject({
      ok: false,
      problem: { publicKey: { fingerprint: parsePublicKey(encrypted.public).fingerprint } },
    })
  })

  it('says the line for authorized_keys', () => {
    expect(readPrivateKey(openssh.private)).toMatchObject({ ok: true, key: { authorizedKey: openssh.public.trim() } })
  })

  it('notes a passphrase that nothing needs', () => {
    const reading = readPrivateKey(openssh.private, new Secret(PASS))
    expect(reading).toMatchObject({ ok: true, key: { notices: [expect.stringContaining('not encrypted')] } })
  })

  const body = openssh.private.trim().split('\n')
  it.each([
    ['CRLF', openssh.private.replaceAll('\n', '\r\n')],
    ['CR alone', openssh.private.replaceAll('\n', '\r')],
    ['no newline at the end', openssh.private.trimEnd()],
    ['a byte order mark', `\uFEFF${openssh.private}`],
    ['blank lines around it', `\n\n  \n${openssh.private}\n\n`],
    ['spaces at the end of lines', openssh.private.replaceAll('\n', '  \n')],
    ['lines of text before it', `Bag Attributes\n  friendlyName: x\n${pem(rsa, 'pkcs8')}`],
    [
      'EC parameters before it',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(p256, 'sec1')}`,
    ],
  ])('repairs in silence: %s', (_, text) => {
    expect(codeOf(text)).toBe('ok')
  })

  it.each([
    ['empty', ''],
    ['empty', ' \n\t\n'],
    ['escaped-newlines', openssh.private.replaceAll('\n', '\\n')],
    ['escaped-newlines', openssh.private.replaceAll('\n', '\\r\\n')],
    ['quoted', JSON.stringify(openssh.private)],
    ['quoted', `'${openssh.private}'`],
    ['quoted', `${openssh.private.trim()}"`],
    ['public-key', openssh.public],
    [
      'public-key',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    ],
    ['certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    ['certificate', 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t me'],
    ['known-hosts', `shop.example.org ${openssh.public}`],
    ['known-hosts', `|1|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM= ${openssh.public}`],
    ['fingerprint', 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8'],
    ['fingerprint', '256 SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 me (ED25519)'],
    ['fingerprint', 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48'],
    ['file-path', '~/.ssh/id_ed25519'],
    ['file-path', '/home/deploy/.ssh/key'],
    ['putty', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n'],
    ['base64', Buffer.from(openssh.private).toString('base64')],
    ['base64', Buffer.from(openssh.private).toString('base64').replace(/.{76}/g, '$&\n')],
    ['base64', Buffer.from(openssh.private).toString('base64').replace(/=+$/, '')],
    ['not-a-key', 'hunter2 hunter2'],
    ['not-a-key', '***'],
    ['text-before', `SSH_KEY=${openssh.private}`],
    ['bad-dashes', openssh.private.replaceAll('-----', '—')],
    ['pgp', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBGF8\n-----END PGP PRIVATE KEY BLOCK-----'],
    ['other-program', '-----BEGIN ACME PRIVATE KEY FILE-----\nAAAA\n-----END ACME PRIVATE KEY FILE-----'],
    ['bad-dashes', openssh.private.replaceAll('-----', '----')],
    ['no-begin-line', body.slice(1).join('\n')],
    ['no-begin-line', body.slice(1, -1).join('\n')],
    ['joined-lines', body.join(' ')],
    ['joined-lines', body.join('')],
    ['joined-lines', `${body[0]}\n${body.slice(1).join(' ')}`],
    ['indented', body.map(line => `  ${line}`).join('\n')],
    ['indented', body.join('\n    ')],
    ['cut', body.slice(0, -1).join('\n')],
    ['cut', body.slice(0, -3).join('\n')],
    ['cut', body.toSpliced(-2, 1).join('\n')],
    ['cut', pem(rsa, 'pkcs1').trim().split('\n').toSpliced(-3, 2).join('\n')],
    ['cut', pem(ed25519, 'pkcs8').replace(/.{8}\n-----END/, '\n-----END')],
    ['damaged', body.with(1, `*${body[1]?.slice(1)}`).join('\n')],
    ['several-keys', openssh.private + encrypted.private],
    ['unsupported', openssh.private.replaceAll('OPENSSH', 'DSA')],
    ['unsupported', pem(generateKeyPairSync('x25519').privateKey, 'pkcs8')],
    ['unsupported', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, 'pkcs8')],
  ])('tells apart: %s', (code, text) => {
    expect(codeOf(text)).toBe(code)
  })

  it('finds a key whose halves do not belong together', () => {
    const bytes = Buffer.from(body.slice(1, -1).join(''), 'base64')
    // A bit of the seed, which stands before comment and padding.
    const at = bytes.lastIndexOf(Buffer.from('deploy@ci')) - 50
    bytes[at] = (bytes[at] ?? 0) ^ 1
    const damaged = [body[0], bytes.toString('base64'), body.at(-1)].join('\n')
    expect(codeOf(damaged)).toBe('damaged')
  })

  it('never quotes a piece of what it read', () => {
    const material = [openssh.private, pem(rsa, 'pkcs1'), pem(ed25519, 'pkcs8', 'aes-256-cbc')]
    fc.assert(
      fc.property(fc.constantFrom(...material), fc.nat(), fc.nat(), fc.string(), (text, from, length, noise) => {
        const start = from % text.length
        const mangled = text.slice(0, start) + noise + text.slice(start + (length % 80))
        const reading = readPrivateKey(mangled, new Secret('passphrase-of-the-test'))
        if (reading.ok) return
        const told = `${reading.problem.message} ${reading.problem.cure}`
        expect(told).not.toContain('passphrase-of-the-test')
        for (const line of text.split('\n').filter(candidate => !candidate.includes('-----') && candidate !== '')) {
          expect(told).not.toContain(line.slice(0, 6))
        }
      }),
    )
  })
})
