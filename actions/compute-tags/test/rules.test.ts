import { describe, expect, it } from '@jest/globals'
import type { EventName, RunEvent } from '../../../test/differential/compute-tags/events.ts'
import { failureOf, runFor, tag, tagsOf } from './scenario.ts'

describe('latest=highest', () => {
  /** The repository has v2.2.0-rc.1 v2.1.0 v1.9.4 v1.2.3 v1.2.2 and nightly. */
  const highest = { flavor: 'latest=highest' }
  const PATTERNS = ['{{version}}', '{{major}}.{{minor}}', '{{major}}']
    .map(text => `type=semver,pattern=${text}`)
    .join('\n')

  it.each<[string, string, string[]]>([
    ['the highest version has all', 'v2.1.1', ['2.1.1', '2.1', '2', 'latest']],
    ['the same version again has all', 'v2.1.0', ['2.1.0', '2.1', '2', 'latest']],
    ['a fix of an older line keeps its own', 'v1.9.5', ['1.9.5', '1.9', '1']],
    ['a fix of a still older one too', 'v1.2.4', ['1.2.4', '1.2']],
    ['what is older in every way has its version', 'v1.2.2', ['1.2.2']],
    ['a pre-release is no version for this', 'v3.0.0-rc.1', ['3.0.0-rc.1']],
    ['a pre-release holds nothing back', 'v2.2.0', ['2.2.0', '2.2', '2', 'latest']],
  ])('%s: %s', async (_, name, expected) => {
    expect(tagsOf(await runFor(tag(name), { ...highest, tags: PATTERNS }))).toEqual(expected)
  })

  it('says which version keeps a tag', async () => {
    const { metadata } = await runFor(tag('v1.2.4'), { ...highest, tags: PATTERNS })
    expect(metadata.set.results.map(({ why }) => why)).toContain('1 stays with v1.9.4, which is newer than v1.2.4')
  })

  it.each<[string, string, string[]]>([
    ['type=pep440,pattern={{version}}', 'v1.9.5', ['1.9.5']],
    ['type=pep440,pattern={{major}}', 'v2.1.1', ['2', 'latest']],
    ['type=match,pattern=v(.*),group=1', 'v1.9.5', ['1.9.5']],
    ['type=match,pattern=v(.*),group=1', 'v2.1.1', ['2.1.1', 'latest']],
    ['type=ref,event=tag', 'v2.1.1', ['v2.1.1', 'latest']],
    ['type=ref,event=tag', 'stable', ['stable']],
  ])('%s of %s', async (rule, name, expected) => {
    expect(tagsOf(await runFor(tag(name), { ...highest, tags: rule }))).toEqual(expected)
  })

  it('reads other tags as the rule reads its own', async () => {
    const rule = 'type=semver,pattern={{version}},match=v(.*)$'
    expect(tagsOf(await runFor(tag('app/v2.1.1'), { ...highest, tags: rule }))).toEqual(['2.1.1', 'latest'])
  })

  it('asks nobody in a run without a version', async () => {
    expect(tagsOf(await runFor('main', { ...highest, tags: `${PATTERNS}\ntype=sha` }, { api: 'down' }))).toEqual([
      'sha-4f1c2ad',
    ])
  })

  it.each([
    ['a token', { 'github-token': '' }, {}, 'there is no `github-token`'],
    ['an answer', {}, { api: 'down' }, 'the API responded with 500 to GET /repos/harbour-lane/tidewater/tags'],
  ] as const)('fails without %s, and names the lines', async (_, inputs, more, reason) => {
    const message = await failureOf(
      runFor(tag('v1.2.3'), { ...highest, ...inputs, tags: `# versions\n${PATTERNS}` }, more),
    )
    expect(message).toContain(reason)
    expect(message.match(/^- `tags` line [234] /gm)).toHaveLength(3)
  })

  it('compares with a work tree that has all tags when there is no token', async () => {
    const more = { workTree: 'detached tag' } as const
    const running = runFor(tag('v3.0.9'), { ...highest, 'github-token': '', tags: PATTERNS }, more)
    expect(tagsOf(await running)).toEqual(['3.0.9', '3.0'])
  })
})

