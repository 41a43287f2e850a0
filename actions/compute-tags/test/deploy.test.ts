import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type EventName, GITEA_PULL, type RunEvent } from '../../../test/differential/compute-tags/events.ts'
import { coversPattern, matchesPattern } from '../src/ref-pattern.ts'
import { failureOf, runFor, tag, tagsOf } from './scenario.ts'

const IMAGE = 'ghcr.io/harbour-lane/tidewater'

describe('policy: branch-latest', () => {
  it.each<[string, EventName | RunEvent, string[]]>([
    ['a push to develop', 'develop', ['develop-latest', 'sha-0be92d7']],
    ['a push to main', 'main', ['main-latest', 'sha-4f1c2ad']],
    ['a branch with signs', 'feature', ['feature-Spring_Tides-v2-latest', 'sha-0be92d7']],
    ['a version tag', tag('v1.2.3'), ['1.2.3', 'sha-9a70e3b', 'latest']],
    ['a pre-release', tag('v2.0.0-rc.1'), ['2.0.0-rc.1', 'sha-9a70e3b']],
    ['another tag', tag('nightly-3'), ['sha-9a70e3b']],
    ['a pull request', 'pull request', ['pr-87', 'sha-c3d8f01']],
    ['a merge queue', 'merge queue', ['pr-87', 'sha-c3d8f01']],
  ])('for %s', async (_, event, expected) => {
    expect(tagsOf(await runFor(event, { policy: 'branch-latest' }))).toEqual(expected)
  })
})

describe('policy: semver', () => {
  it.each<[string, EventName | RunEvent, string[]]>([
    ['a version tag', tag('v1.2.3'), ['1.2.3', '1.2', '1', 'sha-9a70e3b', 'latest']],
    ['version zero, which promises nothing', tag('v0.4.1'), ['0.4.1', '0.4', 'sha-9a70e3b', 'latest']],
    ['a branch', 'main', ['main', 'sha-4f1c2ad']],
  ])('for %s', async (_, event, expected) => {
    expect(tagsOf(await runFor(event, { policy: 'semver' }))).toEqual(expected)
  })
})

describe('a policy in a monorepo', () => {
  it.each<[string, string, string, string[]]>([
    ['semver', 'component/(.*)', 'component/v1.28.0', ['1.28.0', '1.28', '1', 'sha-9a70e3b', 'latest']],
    ['semver', 'component/(.*)', 'component/v0.3.1', ['0.3.1', '0.3', 'sha-9a70e3b', 'latest']],
    ['branch-latest', '@acme/shop@(.*)', '@acme/shop@2.0.0-beta.1', ['2.0.0-beta.1', 'sha-9a70e3b']],
    ['branch-latest', 'v(\\d{1,2}\\..*)', 'v12.0.0', ['12.0.0', 'sha-9a70e3b', 'latest']],
  ])('%s with match %s: %s', async (policy, match, name, expected) => {
    const result = await runFor(tag(name), { policy, match })
    expect([tagsOf(result), result.warnings]).toEqual([expected, []])
  })

  it('takes no version from a Git tag of another component', async () => {
    const { metadata, notices } = await runFor(tag('v9.9.9'), { policy: 'semver', match: 'component/(.*)' })
    expect(metadata.set.names).toEqual(['sha-9a70e3b'])
    expect(notices).toEqual([
      'The Git tag v9.9.9 does not match `match` (component/(.*)), so it is not a version here.',
    ])
  })
})

