import { describe, expect, it } from '@jest/globals'
import type { Case } from '../../../test/differential/compute-tags/cases.ts'
import { failureOf, runFor, tag, tagsOf } from './scenario.ts'

describe('bad input', () => {
  it.each<[string, Case['inputs'], string]>([
    [
      'an unknown type',
      { tags: 'type=sha\ntype=semer,pattern=x' },
      '`tags` line 2 (type=semer,pattern=x) has the unknown type "semer"; did you mean semver?',
    ],
    [
      'an unknown type like none',
      { tags: 'type=zzzzzzz' },
      'there are schedule, semver, pep440, match, edge, ref, raw, sha',
    ],
    [
      'a type with a comment',
      { tags: 'type=sha # the commit' },
      'has the type "sha # the commit"; a # inside a line starts no comment',
    ],
    [
      'an unknown event',
      { tags: 'type=ref,event=branches' },
      'line 1 (type=ref,event=branches) has event=branches; choose one of branch, tag, pr, merge-group',
    ],
    ['an unknown format', { tags: 'type=sha,format=medium' }, 'has format=medium; choose one of short, long'],
    [
      'a missing pattern',
      { tags: '# rules\n\ntype=semver' },
      'line 3 (type=semver) needs the attribute pattern, as pattern={{version}}',
    ],
    ['a group in words', { tags: 'type=match,pattern=a,group=one' }, 'has the group "one"; a group is a number'],
    [
      'a bad match',
      { tags: 'type=semver,pattern={{raw}},value=v1,match=(' },
      'line 1 (type=semver,pattern={{raw}},value=v1,match=() has the match (, which is no regular expression',
    ],
    [
      'a bad pattern',
      { tags: 'type=match,pattern=v(.*,value=v1' },
      'has the pattern v(.*, which is no regular expression',
    ],
    [
      'bad flags',
      { tags: 'type=match,pattern=/v/z,value=v1' },
      "has the pattern /v/z, which is no regular expression: Invalid flags supplied to RegExp constructor 'z'",
    ],
    [
      'a bad template',
      { tags: 'type=sha\ntype=raw,value={{branch}' },
      'line 2 (type=raw,value={{branch}) is no template that can be filled in: Parse error on line 1: {{branch}',
    ],
    [
      'a bad template in a label',
      { labels: 'a=1\nb={{#if x}}' },
      '`labels` line 2 (b={{#if x}}) is no template that can be filled in',
    ],
    ['a date without a format', { tags: '{{date}}' }, 'line 1 ({{date}}) needs a format'],
    [
      'an unknown attribute of a date',
      { annotations: "a={{date 'YYYY' zone='UTC'}}" },
      "`annotations` line 1 (a={{date 'YYYY' zone='UTC'}}) gives date the unknown attribute zone; there is tz",
    ],
    ['a zone without a name', { tags: "type=raw,value={{date 'YYYY' tz=''}}" }, 'gives date a tz that is no name'],
    [
      'enable that is no answer',
      { tags: 'a,enable=True' },
      'line 1 (a,enable=True) has enable=True; it must come to true or false',
    ],
    [
      'enable that comes to no answer',
      { tags: 'type=raw,a,enable={{branch}}' },
      'has enable={{branch}}, which comes to "main"; it must come to true or false',
    ],
    [
      'a quote inside a field',
      { tags: 'type=sha\ntype=raw,value=a"b' },
      'line 2 (type=raw,value=a"b) cannot be cut at its commas',
    ],
    [
      'an image with a space',
      { images: 'acme/app\nghcr.io/acme/my app' },
      '`images` line 2 (ghcr.io/acme/my app) is "ghcr.io/acme/my app", with white space in it',
    ],
    ['an image with a tag', { images: 'acme/app:1' }, 'has a tag or digest already'],
    [
      'an image with an unknown attribute',
      { images: 'name=acme/app,on=true' },
      'has the unknown attribute "on"; there are name, enable and id',
    ],
    ['an image without a name', { images: 'enable=true\nacme/app' }, 'line 1 (enable=true) names no image'],
    [
      'an image that is on or off in other words',
      { images: 'name=acme/app,enable=yes' },
      'has enable=yes; write true or false',
    ],
    [
      'two images with one id',
      { images: 'name=a/app,id=x\nname=b/app,id=x' },
      '`images` line 2 (name=b/app,id=x) has the id "x", as line 1 does',
    ],
    [
      'a flavor that is none',
      { flavor: 'latest=maybe' },
      '`flavor` line 1 (latest=maybe) has latest=maybe; choose one of auto, true, false, highest',
    ],
    ['a flavor of unknown kind', { flavor: 'first=true' }, 'has the unknown key "first"'],
    ['a flavor without a value', { flavor: 'latest' }, 'has "latest", which is no key=value'],
    ['a flavor that is on latest or not', { flavor: 'prefix=a,onlatest=yes' }, 'has onlatest=yes; write true or false'],
    [
      'an environment without a branch',
      { environments: 'production' },
      '`environments` line 1 (production) must look like `develop = staging`',
    ],
    [
      'an environment twice',
      { environments: 'main = a\nmain = b' },
      'line 2 (main = b) can never be reached: line 1 (main = a) matches everything that it matches',
    ],
    ['an environment with a blank', { environments: 'main = my production' }, 'has white space in a name'],
    ['an unknown policy', { policy: 'trunk' }, '`policy` is "trunk"; choose one of branch-latest, semver'],
    ['a policy and tags', { policy: 'semver', tags: 'type=sha' }, '`policy` is set, and `tags` too'],
    ['a context that is none', { context: 'cloud' }, '`context` is "cloud"; choose one of workflow, git'],
    ['no epoch', { created: 'source-date-epoch' }, '`SOURCE_DATE_EPOCH` is ""'],
    [
      'a parameter of a shell',
      { tags: 'type=raw,value=${GITHUB_REF##*/}' },
      'has "${GITHUB_REF##*/}", which nothing expands, because no shell reads an input; write {{branch}} or {{tag}}',
    ],
    ['a variable of a shell', { tags: 'type=raw,value=v$VERSION' }, 'write `${{ env.VERSION }}`'],
    ['a variable in a short form', { tags: '$GITHUB_SHA' }, 'has "$GITHUB_SHA", which nothing expands'],
    ['a variable in a prefix', { tags: 'type=sha,prefix=${BUILD}-' }, 'write `${{ env.BUILD }}`'],
    ['a variable in a suffix', { tags: 'type=sha,suffix=-$GITHUB_RUN_NUMBER' }, 'write {{run_number}}'],
    ['a variable in a pattern', { tags: 'type=semver,pattern=$VERSION' }, 'write `${{ env.VERSION }}`'],
    ['a variable for a branch', { tags: 'type=edge,branch=$DEFAULT' }, 'write `${{ env.DEFAULT }}`'],
    ['a variable in enable', { tags: 'type=sha,enable=$PUSH' }, 'write `${{ env.PUSH }}`'],
    [
      'a command',
      { tags: 'type=raw,value=$(git describe)' },
      'has "$(git describe)", which nothing expands, because no shell reads an input; run the command in an earlier step',
    ],
    [
      'a member of the event',
      { tags: 'type=raw,value=$repo.default_branch' },
      'has "$repo.default_branch", which nothing expands, because no shell reads an input; write `${{ github.event.repository.default_branch }}`',
    ],
    ['a member of a context', { tags: '$github.ref_name' }, 'has "$github.ref_name", which nothing expands'],
    ['a member of a context that has a name here', { tags: '$github.ref_name' }, 'write {{branch}} or {{tag}}'],
    ['a member of an input', { tags: 'v$inputs.version-x' }, 'write `${{ inputs.version-x }}`'],
    ['a word of a starter workflow', { tags: 'type=edge,branch=$default-branch' }, 'repository.default_branch }}`'],
    ['a variable with a text after it', { tags: '$VERSION.beta' }, 'has "$VERSION", which nothing expands'],
    ['a variable of PowerShell', { tags: 'type=raw,value=$env:VERSION' }, 'write `${{ env.VERSION }}`'],
    ['a braced variable of PowerShell', { tags: '${env:VERSION}' }, 'write `${{ env.VERSION }}`'],
    [
      'an expression of GitHub that a variable holds',
      { tags: 'type=raw,value=${{ github.sha }}' },
      'has "${{ github.sha }}", which GitHub expands in a workflow file only, not in the value of a variable or a file; write {{sha}}',
    ],
    ['another expression of GitHub', { tags: "${{ format('a', 1) }}" }, 'write it in the `with:` of this step'],
    ['a command in the old form', { tags: 'type=raw,value=`git describe`' }, 'run the command in an earlier step'],
    [
      'a group of a match',
      { tags: 'type=match,pattern=v(.*),value=$1' },
      'has "$1", which nothing expands; write `group=1`',
    ],
    [
      'a variable of cmd',
      { tags: 'build-%VERSION%' },
      'has "%VERSION%", which nothing expands; write `${{ env.VERSION }}`',
    ],
    [
      'a variable of a macro',
      { tags: 'a$[VERSION]' },
      'has "$[VERSION]", which nothing expands; write `${{ env.VERSION }}`',
    ],
    ['a token of a template', { tags: 'a-#{GITHUB_SHA}' }, 'has "#{GITHUB_SHA}", which nothing expands; write {{sha}}'],
    ['another token of a template', { tags: 'a-@VERSION@' }, 'has "@VERSION@", which nothing expands'],
    [
      'single braces',
      { tags: 'type=semver,pattern={ version }' },
      'has "{ version }", which nothing expands; write {{version}}',
    ],
    [
      'a text to be replaced',
      { tags: 'v<your version>' },
      'has "<your version>", which nothing expands; replace it with a value',
    ],
    ['a variable in the flavor', { flavor: 'suffix=-${ARCH}' }, '`flavor` line 1 (suffix=-${ARCH}) has "${ARCH}"'],
    ['a variable in an image', { images: 'ghcr.io/$GITHUB_REPOSITORY' }, 'write `${{ github.repository }}`'],
    ['a variable in an environment', { environments: '$BRANCH = production' }, 'write `${{ env.BRANCH }}`'],
    ['an expression where none is filled in', { images: 'a/$GITHUB_SHA' }, 'write `${{ github.sha }}`'],
    ['a branch where none is filled in', { environments: '$GITHUB_REF_NAME = a' }, 'write `${{ github.ref_name }}`'],
    [
      'unknown names',
      { tags: 'type=raw,value=b-{{brnach}}-{{github.run_number}}' },
      'names the unknown {{brnach}}; did you mean {{branch}}?; names the unknown {{github.run_number}}; write `${{ github.run_number }}`',
    ],
    ['an unknown name like none', { tags: 'x-{{ref}}' }, 'names the unknown {{ref}}; there are branch, tag, sha, '],
    ['an unknown name in a suffix', { tags: 'type=sha,suffix={{os}}' }, 'names the unknown {{os}}'],
    ['an unknown name in a pattern', { tags: 'type=semver,pattern={{mayor}}' }, 'did you mean {{major}}?'],
    ['an unknown name in a schedule', { tags: 'type=schedule,pattern={{branch}}' }, 'there are date, commit_date'],
    ['an unknown name in a block', { tags: 'a{{#if brnch}}b{{/if}}' }, 'did you mean {{branch}}?'],
    ['an unknown name in the flavor', { flavor: 'suffix=-{{arch}}' }, '`flavor` names the unknown {{arch}}'],
    [
      'a list of YAML',
      { tags: '- type=ref,event=branch' },
      '`tags` line 1 (- type=ref,event=branch) starts with a dash, as a list of YAML does; leave out the dash',
    ],
    ['a list of YAML for images', { images: '- acme/app' }, 'leave out the dash'],
    ['a match without a policy', { match: 'a/(.*)' }, '`match` is set without `policy`'],
    ['a match without a group', { policy: 'semver', match: 'a/.*' }, '`match` is "a/.*"; put ( ) around the version'],
    ['a match that is none', { policy: 'semver', match: 'a/(' }, 'which is no regular expression'],
    ['a list with an open quote', { tags: 'a\n"b' }, '`tags` is no list: Quote Not Closed'],
  ])('is refused: %s', async (_, inputs, expected) => {
    expect(await failureOf(runFor('main', inputs))).toContain(expected)
  })

  it('is told in one message, inputs together', async () => {
    const inputs = {
      tags: 'type=semer\ntype=ref',
      images: 'My App',
      flavor: 'latest=maybe',
      environments: 'x',
      policy: 'y',
    }
    expect((await failureOf(runFor('main', inputs))).match(/^- `\w+`/gm)).toEqual([
      '- `tags`',
      '- `tags`',
      '- `images`',
      '- `policy`',
      '- `flavor`',
      '- `environments`',
    ])
  })

  it('is told in one message, what the run comes to together', async () => {
    const inputs = { tags: 'type=match,pattern=(,value=1\n{{#if}}\na,enable=no', labels: 'b={{x' }
    expect((await failureOf(runFor('main', inputs))).match(/^- `\w+` line \d/gm)).toEqual([
      '- `tags` line 1',
      '- `tags` line 2',
      '- `tags` line 3',
      '- `labels` line 1',
    ])
  })

  it('never shows the token', async () => {
    const secret = 'ghs_0123456789abcdefSECRET'
    const message = await failureOf(
      runFor(tag('v1.2.3'), { 'github-token': secret, flavor: 'latest=highest' }, { api: 'down' }),
    )
    expect(message).not.toContain(secret)
  })
})