describe('new rules', () => {
  it.each<[string, EventName | RunEvent, string, string[]]>([
    ['a pull request of the queue', 'merge queue', 'type=ref,event=merge-group', ['pr-87']],
    ['with a prefix of its own', 'merge queue', 'type=ref,event=merge-group,prefix=mq-', ['mq-87']],
    [
      'the branch of a pull request',
      'pull request',
      'type=raw,value={{head_ref}}-{{sha}}',
      ['feature-spring-tides-c3d8f01'],
    ],
    ['the branch of a push, by the same name', 'develop', 'type=raw,value={{head_ref}}', ['develop']],
    ['the number of a pull request', 'pull request', 'type=raw,value=pull-{{pr}}', ['pull-87']],
    ['the number in a queue', 'merge queue', 'type=raw,value=pull-{{pr}}', ['pull-87']],
    ['the run', 'main', 'type=raw,value={{run_number}}.{{run_attempt}}.{{run_id}}', ['512.1.9120044']],
    ['a channel', tag('v2.0.0-rc.1'), 'type=semver,pattern={{channel}}', ['rc']],
    ['a channel with its number attached', tag('v2.0.0-beta2'), 'type=semver,pattern={{channel}}', ['beta']],
    ['a channel without a word', tag('v2.0.0-0'), 'type=semver,pattern={{channel}}', ['pre']],
    ['no channel of a final version', tag('v2.0.0'), 'type=semver,pattern={{channel}}\ntype=sha', ['sha-9a70e3b']],
    ['a channel of Python', tag('1.2.0b3'), 'type=pep440,pattern={{channel}}', ['beta']],
    [
      'a channel as an expression',
      tag('v2.0.0-rc.1'),
      'edge-{{channel}}\ntype=raw,pre,enable={{is_prerelease}}',
      ['edge-rc', 'pre'],
    ],
    ['other parts', tag('v1.2.3'), 'type=semver,pattern={{patch}}-{{loose}}{{prerelease}}', ['3-true', 'latest']],
    ['two parts', tag('v1.2'), 'type=semver,pattern={{version}},loose=true', ['1.2.0', 'latest']],
    ['four parts', tag('1.2.3.4'), 'type=semver,pattern={{version}},loose=true', ['1.2.3', 'latest']],
    ['zeros in front', tag('2024.05.01'), 'type=semver,pattern={{major}}.{{minor}},loose=true', ['2024.5', 'latest']],
  ])('%s', async (_, event, tags, expected) => {
    expect(tagsOf(await runFor(event, { tags }))).toEqual(expected)
  })

  it('take no text for a version that only holds one', async () => {
    expect(
      tagsOf(await runFor(tag('release-1.2.3-final'), { tags: 'type=semver,pattern={{version}},loose=true' })),
    ).toEqual([])
  })
})

describe('sha-source: head', () => {
  it.each<[string, EventName, string, string]>([
    ['a pull request', 'pull request', 'sha-71e4b09', 'the head commit of the pull request'],
    ['a pull request target', 'pull request target', 'sha-71e4b09', 'the head commit of the pull request'],
    ['the end of another workflow', 'workflow run', 'sha-4f1c2ad', 'the head commit of the workflow_run'],
    ['a push', 'main', 'sha-4f1c2ad', ''],
  ])('names the commit that was pushed: %s', async (_, event, expected, origin) => {
    const result = await runFor(event, { tags: 'type=sha', 'sha-source': 'head' })
    expect([tagsOf(result), result.facts.shaOrigin]).toEqual([[expected], origin])
  })

  it('is what DOCKER_METADATA_PR_HEAD_SHA asks for, in a workflow_run too', async () => {
    const run = { event: 'workflow_run', ref: 'refs/heads/main', sha: 'b'.repeat(40), payload: 'workflow-run' }
    const env = { DOCKER_METADATA_PR_HEAD_SHA: 'true' }
    const inputs = { tags: 'type=sha', 'sha-source': 'event' }
    expect(tagsOf(await runFor(run, inputs, { env }))).toEqual(['sha-4f1c2ad'])
    expect(tagsOf(await runFor(run, inputs))).toEqual(['sha-bbbbbbb'])
  })

  it('is not the default: the summary says which commit it is', async () => {
    const { summary } = await runFor('pull request', { tags: 'type=sha' })
    expect(summary).toContain('`c3d8f0172b94` (the merge commit that GitHub made to test the pull request)')
  })
})

describe('labels', () => {
  const labels = async (inputs: Record<string, string>, more = {}) =>
    (await runFor('main', inputs, more)).metadata.labels
  const created = (lines: readonly string[]) => lines.find(line => line.startsWith('org.opencontainers.image.created='))

  it('say when the commit was made when asked', async () => {
    expect(created(await labels({ created: 'commit' }))).toContain('=2026-10-14T08:30:58.000Z')
  })

  it('say what SOURCE_DATE_EPOCH says when asked', async () => {
    const env = { SOURCE_DATE_EPOCH: '1700000000' }
    expect(created(await labels({ created: 'source-date-epoch' }, { env }))).toContain('=2023-11-14T22:13:20.000Z')
    expect(created(await labels({}, { env }))).toContain('=2026-10-14T09:26:53.589Z')
  })

  it('start from nothing when asked', async () => {
    expect(await labels({ 'default-labels': 'false', labels: 'a=1' })).toEqual(['a=1'])
  })

  it('are left out when they are empty, when asked', async () => {
    const result = await runFor('private repository', { 'empty-labels': 'false', labels: 'a=' })
    expect(result.metadata.labels.filter(line => line.endsWith('='))).toEqual([])
    expect(result.metadata.labels).toHaveLength(6)
  })
})