describe('a run on Gitea', () => {
  const called = { GITEA_ACTIONS: 'true', ACT: 'true', GITHUB_EVENT_NAME: 'workflow_call' }
  const inputs = { policy: 'branch-latest', environments: 'main = production' }

  it('deploys from a called workflow as from the workflow that calls it', async () => {
    const { metadata, facts } = await runFor('main', inputs, { env: called })
    expect(facts.eventName).toBe('push')
    expect(metadata.target).toMatchObject({ deploy: true, environment: 'production' })
  })

  it('deploys nothing for a pull request in a called workflow', async () => {
    const { metadata, facts } = await runFor(GITEA_PULL, inputs, { env: called })
    expect([facts.eventName, metadata.target.deploy, metadata.target.environment]).toEqual(['pull_request', false, ''])
  })

  it('tags a pull request with its number, and names the commit that it runs', async () => {
    const { metadata, facts } = await runFor(GITEA_PULL, { tags: 'type=ref,event=pr' })
    expect(metadata.set.names).toEqual(['pr-87'])
    expect(facts.shaOrigin).toBe('the head commit of the pull request')
  })
})

describe('what a deploy needs', () => {
  const own = async (event: EventName | RunEvent, inputs: Record<string, string> = {}) =>
    (await runFor(event, { images: IMAGE, policy: 'branch-latest', ...inputs })).outputs.own

  it('is the commit by default', async () => {
    expect(await own('develop')).toMatchObject({
      result: 'tagged',
      tag: 'sha-0be92d7',
      image: `${IMAGE}:sha-0be92d7`,
      'sha-tag': 'sha-0be92d7',
      'version-tag': '',
      'branch-tag': 'develop-latest',
      'is-version': 'false',
      'is-prerelease': 'false',
      channel: '',
    })
  })

  it('is the version when asked', async () => {
    expect(await own(tag('v2.0.0-rc.1'), { 'deploy-tag': 'version' })).toMatchObject({
      tag: '2.0.0-rc.1',
      image: `${IMAGE}:2.0.0-rc.1`,
      'version-tag': '2.0.0-rc.1',
      'is-version': 'true',
      'is-prerelease': 'true',
      channel: 'rc',
    })
  })

  it('is the other of the two when the wanted one is missing', async () => {
    expect(await own('main', { 'deploy-tag': 'version' })).toMatchObject({ tag: 'sha-4f1c2ad' })
    expect(await own(tag('v1.2.3'), { policy: '', tags: 'type=semver,pattern={{version}}' })).toMatchObject({
      tag: '1.2.3',
    })
    expect(await own('main', { policy: '', tags: 'type=ref,event=tag' })).toMatchObject({
      result: 'empty',
      tag: '',
      image: '',
    })
  })

  const SEMVER = ['{{major}}', '{{major}}.{{minor}}', '{{version}}']
    .map(text => `type=semver,pattern=${text}`)
    .join('\n')

  it.each<[string, EventName | RunEvent, string, string]>([
    ['the full version, wherever its rule stands', tag('v1.2.3'), SEMVER, '1.2.3'],
    ['a pre-release, whose rules all yield the full version', tag('v1.2.3-rc.1'), SEMVER, '1.2.3-rc.1'],
    ['a version of three parts', tag('v1.2.3'), 'type=semver,pattern={{major}}.{{minor}}.{{patch}}', '1.2.3'],
    ['a version of Python', tag('1.2'), 'type=pep440,pattern={{major}}\ntype=pep440,pattern={{version}}', '1.2'],
    ['a version of Python with four parts', tag('1.2.3.4'), 'type=pep440,pattern={{version}}', '1.2.3.4'],
    ['all that a pattern captures', tag('v1.2.3'), 'type=match,pattern=v(.*),group=1', '1.2.3'],
    ['a Git tag', tag('v1.2.3'), 'type=ref,event=tag', 'v1.2.3'],
    ['a Git tag with a date', tag('release-2024-05-01'), 'type=ref,event=tag', 'release-2024-05-01'],
    ['a version that is written out', 'main', 'type=raw,value=1.2.3', '1.2.3'],
    ['a text with the commit', 'main', 'type=ref,event=branch\ntype=raw,value={{branch}}-{{sha}}', 'main-4f1c2ad'],
    ['a suffix with the commit', 'main', 'type=ref,event=branch,suffix=-{{sha}}', 'main-4f1c2ad'],
    ['the number of the run', 'main', 'type=raw,value=build-{{run_number}}', 'build-512'],
  ])('can be %s', async (_, event, tags, expected) => {
    const { warnings, outputs } = await runFor(event, {
      tags,
      environments: '** = staging\ntag:** = production\ntag:v*-* = s',
    })
    expect([outputs.own['tag'], warnings]).toEqual([expected, []])
  })

  it.each<[string, EventName | RunEvent, string]>([
    ['a branch', 'develop', ''],
    ['edge', 'main', 'type=edge,branch=main'],
    ['a word', 'main', 'type=raw,value=stable'],
    ['a text like a run number', 'main', 'type=raw,value=v512'],
    ['a date', 'schedule', "type=schedule,pattern={{date 'YYYYMMDD'}}"],
    ['the first parts of a version', tag('v1.2.3'), 'type=semver,pattern={{major}}.{{minor}}'],
    ['the first parts of a version of Python', tag('1.2.3.4'), 'type=pep440,pattern={{major}}.{{minor}}.{{patch}}'],
    ['the minor version of a version of Python without more', tag('1.2'), 'type=pep440,pattern={{major}}.{{minor}}'],
    ['a channel', tag('v1.2.3-rc.1'), 'type=semver,pattern={{channel}}'],
    ['the beginning of a version', tag('v1.2.3'), 'type=match,pattern=v(\\d+\\.\\d+),group=1'],
    ['a Git tag that moves', tag('nightly'), 'type=ref,event=tag'],
    ['a Git tag of a major version', tag('v1'), 'type=ref,event=tag'],
  ])('is never a tag that moves: %s', async (_, event, tags) => {
    const { warnings, outputs } = await runFor(event, { images: IMAGE, tags })
    expect(outputs.own).toMatchObject({ tag: '', image: '', 'version-tag': '' })
    expect(warnings).toEqual([expect.stringMatching(/^Every tag of this run .* add the rule `type=sha`\.$/)])
  })

  it('is an error when it is missing and the run deploys', async () => {
    const inputs = { environments: 'develop = staging\ntag:** = production' }
    await expect(runFor('develop', inputs)).rejects.toMatchObject({
      title: 'No tag to deploy to staging',
      message: expect.stringContaining('Every tag of this run (develop) can move'),
      next: 'Add the rule `type=sha`, which yields a tag that names this commit.',
    })
    await expect(runFor('develop', { ...inputs, tags: 'type=ref,event=tag' })).rejects.toMatchObject({
      title: 'No tag to deploy to staging',
      message: 'No tag was made:\n- line 1 (type=ref,event=tag): the run is not for a git tag',
    })
    await expect(runFor(tag('nightly'), inputs)).rejects.toMatchObject({ title: 'No tag to deploy to production' })
  })

  it('is no matter for a pull request, which deploys nothing', async () => {
    expect((await runFor('pull request', { environments: 'develop = staging' })).warnings).toEqual([])
  })

  it.each([
    ['semver', 'v1.2', 'false'],
    ['semver', 'v1.2.3', 'true'],
    ['branch-latest', 'nightly', 'false'],
  ])('knows under policy %s whether %s is a version that a rule accepts', async (policy, name, expected) => {
    expect(await own(tag(name), { policy })).toMatchObject({ 'is-version': expected })
  })

  it('takes a git tag for a version only when it is one', async () => {
    expect(await own(tag('v1.2.3'), { policy: '' })).toMatchObject({ 'version-tag': 'v1.2.3', 'is-version': 'true' })
    expect(await own(tag('nightly'), { policy: '' })).toMatchObject({ 'version-tag': '', 'is-version': 'false' })
  })

  it('has every image with its own tags', async () => {
    const images = 'ghcr.io/acme/shop-backend\nname=ghcr.io/acme/shop-proxy,id=nginx\nname=off/off,enable=false'
    const { images: json, 'image-names': names } = await own('main', { images })
    expect(JSON.parse(json ?? '')).toEqual({
      'shop-backend': {
        name: 'ghcr.io/acme/shop-backend',
        image: 'ghcr.io/acme/shop-backend:sha-4f1c2ad',
        tags: 'ghcr.io/acme/shop-backend:main-latest\nghcr.io/acme/shop-backend:sha-4f1c2ad',
      },
      nginx: {
        name: 'ghcr.io/acme/shop-proxy',
        image: 'ghcr.io/acme/shop-proxy:sha-4f1c2ad',
        tags: 'ghcr.io/acme/shop-proxy:main-latest\nghcr.io/acme/shop-proxy:sha-4f1c2ad',
      },
    })
    expect(names).toBe('ghcr.io/acme/shop-backend\nghcr.io/acme/shop-proxy')
  })

  it('names images in full where their last parts are the same', async () => {
    const { images } = await own('main', { images: 'acme/shop\nghcr.io/acme/shop' })
    expect(Object.keys(JSON.parse(images ?? ''))).toEqual(['acme/shop', 'ghcr.io/acme/shop'])
  })
})

