import { isPlain, parseCoolifyUrl, parseDeployWebhook } from '@deploy-actions/core/coolify/addresses'
import { parseDeployReply } from '@deploy-actions/core/coolify/deploy-reply'
import { isOver, parseDeployment } from '@deploy-actions/core/coolify/deployment'
import { listOf, timeOf } from '@deploy-actions/core/coolify/fields'
import { failureReason, visibleLines } from '@deploy-actions/core/coolify/logs'
import { parseApplication, parseServerImage } from '@deploy-actions/core/coolify/resource'
import { compareVersions, hasFeature, parseVersion } from '@deploy-actions/core/coolify/version'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

function version(text: string) {
  const parsed = parseVersion(text)
  if (!parsed) throw new Error(`${text} is no version`)
  return parsed
}

describe('a version of Coolify', () => {
  it('is ordered as Coolify released them, with betas before their release', () => {
    const ordered = [
      '4.0.0-beta.97',
      '4.0.0-beta.402',
      '4.0.0-beta.464',
      '4.0.0',
      '4.1.2',
      '4.3.9',
      '4.3.11',
      '4.4-rc.1',
      '4.4',
    ]
    const shuffled = ordered.toReversed().map(version)
    expect(shuffled.sort(compareVersions).map(({ text }) => text)).toEqual(ordered)
  })

  it.each(['', 'OK', '<html>4.3.1</html>', 'latest', '4'])('is not found in %j', text => {
    expect(parseVersion(text)).toBeUndefined()
  })

  it.each([
    ['4.3.0', 'the rollback of git applications', true],
    ['4.2.9', 'the rollback of git applications', false],
    ['4.1.2', 'deploying a given commit', false],
    ['4.2.0', 'deploying a given commit', true],
    ['4.0.0-beta.470', 'previews of image tags', false],
    ['4.0.0', 'previews of image tags', true],
  ] as const)('%s and %s: %s', (text, feature, expected) => {
    expect(hasFeature(version(text), feature)).toBe(expected)
  })

  it('takes a v before it', () => expect(version('v4.3.11')).toEqual(version('4.3.11')))
})

describe('a deploy webhook', () => {
  it('is read as the page of a resource shows it', () => {
    expect(parseDeployWebhook('https://coolify.example.org/api/v1/deploy?uuid=k0w8&force=false')).toEqual({
      base: 'https://coolify.example.org',
      uuids: ['k0w8'],
      tags: [],
      force: false,
      pullRequest: undefined,
    })
  })

  it('may name several resources, a tag, a pull request, and sit below a path', () => {
    expect(parseDeployWebhook('http://10.0.0.1:8000/panel/api/v1/deploy/?uuid=a,%20b,&force=true&pr=7')).toMatchObject({
      base: 'http://10.0.0.1:8000/panel',
      uuids: ['a', 'b'],
      force: true,
      pullRequest: 7,
    })
    expect(parseDeployWebhook('https://c.example/api/v1/deploy?tag=prod')).toMatchObject({ tags: ['prod'], uuids: [] })
  })

  it.each([
    ['nonsense', 'not a web address'],
    ['ftp://c.example/api/v1/deploy?uuid=a', 'not a web address'],
    ['https://user:secret@c.example/api/v1/deploy?uuid=a', 'user or a password'],
    ['https://c.example/webhooks/source/github/events/manual', "git host's pushes"],
    [
      'https://c.example/project/p1/environment/e1/application/k0w8',
      '`coolify-url: https://c.example` and `uuid: k0w8`',
    ],
    ['https://c.example/api/v1/applications/a/start', 'not to /api/v1/deploy'],
    ['https://c.example/api/v1/deploy?force=false', 'neither uuid= nor tag='],
    ['https://c.example/api/v1/deploy?uuid=a&tag=b', 'accepts only one of them'],
  ])('%s is refused with what is right', (text, message) => {
    expect(() => parseDeployWebhook(text)).toThrow(message)
  })
})

