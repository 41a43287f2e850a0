import { formatHostAndPort, parseHostAddress } from '@deploy-actions/core/values/host-address'
import { describe, expect, it } from '@jest/globals'

describe('parseHostAddress', () => {
  it.each([
    ['shop.example.org', undefined, 'shop.example.org', undefined],
    ['deploy@shop.example.org', 'deploy', 'shop.example.org', undefined],
    ['deploy@shop:2222', 'deploy', 'shop', 2222],
    ['203.0.113.7:22', undefined, '203.0.113.7', 22],
    ['[::1]', undefined, '::1', undefined],
    ['root@[2001:db8::7]:2200', 'root', '2001:db8::7', 2200],
    ['admin@corp.example@web_1', 'admin@corp.example', 'web_1', undefined],
    [' shop. ', undefined, 'shop.', undefined],
  ])('reads %s', (text, user, host, port) => {
    expect(parseHostAddress(text)).toEqual({ kind: 'ssh', user, host, port })
  })

  it('reads local as the runner itself', () => {
    expect(parseHostAddress('local')).toEqual({ kind: 'local' })
  })

  it.each([
    ['', 'is empty'],
    ['ssh://deploy@shop', 'leave out ssh://'],
    ['https://shop.example.org/', 'leave out https://'],
    ['shop one', 'one host a line'],
    ['a,b', 'one host a line'],
    ['@shop', 'no user before the @'],
    ['deploy@', 'no host'],
    ['deploy@:22', 'no host'],
    ['shop:ssh', 'from 1 to 65535'],
    ['shop:', 'from 1 to 65535'],
    ['shop:65536', 'from 1 to 65535'],
    ['::1', 'in brackets'],
    ['2001:db8::1:22', 'in brackets'],
    ['[shop]:22', 'only an IPv6 address stands in brackets'],
    ['256.1.1.1', 'four numbers from 0 to 255'],
    ['shop/opt', 'holds a path'],
    ['-oProxyCommand=x', 'not a host name'],
    ['münchen.example', 'xn--'],
    [`${'a'.repeat(64)}.example`, 'not a host name'],
  ])('refuses "%s"', (text, complaint) => {
    expect(() => parseHostAddress(text)).toThrow(complaint)
  })

  it.each(['root:hunter2@shop', 'ssh://root:hunter2@shop', 'root:hunter2@shop two'])('never shows a password', text => {
    expect(() => parseHostAddress(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    )
  })
})

describe('formatHostAndPort', () => {
  it('puts brackets around IPv6 only', () => {
    expect([formatHostAndPort('::1', 22), formatHostAndPort('shop', 2222)]).toEqual(['[::1]:22', 'shop:2222'])
  })
})