describe('environments', () => {
  const MAP = 'develop = staging\nmain -> production\nreleases/* → preview\ntag:v*: production'
  it.each<[string, EventName | RunEvent, string]>([
    ['a branch that is named', 'develop', 'staging'],
    ['a branch by pattern', 'release branch', 'preview'],
    ['a git tag', tag('v1.2.3'), 'production'],
    ['a git tag that no line names', tag('nightly'), ''],
    ['a branch that no line names', 'feature', ''],
    ['a manual run', 'manual run', 'production'],
    ['a pull request', 'pull request', ''],
    ['a pull request target, whose own ref is main', 'pull request target', ''],
    ['a comment, which runs on main', 'issue comment', ''],
    ['a branch that was deleted', 'delete event', ''],
    ['a merge queue', 'merge queue', ''],
    ['the end of another workflow', 'workflow run', 'production'],
  ])('for %s', async (_, event, environment) => {
    const { own } = (await runFor(event, { environments: MAP, tags: 'type=sha' })).outputs
    expect([own['environment'], own['deploy']]).toEqual([environment, String(environment !== '')])
  })

  it('a tag goes nowhere unless said', async () => {
    const { outputs } = await runFor(tag('v1.2.3'), { environments: 'main = production' })
    expect(outputs.own).toMatchObject({ environment: '', deploy: 'false' })
  })

  it('the end of a workflow that ran for a pull request deploys nothing', async () => {
    const { metadata } = await runFor(
      { event: 'workflow_run', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: 'workflow-run-fork' },
      { environments: MAP },
    )
    expect(metadata.target).toEqual({
      environment: '',
      deploy: false,
      why: 'the workflow that ended ran for pull_request on main, not for a push to main',
    })
  })
})

