import {
  addressOf,
  chooseContainer,
  otherServices,
  parseServiceContainers,
  parseServices,
  type ServiceContainer,
} from '@deploy-actions/core/compose/service-containers'
import { describe, expect, it } from '@jest/globals'

const NOBODY = { name: undefined, path: undefined }

function container(more: Partial<ServiceContainer> = {}): ServiceContainer {
  return {
    id: 'abc',
    name: 'shop-api-1',
    project: 'shop',
    directory: '/opt/shop',
    createdAt: 1,
    state: 'running',
    networkMode: 'shop_default',
    addresses: [{ v4: '172.18.0.3', v6: '' }],
    ...more,
  }
}

const line = (more: object) =>
  JSON.stringify({
    id: 'f00d',
    name: '/shop-api-1',
    created: '2026-11-25T10:00:00.5Z',
    labels: {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.project.working_dir': '/opt/shop',
      'com.docker.compose.oneoff': 'False',
    },
    status: 'running',
    networkMode: 'shop_default',
    networks: {
      shop_front: { IPAddress: '172.19.0.2', GlobalIPv6Address: 'fd00::2' },
      shop_back: { IPAddress: '172.18.0.2', GlobalIPv6Address: '' },
    },
    ...more,
  })

describe('parseServiceContainers', () => {
  it('reads what Docker tells, the networks in the order of their names', () => {
    expect(parseServiceContainers(`2026-11-25T10:01:00Z\n${line({})}\n`)).toEqual([
      {
        id: 'f00d',
        name: 'shop-api-1',
        project: 'shop',
        directory: '/opt/shop',
        createdAt: Date.UTC(2026, 10, 25, 10, 0, 0, 500),
        state: 'running',
        networkMode: 'shop_default',
        addresses: [
          { v4: '172.18.0.2', v6: '' },
          { v4: '172.19.0.2', v6: 'fd00::2' },
        ],
      },
    ])
  })

  it('leaves out what `docker compose run` started', () => {
    expect(parseServiceContainers(`now\n${line({ labels: { 'com.docker.compose.oneoff': 'True' } })}`)).toEqual([])
  })

  it('reads nothing from nothing', () => {
    expect(parseServiceContainers('')).toEqual([])
  })
})

describe('chooseContainer', () => {
  it('takes the newest that runs', () => {
    const old = container({ id: 'old', createdAt: 1 })
    const late = container({ id: 'late', createdAt: 2 })
    const broken = container({ id: 'broken', createdAt: 3, state: 'restarting' })
    expect(chooseContainer([old, late, broken], 'api', NOBODY)).toMatchObject({ ok: true, container: { id: 'late' } })
  })

  it('goes by the name of the project, else by its directory', () => {
    const here = container({ id: 'here' })
    const there = container({ id: 'there', project: 'blog', directory: '/opt/blog', createdAt: 9 })
    const chosen = (project: { name?: string; path?: string }) =>
      chooseContainer([here, there], 'api', { ...NOBODY, ...project })
    expect(chosen({ path: '/opt/shop' })).toMatchObject({ ok: true, container: { id: 'here' } })
    expect(chosen({ name: 'blog', path: '/opt/shop' })).toMatchObject({ ok: true, container: { id: 'there' } })
  })

  it.each([
    [[], NOBODY, 'there is no container of the service api', true],
    [
      [container()],
      { name: 'blog', path: undefined },
      'there is no container of the service api of the project blog; there is one of shop in /opt/shop',
      true,
    ],
    [
      [container()],
      { name: undefined, path: '/opt/app' },
      'there is no container of the service api that was started from /opt/app; there is one of shop in /opt/shop',
      true,
    ],
    [[container({ state: 'exited' })], NOBODY, 'no container of the service api runs (shop-api-1 is exited)', true],
    [
      [container(), container({ project: 'blog' })],
      NOBODY,
      'several projects have a service api (blog, shop); say which by `project-name`',
      false,
    ],
  ])('says why there is none (%#)', (found, project, reason, mayPass) => {
    expect(chooseContainer(found, 'api', project)).toEqual({ ok: false, reason, mayPass })
  })
})

describe('otherServices', () => {
  const printed = 'web\tshop\t/opt/shop\ndb\tshop\t/opt/shop\nweb\tshop\t/opt/shop\nblog\tblog\t/opt/blog\n'

  it.each([
    [NOBODY, '; this machine has blog, db, web'],
    [{ ...NOBODY, name: 'shop' }, '; the project has db, web'],
    [{ ...NOBODY, path: '/opt/blog' }, '; the project has blog'],
    [{ ...NOBODY, path: '/opt/none' }, ''],
  ])('of %j are "%s"', (project, text) => {
    expect(otherServices(parseServices(printed), project)).toBe(text)
  })
})

describe('addressOf', () => {
  it.each<[Partial<ServiceContainer>, 4 | 6 | undefined, string]>([
    [{}, undefined, '172.18.0.3'],
    [{}, 4, '172.18.0.3'],
    [{ addresses: [{ v4: '', v6: 'fd00::3' }] }, undefined, 'fd00::3'],
    [{ addresses: [{ v4: '172.18.0.3', v6: 'fd00::3' }] }, 6, 'fd00::3'],
    [{ networkMode: 'host' }, undefined, '127.0.0.1'],
    [{ networkMode: 'host' }, 6, '::1'],
  ])('of %j for IPv%s is %s', (more, family, address) => {
    expect(addressOf(container(more), family)).toEqual({ ok: true, address })
  })

  it.each<[Partial<ServiceContainer>, 4 | 6 | undefined, string]>([
    [{ networkMode: 'none', addresses: [] }, undefined, 'has no network'],
    [
      { networkMode: 'container:f00', addresses: [] },
      undefined,
      "uses another container's network; make the check in that one",
    ],
    [{ addresses: [{ v4: '', v6: '' }] }, undefined, 'has no address'],
    [{}, 6, 'has no address of IPv6'],
  ])('of %j for IPv%s is none', (more, family, reason) => {
    expect(addressOf(container(more), family)).toEqual({ ok: false, reason })
  })
})