describe("a Coolify's address", () => {
  it.each([
    'https://c.example',
    'https://c.example/',
    'https://c.example/api',
    'https://c.example/api/v1',
    'https://c.example/api/v1/',
  ])('%s leads to the same', text => expect(parseCoolifyUrl(text)).toBe('https://c.example'))

  it.each([
    ['https://c.example/api/v1/deploy?uuid=a', 'set it as `webhook`'],
    ['https://c.example/project/p/environment/e/service/s9/', '`uuid: s9`'],
    ['https://c.example/?a=b', 'more than an address'],
    ['c.example', 'not a web address'],
  ])('%s is refused with what is right', (text, message) => expect(() => parseCoolifyUrl(text)).toThrow(message))

  it.each([
    ['http://10.0.0.1:8000', true],
    ['http://localhost:8000', false],
    ['http://127.0.0.1', false],
    ['http://[::1]:8000', false],
    ['https://c.example', false],
  ])('%s can be read on the way: %s', (base, expected) => expect(isPlain(base)).toBe(expected))
})

describe('the answer to a deploy', () => {
  it('by uuid tells each resource, and gives no id for what was left out', () => {
    const reply = {
      deployments: [
        { message: 'Application api deployment queued.', resource_uuid: 'a1', deployment_uuid: 'd1' },
        { message: 'Deployment already queued for this commit.', resource_uuid: 'a2', deployment_uuid: 'never-stored' },
        { message: 'Service umami started. It could take a while, be patient.', resource_uuid: 's1' },
        { message: 'Database pg started.', resource_uuid: 'p1' },
        { message: 'Unauthorized to deploy this application.', resource_uuid: 'a3' },
      ],
    }
    expect(parseDeployReply(reply)?.map(({ resourceUuid, outcome }) => [resourceUuid, outcome])).toEqual([
      ['a1', { kind: 'queued', deploymentUuid: 'd1' }],
      ['a2', { kind: 'duplicate' }],
      ['s1', { kind: 'started' }],
      ['p1', { kind: 'started' }],
      ['a3', { kind: 'refused' }],
    ])
  })

  it('by tag gives each message its own deployment, also past one that has none', () => {
    const reply = {
      message: [
        'Unauthorized to deploy this application.',
        'Application api deployment queued.',
        'Deployment already queued for this commit.',
        'Service umami started. It could take a while, be patient.',
      ],
      details: [
        { resource_uuid: 'a2', deployment_uuid: 'd2' },
        { resource_uuid: 'a3', deployment_uuid: 'never-stored' },
      ],
    }
    expect(parseDeployReply(reply)?.map(({ resourceUuid, outcome }) => [resourceUuid, outcome.kind])).toEqual([
      [undefined, 'refused'],
      ['a2', 'queued'],
      ['a3', 'duplicate'],
      [undefined, 'started'],
    ])
  })

  it.each([null, 'OK', [], { message: 'hello' }])('is not found in %j', body => {
    expect(parseDeployReply(body)).toBeUndefined()
  })
})