describe('a pre-release', () => {
  it.each([
    ['tag:v* = production', 'v1.4.2-rc.1', ''],
    ['tag:v* = production', 'v1.4.2rc1', ''],
    ['tag:** = production', 'v1.4.2-rc.1', ''],
    ['tag:shop-* = production', 'shop-v1.0.0-rc.1', ''],
    ['tag:worker_v* = production', 'worker_v4.0.0-pre.2', ''],
    ['tag:v* = production\ntag:v*-rc* = staging', 'v1.4.2-rc.1', 'staging'],
    ['tag:v* = production\ntag:v*-rc* = staging', 'v1.4.2', 'production'],
    ['tag:v* = production\ntag:v*-* = staging', 'v1.4.2-beta.1', 'staging'],
    ['tag:*-v* = production\ntag:*-v*-* = staging', 'shop-v1.0.0-rc.1', 'staging'],
    ['tag:v1.4.2-rc.1 = staging', 'v1.4.2-rc.1', 'staging'],
    ['tag:v*rc* = staging', 'v1.4.2rc1', 'staging'],
  ])('with %s: %s goes to "%s"', async (environments, name, environment) => {
    const { own } = (await runFor(tag(name), { environments, tags: 'type=sha' })).outputs
    expect([own['environment'], own['deploy']]).toEqual([environment, String(environment !== '')])
  })

  it('is not sent where final versions go, and the log says why', async () => {
    const { metadata } = await runFor(tag('v1.4.2-rc.1'), { environments: 'tag:v* = production', tags: 'type=sha' })
    expect(metadata.target.why).toBe(
      'v1.4.2-rc.1 is a pre-release, and line 1 (tag:v* = production) is for final versions; add a line for pre-releases, such as `tag:v*-* = staging`',
    )
  })
})