describe('a missing token', () => {
  const inputs = { 'github-token': '', tags: 'type=sha\ntype=edge\ntype=edge,prefix=x-' }

  it('is a failure where the API is really needed, with the lines that need it', async () => {
    const message = await failureOf(runFor('schedule without repository', inputs))
    expect(
      message.match(/^- `tags` line \d \(type=edge.* needs to know the default branch; .*`github-token`/gm),
    ).toHaveLength(2)
  })

  it('is none where the event tells, or the rule', async () => {
    expect(tagsOf(await runFor('main', inputs))).toEqual(['edge', 'x-edge', 'sha-4f1c2ad'])
    const named = { ...inputs, tags: 'type=edge,branch=main' }
    expect(tagsOf(await runFor('schedule without repository', named))).toEqual(['edge'])
  })

  it('is a notice under act, whose events never describe the repository, in strict mode too', async () => {
    const running = runFor(
      'schedule without repository',
      { 'github-token': '', tags: 'type=sha', strict: 'true' },
      { env: { ACT: 'true' } },
    )
    const { warnings, notices } = await running
    expect([warnings, notices]).toEqual([[], [expect.stringContaining('there is no `github-token` to ask with')]])
  })

  it('is a warning where labels only lack something', async () => {
    const { warnings, metadata } = await runFor('schedule without repository', {
      'github-token': '',
      tags: 'type=sha',
    })
    expect(warnings).toEqual([expect.stringContaining('there is no `github-token` to ask with')])
    expect(metadata.labels).toContain('org.opencontainers.image.source=https://github.com/harbour-lane/tidewater')
  })
})

describe('warnings', () => {
  /** With a rule for the commit, without which a missing tag to deploy is a warning as well. */
  const warningsOf = async (inputs: Case['inputs'], event = tag('v1.2.3')) =>
    (await runFor(event, inputs['tags'] === undefined ? inputs : { ...inputs, tags: `${inputs['tags']}\ntype=sha` }))
      .warnings

  it.each<[string, Case['inputs'], string | RegExp]>([
    [
      'no version',
      { tags: 'type=semver,pattern={{version}},value=x\ntype=sha' },
      '`tags` line 1 (type=semver,pattern={{version}},value=x): x is not a version of semver (https://semver.org).',
    ],
    [
      'a version of two parts',
      { tags: 'type=semver,pattern={{version}},value=v1.2' },
      'v1.2 is not a version of semver (https://semver.org); loose=true accepts it.',
    ],
    [
      'a version behind the name of a component',
      { tags: 'type=semver,pattern={{version}},value=component/v1.28.0' },
      'component/v1.28.0 is not a version of semver (https://semver.org); for the version after "component/" add match=component/(.*).',
    ],
    ['no match', { tags: 'type=match,pattern=x(.*)\ntype=sha' }, 'x(.*) does not match v1.2.3.'],
    [
      'no group',
      { tags: 'type=match,pattern=v,group=1\ntype=sha' },
      'v has no group 1 that caught something of v1.2.3.',
    ],
    ['an attribute that is none', { tags: 'type=sha,pattren=x' }, 'type=sha has no attribute pattren.'],
    [
      'an attribute that is nearly one',
      { tags: 'type=semver,pattern={{raw}},mach=x' },
      /type=semver has no attribute mach; did you mean match\?$/,
    ],
    ['an attribute twice', { tags: 'type=raw,value=a,value=b' }, 'value is given twice; the last one holds.'],
    ['a variable in a label', { labels: 'a=${B}' }, '`labels` line 1 (a=${B}) has "${B}", which nothing expands'],
    ['a variable in an annotation', { annotations: 'a=$(b)' }, '`annotations` line 1 (a=$(b)) has "$(b)"'],
    ['an unknown name in a label', { labels: 'a={{brnch}}' }, '(a={{brnch}}) names the unknown {{brnch}}; did you'],
    ['a late comment', { tags: 'stable # for now' }, 'a # inside a line starts no comment'],
    [
      'an image twice',
      { images: 'acme/app\nAcme/App' },
      '`images` line 2 (Acme/App) names acme/app, as line 1 does; it counts once.',
    ],
    [
      'a dash in front',
      { tags: 'type=raw,value={{branch}}-x\ntype=sha' },
      '-x starts with "-", which no registry accepts, so this rule yields no tag',
    ],
    ['a long name', { tags: 'x'.repeat(129) }, 'was 129 characters long and was cut to 128, a hash at its end.'],
    ['an unknown zone', { tags: "type=raw,value={{date 'HH' tz='Mars/Base'}}" }, 'There is no time zone "Mars/Base"'],
    [
      'a rule that would fail on its day',
      { tags: 'type=schedule,pattern={{date\ntype=sha' },
      '`tags` line 1 (type=schedule,pattern={{date): its pattern is no template',
    ],
    [
      'an expression that would',
      { tags: 'type=match,pattern=(,enable=false\ntype=sha' },
      'has the pattern (, which is no regular expression',
    ],
  ])('tell of %s', async (_, inputs, expected) => {
    expect(await warningsOf(inputs)).toEqual([
      typeof expected === 'string' ? expect.stringContaining(expected) : expect.stringMatching(expected),
    ])
  })

  it('are failures in strict mode, all in one', async () => {
    const inputs = { tags: 'type=semver,pattern={{version}},value=x\ntype=sha,pattren=x', strict: 'true' }
    expect((await failureOf(runFor('main', inputs))).match(/^- /gm)).toHaveLength(2)
    expect(tagsOf(await runFor('main', { tags: 'type=sha', strict: 'true' }))).toEqual(['sha-4f1c2ad'])
  })

  it('say why no tag was made, and fail-on-empty makes that a failure', async () => {
    const tags = 'type=ref,event=tag\ntype=raw,a,enable=false\ntype=schedule'
    const reasons = [
      'line 1 (type=ref,event=tag): the run is not for a git tag',
      'line 2 (type=raw,a,enable=false): switched off by enable',
      'line 3 (type=schedule): the run is not a scheduled one',
    ]
    const { warnings } = await runFor('main', { tags })
    for (const reason of reasons) expect(warnings.join()).toContain(reason)
    expect(warnings.join()).toContain('A build step with `push: true` fails without a tag.')
    const message = await failureOf(runFor('main', { tags, 'fail-on-empty': 'true' }))
    for (const reason of reasons) expect(message).toContain(reason)
  })

  it('are none for a $ that ends a regular expression', async () => {
    expect(await warningsOf({ tags: 'type=match,pattern=v(.*)$,group=1' })).toEqual([])
    expect(await warningsOf({ tags: 'type=semver,pattern={{version}},match=v(.*)$' })).toEqual([])
  })

  it('are none for marks that are plain text in a label', async () => {
    const labels = 'a=Runs `shop` for {id} <mail@acme.org> at 100%off% and @team@'
    expect(await warningsOf({ labels, tags: 'type=sha' })).toEqual([])
  })

  it('are none for names that a block brings along', async () => {
    const tags =
      '"{{#each (lookup this \'x\')}}{{y}}{{@index}}{{/each}}a{{#with branch}}{{this}}{{else}}{{tag}}{{/with}}"'
    expect(await warningsOf({ tags })).toEqual([])
  })

  it('are none in a common run', async () => {
    expect(await warningsOf({ images: 'acme/app', policy: 'branch-latest' })).toEqual([])
  })
})

describe('notices', () => {
  it('tell of capitals in an image', async () => {
    const { notices, metadata } = await runFor('main', { images: 'Acme/App' })
    expect(notices).toEqual(['Registries take small letters only, so the names are: acme/app.'])
    expect(metadata.images.map(({ name }) => name)).toEqual(['acme/app'])
  })

  it('tell of a latest that several builds would share', async () => {
    const { notices } = await runFor(tag('v1.2.3'), {
      tags: 'type=semver,pattern={{version}}',
      flavor: 'suffix=-alpine',
    })
    expect(notices).toEqual([expect.stringContaining('latest is without "-alpine"')])
  })
})

describe('the report', () => {
  it('tells what each line came to, and the tags by type', async () => {
    const { outputs } = await runFor('main', {
      tags: '# rules\ntype=sha\ntype=ref,event=tag',
      environments: 'main = production',
    })
    expect(JSON.parse(outputs.own['report'] ?? '')).toEqual({
      entries: [
        { line: 3, entry: 'type=ref,event=tag', type: 'ref', tag: '', why: 'the run is not for a git tag' },
        { line: 2, entry: 'type=sha', type: 'sha', tag: 'sha-4f1c2ad', why: 'commit' },
      ],
      'by-type': { sha: ['sha-4f1c2ad'] },
      latest: false,
      environment: { environment: 'production', deploy: true, why: 'branch main, by line 1 of environments' },
    })
  })
})

describe('the summary', () => {
  it('shows images, tags, why, and the environment', async () => {
    const inputs = {
      images: 'ghcr.io/acme/app',
      tags: 'type=semver,pattern={{version}}\ntype=edge',
      environments: 'tag:v* = production',
    }
    const { summary } = await runFor(tag('v1.2.3'), inputs)
    expect(summary).toContain('| `ghcr.io/acme/app` | `1.2.3` `latest` |')
    expect(summary).toContain('| `1.2.3` | line 1: `type=semver,pattern={{version}}` | version of the git tag v1.2.3 |')
    expect(summary).toContain('| (none) | line 2: `type=edge` | the run is not for a branch |')
    expect(summary).toContain('Deploys `1.2.3` to **production** (git tag v1.2.3, by line 1 of environments).')
  })

  it.each<[string, Case['inputs'], string]>([
    ['v1.2.3-rc.1', { tags: 'type=semver,pattern={{version}}' }, '`1.2.3-rc.1` is a pre-release'],
    ['v1.2.3', { tags: 'type=semver,pattern={{version}}', flavor: 'latest=false' }, 'switched off by latest=false'],
    ['v1.2.3', { tags: 'type=sha' }, 'the first tag, `sha-9a70e3b`, is not a version'],
    ['v1.2.3', { tags: 'type=edge' }, 'there is no other tag'],
  ])('says why there is no latest: %s with %j', async (name, inputs, reason) => {
    expect((await runFor(tag(name), inputs)).summary).toContain(`| (no latest) | flavor | ${reason}`)
  })

  it('names the rules of a policy, which stand in no line', async () => {
    const { summary } = await runFor('main', { policy: 'branch-latest' })
    expect(summary).toContain('| `sha-4f1c2ad` | built-in rule: `type=sha` | commit |')
  })

  it('says that there is nothing, and what is to be known', async () => {
    const { summary } = await runFor('main', { tags: 'type=ref,event=tag' })
    expect(summary).toContain('**No tag was made.**')
    expect(summary).toContain('Deploys nothing: no environments are given.')
    expect(summary).toContain('**Warnings**')
  })
})
