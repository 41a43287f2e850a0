import { BlockList, isIP } from 'node:net'
import { KnownFailure } from './failure.ts'

type Variables = Readonly<Record<string, string | undefined>>

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** The proxy for a URL by the usual variables, in both spellings (small letters win, as in curl); undefined for none. */
export function proxyFor(url: URL, env: Variables): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = (env[name.toLowerCase()] || env[name] || '').trim()
  if (value === '' || isExcepted(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined
  const proxy = URL.parse(/^[a-z0-9+.-]+:\/\//i.test(value) ? value : `http://${value}`)
  if (proxy && (proxy.protocol === 'http:' || proxy.protocol === 'https:')) return proxy
  // Its text is not shown: it may hold a password.
  throw new KnownFailure('proxy', `${name} is not the address of an HTTP proxy; write http://host:port`)
}

/** Whether NO_PROXY names the host: `*`, a domain and what is beneath it, `host:port`, an address, or a block of addresses. */
function isExcepted(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname)
  const port = url.port || DEFAULT_PORTS[url.protocol] || ''
  return noProxy
    .split(/[,\s]+/)
    .filter(entry => entry !== '')
    .some(entry => {
      if (entry === '*') return true
      const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry)
      if (withPort && withPort[2] !== port) return false
      const name = bare(withPort?.[1] ?? entry)
      if (name.includes('/')) return isInBlock(host, name)
      const domain = name.replace(/^\*?\./, '')
      return host === domain || host.endsWith(`.${domain}`)
    })
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.+)\]$/, '$1')
    .replace(/(.)\.$/, '$1')
}

function isInBlock(host: string, block: string): boolean {
  const [address = '', bits = ''] = block.split('/')
  const version = isIP(address)
  if (version === 0 || isIP(host) !== version || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128))
    return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family)
  return list.check(host, family)
}