describe('a line of environments that can never be reached', () => {
  it.each([
    ['main = a\nmain = b', 2],
    ['* = a\nmain = b', 2],
    ['** = a\nreleases/* = b', 2],
    ['releases/* = a\nreleases/1.* = b', 2],
    ['**/x = a\na/**/x = b', 2],
    ['tag:v* = production\ntag:v1.* = staging', 2],
    ['tag:v*-* = staging\ntag:v*-rc* = preview', 2],
    ['a = a\ntag:* = b\nb = c\ntag:v* = d', 4],
  ])('is an error: %s', async (environments, line) => {
    expect(await failureOf(runFor('main', { environments, tags: 'type=sha' }))).toContain(
      `\`environments\` line ${line} (${environments.split('\n')[line - 1]}) can never be reached: line `,
    )
  })

  it.each([
    'main = a\n* = b',
    '* = a\nreleases/* = b',
    'v* = a\ntag:v* = b',
    'a* = x\n*a = y',
    'tag:v*-rc* = s\ntag:v* = p',
  ])('is not: %s', async environments => {
    expect(tagsOf(await runFor('main', { environments, tags: 'type=sha' }))).toEqual(['sha-4f1c2ad'])
  })

  it('is found exactly when no name reaches it', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 5 }).map(parts => parts.join(''))
    const name = fc.array(fc.constantFrom('a', 'b', '/', 'c'), { maxLength: 6 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(pattern, pattern, fc.array(name, { minLength: 30, maxLength: 30 }), (outer, inner, names) => {
        const escapes = names.some(each => matchesPattern(inner, each) && !matchesPattern(outer, each))
        if (escapes) expect(coversPattern(outer, inner)).toBe(false)
      }),
    )
    fc.assert(
      fc.property(pattern, pattern, (outer, inner) => {
        if (coversPattern(outer, inner)) return
        const names = NAMES.filter(each => matchesPattern(inner, each) && !matchesPattern(outer, each))
        expect(names).not.toEqual([])
      }),
    )
  })
})

/** Every name of up to six letters: enough to tell two patterns of five parts apart. */
const NAMES = Array.from({ length: 7 }).reduce<string[]>(
  all => ['', ...all.flatMap(name => (name.length < 6 ? ['a', 'b', '/', 'c'].map(letter => name + letter) : []))],
  [''],
)

