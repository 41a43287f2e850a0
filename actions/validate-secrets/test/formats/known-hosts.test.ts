import { createHmac, randomBytes } from 'node:crypto'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { describe, expect, it } from '@jest/globals'
import { complaint } from '../judging.ts'

const key = makeSshKey('ed25519').public.split(' ').slice(0, 2).join(' ')
const rsa = makeSshKey('rsa').public.split(' ').slice(0, 2).join(' ')

function hashed(host: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(host).digest('base64')}`
}

describe('known-hosts', () => {
  it.each([
    `shop.example.com ${key}`,
    `shop.example.com,203.0.113.7 ${key}`,
    `[shop.example.com]:2222 ${key}`,
    `*.example.com ${key}`,
    `${hashed('shop.example.com')} ${key}`,
    `# a comment\nshop.example.com ${key}\n`,
    `shop.example.com ${key}\nshop.example.com ${rsa}`,
    `@revoked old.example.com ${key}\nshop.example.com ${rsa}`,
    `2001:db8::1 ${key}`,
    `shop.example.com ${key}\r\n`,
    `shop.example.com ${key} comment`,
  ])('takes lines %#', async value => {
    expect(await complaint('known-hosts', value)).toBe('')
  })

  it.each([
    [key, 'is a key without its host'],
    [`SHA256:${'A'.repeat(43)}`, 'is a fingerprint'],
    [`256 SHA256:${'A'.repeat(43)} shop (ED25519)`, 'is a fingerprint'],
    ['# shop.example.com:22 SSH-2.0-OpenSSH_9.2', 'holds only comments'],
    [`shop.example.com ${key.slice(0, 40)}`, 'cut or changed'],
    [`shop.example.com ssh-rsa ${key.split(' ')[1]}`, 'cut or changed'],
    [`@cert-authority *.example.com ${key}`, 'about a certificate authority'],
    [`|1|abc ${key}`, 'a hashed host that is not whole'],
    [makeSshKey('ed25519').private, 'is a private key'],
    [`"shop.example.com ${key}"`, 'quotes around it'],
    [`shop.example.com ${key}\\nshop.example.org ${rsa}`, 'the letters \\n'],
    ['shop.example.com', 'is no line of known_hosts'],
    [`shop.example.com ${key}\nbroken`, 'is wrong in line 2'],
  ])('refuses lines %#', async (value, expected) => {
    expect(await complaint('known-hosts', value)).toContain(expected)
  })

  it.each([
    ['fd00::22', 'fd00::22'],
    ['[fd00::22]', 'fd00::22'],
    ['[fd00::22]:2222', '[fd00::22]:2222'],
    ['2001:db8::7:22', '2001:db8::7:22'],
  ])('takes the address %s of a host', async (host, written) => {
    expect(await complaint('known-hosts', `${written} ${key}`, { hosts: [host] })).toBe('')
    expect(await complaint('known-hosts', `fd00::1 ${key}`, { hosts: [host] })).toContain(`has no line about ${host}`)
  })

  it('wants a line about each host', async () => {
    const value = `[shop.example.com]:2222 ${key}\n${hashed('db.example.com')} ${key}`
    expect(await complaint('known-hosts', value, { hosts: ['shop.example.com:2222', 'db.example.com'] })).toBe('')
    expect(await complaint('known-hosts', value, { hosts: ['shop.example.com'] })).toBe(
      'mismatch: has no line about shop.example.com',
    )
  })
})
