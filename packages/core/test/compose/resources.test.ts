import { readFileSync } from 'node:fs'
import { parseComposeConfig } from '@deploy-actions/core/compose/config'
import {
  isComparable,
  parsePresentResources,
  readResources,
  resourceDifferences,
} from '@deploy-actions/core/compose/resources'
import { describe, expect, it } from '@jest/globals'

/** A network as Docker 26 prints it, without what is not read. */
const present = {
  Name: 'shop_backend',
  Driver: 'bridge',
  EnableIPv6: false,
  IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.0.1' }] },
  Internal: false,
  Attachable: false,
  Options: {},
  Labels: { 'com.docker.compose.network': 'backend', 'com.docker.compose.project': 'shop' },
}
const share = { type: 'cifs', device: '//nas/data', o: 'username=u,password=pa$$' }
const data = { Name: 'shop_data', Driver: 'local', Options: { ...share, o: 'username=u,password=pa$' }, Labels: {} }

const network = (parts: object) => ({ networks: { backend: { name: 'shop_backend', ...parts } } })
const volume = (parts: object) => ({ volumes: { data: { name: 'shop_data', ...parts } } })

const network6 = {
  ...present,
  EnableIPv6: true,
  IPAM: { Config: [{ Subnet: '2001:db8::/64' }, { Subnet: '10.9.0.0/24' }] },
}

function differing(config: object, networks: readonly object[] = [present], volumes: readonly object[] = [data]) {
  const lines = (list: readonly object[]) => list.map(each => `${JSON.stringify(each)}\n`).join('')
  const found = [
    ...parsePresentResources('network', lines(networks)),
    ...parsePresentResources('volume', lines(volumes)),
  ]
  return resourceDifferences(readResources({ ...config }), found, '/tmp/preview/shop')
}

describe('resourceDifferences', () => {
  it.each<[string, object, object?]>([
    ['a network that leaves everything to the engine', network({ ipam: {} })],
    [
      'the default driver and the subnet that it has',
      network({ driver: 'bridge', ipam: { config: [{ subnet: '10.1.0.0/16' }] } }),
    ],
    [
      'another spelling of an IPv6 subnet',
      network({ enable_ipv6: true, ipam: { config: [{ subnet: '2001:0db8::/64' }] } }),
      network6,
    ],
    ['a volume with the same options', volume({ driver_opts: share })],
    [
      'a path in the directory that the configuration was read in',
      volume({ driver_opts: { ...share, device: '/tmp/preview/shop/data' } }),
    ],
    ['an external one', { volumes: { data: { name: 'shop_data', external: true } } }],
    ['one that is not there yet', { volumes: { other: { name: 'shop_other', driver: 'nfs' } } }],
  ])('is empty for %s', (_, config, found = present) => {
    expect(differing(config, [found])).toEqual([])
  })

  it.each<[string, object, string[]]>([
    ['a subnet', network({ ipam: { config: [{ subnet: '10.2.0.0/16' }] } }), ['subnet 10.2.0.0/16']],
    [
      'a gateway',
      network({ ipam: { config: [{ subnet: '10.1.0.0/16', gateway: '10.1.0.9' }] } }),
      ['gateway of 10.1.0.0/16'],
    ],
    ['an internal network', network({ internal: true }), ['internal']],
    [
      'options of a network',
      network({ driver_opts: { 'com.docker.network.driver.mtu': '1400' } }),
      ['driver_opts.com.docker.network.driver.mtu'],
    ],
    ['a driver', network({ driver: 'macvlan' }), ['driver']],
    ['options of a volume', volume({ driver_opts: { ...share, o: 'username=u,password=other' } }), ['driver_opts.o']],
    ['a volume without its options', volume({}), ['driver_opts.type', 'driver_opts.device', 'driver_opts.o']],
  ])('names %s, and no value of an option', (_, config, settings) => {
    expect(differing(config)).toMatchObject([{ settings, isRecreated: false }])
  })

  it('knows the networks that Compose recreates', () => {
    const hashed = { ...present, Labels: { ...present.Labels, 'com.docker.compose.config-hash': 'abc' } }
    expect(differing(network({ internal: true }), [hashed])).toMatchObject([{ isRecreated: true }])
  })
})

describe('isComparable', () => {
  it('needs no look at a network without settings', () => {
    const config = { ...network({ ipam: {} }), ...volume({}) }
    expect(readResources(config).filter(isComparable)).toMatchObject([{ kind: 'volume', name: 'shop_data' }])
    expect(readResources(network({ internal: true })).filter(isComparable)).toHaveLength(1)
  })
})

it.each(['2.26.1', '5.5.1'])('reads the names that Compose %s gives', version => {
  const printed = readFileSync(new URL(`fixtures/config/printed-by-${version}.txt`, import.meta.url), 'utf8')
  expect(parseComposeConfig(printed).resources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'network shop_default',
    'volume shop_data',
  ])
})