describe('the end of another workflow', () => {
  const ended = (file: string) => ({
    event: 'workflow_run',
    ref: 'refs/heads/main',
    sha: 'b'.repeat(40),
    payload: file,
  })
  const target = async (payload: string) =>
    (await runFor(ended(payload), { environments: 'main = production', tags: 'type=sha' })).metadata.target

  it.each<[string, Record<string, string>, string]>([
    ['the commit that was tested', {}, 'sha-4f1c2ad'],
    ['the tip of the branch on request', { 'sha-source': 'event' }, 'sha-bbbbbbb'],
  ])('names %s', async (_, inputs, expected) => {
    expect(tagsOf(await runFor(ended('workflow-run'), { ...inputs, tags: 'type=sha' }))).toEqual([expected])
  })

  it('says which commit to check out when the branch has moved on, and only then', async () => {
    const { notices } = await runFor(ended('workflow-run'), { tags: 'type=sha' })
    expect(notices).toEqual([expect.stringContaining('`ref: ${{ github.event.workflow_run.head_sha }}`')])
    expect((await runFor('workflow run', { tags: 'type=sha' })).notices).toEqual([])
  })

  it('keeps the tip when the other workflow ran for a pull request', async () => {
    const result = await runFor(ended('workflow-run-fork'), { tags: 'type=sha' })
    expect(tagsOf(result)).toEqual(['sha-bbbbbbb'])
  })

  it('deploys after success only', async () => {
    expect(await target('workflow-run')).toMatchObject({ environment: 'production', deploy: true })
    expect(await target('workflow-run-cancelled')).toEqual({
      environment: '',
      deploy: false,
      why: 'the workflow CI ended with cancelled, and only success deploys',
    })
  })
})

describe('the version of a monorepo', () => {
  /** The shapes of Git tags that release-please, changesets, Lerna, Nx, Helm charts and Python projects have. */
  const SHAPES: [string, string, string, string][] = [
    ['worker_v4.0.0-pre.2', 'type=semver,pattern={{version}},match=worker_v(.*)', '4.0.0-pre.2', 'pre'],
    ['shop-v1.2.0-rc.1', 'type=semver,pattern={{version}},match=shop-v(.*)', '1.2.0-rc.1', 'rc'],
    ['@acme/shop@2.0.0-beta.4', 'type=semver,pattern={{version}},match=@acme/shop@(.*)', '2.0.0-beta.4', 'beta'],
    ['shop@2.0.0-alpha.0', 'type=semver,pattern={{version}},match=shop@(.*)', '2.0.0-alpha.0', 'alpha'],
    ['charts/shop-0.9.0-rc.3', 'type=semver,pattern={{version}},match=shop-(.*)', '0.9.0-rc.3', 'rc'],
    ['component/v1.28.0-rc.2', 'type=match,pattern=v(.*),group=1', '1.28.0-rc.2', 'rc'],
    ['api-1.2.0rc1', 'type=pep440,pattern={{version}},match=api-(.*)', '1.2.0rc1', 'rc'],
  ]

  it.each(SHAPES)('is the one that the rule reads: %s', async (name, tags, version, channel) => {
    const result = await runFor(tag(name), { tags: `${tags}\nchannel-{{channel}}-{{is_prerelease}}` })
    expect(tagsOf(result)).toEqual([version, `channel-${channel}-true`, ...(tags.includes('match,') ? ['latest'] : [])])
    expect(result.outputs.own).toMatchObject({ 'is-prerelease': 'true', channel })
  })

  it.each(SHAPES)('is found at the end of the Git tag without such a rule: %s', async (name, _, __, channel) => {
    const { own } = (await runFor(tag(name), { tags: 'type=sha' })).outputs
    expect(own).toMatchObject({ 'is-prerelease': 'true', channel })
  })

  it('is read from a value too, and only from a rule that is enabled', async () => {
    const tags = [
      'type=semver,pattern={{version}},value=1.0.0,enable={{is_default_branch}}',
      'type=semver,pattern={{version}},value=2.0.0-rc.1',
    ].join('\n')
    expect((await runFor('develop', { tags })).outputs.own).toMatchObject({ 'is-prerelease': 'true', channel: 'rc' })
  })

  it('is final for a final version of any shape', async () => {
    for (const name of ['shop-v1.2.0', '@acme/shop@2.0.0', 'charts/shop-0.9.0', 'nightly', 'v1.2.3+build.5'])
      expect((await runFor(tag(name), { tags: 'type=sha' })).outputs.own).toMatchObject({ 'is-prerelease': 'false' })
  })
})