describe('what Coolify says of itself', () => {
  it('takes HEAD for no commit yet, and times with and without a zone', () => {
    const fields = {
      deployment_uuid: 'd1',
      status: 'finished',
      commit: 'HEAD',
      pull_request_id: 0,
      created_at: '2026-08-22T12:00:00.000000Z',
      finished_at: '2026-08-22 12:01:00',
      server_id: 3,
      destination_id: '1',
    }
    expect(parseDeployment(fields)).toMatchObject({
      commit: undefined,
      createdAt: Date.UTC(2026, 7, 22, 12),
      finishedAt: Date.UTC(2026, 7, 22, 12, 1),
      destination: '3/1',
    })
    expect(parseDeployment({ uuid: 'x' })).toBeUndefined()
  })

  it.each(['finished', 'failed', 'cancelled-by-user'])('%s is an end', status => expect(isOver({ status })).toBe(true))
  it.each(['queued', 'in_progress', 'something-new'])('%s is none', status => expect(isOver({ status })).toBe(false))

  it('reads a list that Laravel wrote as an object', () => {
    expect(listOf({ 1: { a: 1 }, 0: { a: 2 } })).toHaveLength(2)
    expect(listOf('x')).toEqual([])
  })

  it('tells a pin, the first of several domains, and the tag latest where none is set', () => {
    const fields = { uuid: 'a', build_pack: 'dockerimage', docker_registry_image_name: 'nginx', git_commit_sha: 'HEAD' }
    expect(parseApplication({ ...fields, fqdn: 'https://a.example,https://b.example' })).toMatchObject({
      image: { name: 'nginx', tag: 'latest' },
      pinnedCommit: undefined,
      domains: ['https://a.example', 'https://b.example'],
    })
    expect(parseApplication({ ...fields, git_commit_sha: 'abc' })?.pinnedCommit).toBe('abc')
    expect(parseApplication({ uuid: 'a' })).toBeUndefined()
  })

  it.each([
    ['https://shop.example:3000', 'https://shop.example'],
    ['https://shop.example/app', 'https://shop.example/app'],
    ['shop.example', 'http://shop.example'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])("the domain %s, whose port is the container's, is reached at %s", (fqdn, address) => {
    expect(parseApplication({ uuid: 'a', build_pack: 'nixpacks', fqdn })?.domains).toEqual([address])
  })

  it.each([
    ['2026-08-20 10:15:02 +0000 UTC', Date.UTC(2026, 7, 20, 10, 15, 2)],
    ['2026-08-20 12:15:02 +0200 CEST', Date.UTC(2026, 7, 20, 10, 15, 2)],
    ['2026-08-20T10:15:02Z', Date.UTC(2026, 7, 20, 10, 15, 2)],
    ['yesterday', undefined],
  ])('an image was built at %s', (created_at, expected) => {
    expect(parseServerImage({ tag: '1', created_at })?.builtAt).toBe(expected)
  })

  it('leaves out images without a tag', () => expect(parseServerImage({ tag: '<none>' })).toBeUndefined())

  it('never fails on a time', () => {
    fc.assert(fc.property(fc.anything(), value => ['number', 'undefined'].includes(typeof timeOf({ at: value }, 'at'))))
  })
})

describe('the log of a deployment', () => {
  const entry = (output: string, more = {}) => ({ output, type: 'stdout', hidden: false, ...more })

  it('shows what people are shown, and never what is hidden', () => {
    const logs = JSON.stringify([
      entry('Starting\r\n\nPulling'),
      entry('docker login -p hunter2', { hidden: true }),
      entry('no flag at all', { hidden: undefined }),
      entry('', {}),
      entry('boom', { type: 'stderr' }),
    ])
    expect(visibleLines(logs)).toEqual(['Starting', 'Pulling', 'boom'])
  })

  it('says why it failed, by the last reason', () => {
    const lines = visibleLines(
      JSON.stringify([entry('Deployment failed: one'), entry('Deployment failed: two'), entry('bye')]),
    )
    expect(failureReason(lines)).toBe('two')
    expect(failureReason([])).toBeUndefined()
  })

  it.each([undefined, '', 'not json', '{"a":1}', 'null'])('of %j has no lines', logs => {
    expect(visibleLines(logs)).toEqual([])
  })

  it('shows no hidden text, whatever the entries are', () => {
    const secret = 'hidden-canary'
    fc.assert(
      fc.property(fc.array(fc.record({ output: fc.string(), hidden: fc.anything() })), entries => {
        const logs = JSON.stringify(entries.map(one => (one.hidden === false ? one : { ...one, output: secret })))
        expect(visibleLines(logs)).not.toContain(secret)
      }),
    )
  })
})
