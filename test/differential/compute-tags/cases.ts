import { EVENTS, type EventName, type RunEvent, tag } from './events.ts'
import type { ApiState } from './fake-api.ts'
import { PUBLIC_BLOCKS, type PublicBlock } from './public-blocks.ts'
import type { WorkTree } from './work-tree.ts'

export interface Case extends RunEvent {
  readonly name: string
  readonly inputs: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly api?: ApiState
  readonly workTree?: WorkTree
}

type Rest = Omit<Case, 'name' | keyof RunEvent>
type Row = readonly [name: string, event: EventName | RunEvent, tags: string, more?: Partial<Rest>]

const IMAGE = 'ghcr.io/harbour-lane/tidewater'

/** A case whose point is `tags`; other inputs are added to it. */
export function rows(group: string, table: readonly Row[]): Case[] {
  return table.map(([name, event, tags, more = {}]) => ({
    ...(typeof event === 'string' ? EVENTS[event] : event),
    ...more,
    name: `${group}: ${name}`,
    inputs: { images: IMAGE, ...(tags === '' ? {} : { tags }), ...more.inputs },
  }))
}

const lines = (...each: string[]) => each.join('\n')

const EVERY_TYPE = lines(
  'type=schedule',
  'type=semver,pattern={{version}}',
  'type=semver,pattern={{major}}.{{minor}}',
  'type=ref,event=branch',
  'type=ref,event=tag',
  'type=ref,event=pr',
  'type=edge,branch=main',
  'type=raw,value=run-{{sha}},enable={{is_default_branch}}',
  'type=sha',
)

/** The defaults, and one line of each type, over every event. */
const events = (Object.keys(EVENTS) as EventName[]).flatMap(event =>
  rows('event', [
    [`${event}, no rules`, event, ''],
    [`${event}, a rule of each type`, event, EVERY_TYPE],
  ]),
)

const semver = rows('semver', [
  [
    'final version',
    tag('v1.2.3'),
    'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=semver,pattern={{major}}',
  ],
  ['raw', tag('v1.2.3'), 'type=semver,pattern={{raw}}'],
  [
    'pre-release keeps one tag',
    tag('v2.0.8-beta.67'),
    'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}',
  ],
  ['raw pre-release', tag('v2.0.8-beta.67'), 'type=semver,pattern={{raw}}\ntype=semver,pattern={{{raw}}}'],
  ['raw and more, pre-release', tag('v2.0.8-rc.1'), 'type=semver,pattern=x{{raw}}'],
  [
    'build metadata',
    tag('v1.2.3+linux.5'),
    'type=semver,pattern={{version}}\ntype=semver,pattern={{raw}}\ntype=semver,pattern={{build}}',
  ],
  ['no version', tag('sometag'), 'type=semver,pattern={{version}}\ntype=sha'],
  ['two parts', tag('v1.2'), 'type=semver,pattern={{version}}\ntype=sha'],
  ['zeros in front', tag('2024.05.01'), 'type=semver,pattern={{version}}\ntype=sha'],
  ['capital V', tag('V1.2.3'), 'type=semver,pattern={{version}}\ntype=sha'],
  ['slash in the tag', tag('app/v1.2.3'), 'type=semver,pattern={{version}}\ntype=sha'],
  ['match', tag('app/v1.2.3'), 'type=semver,pattern={{version}},match=v(\\d.\\d.\\d)$'],
  ['match that does not', tag('v1.2.3'), 'type=semver,pattern={{version}},match=x(.*)'],
  ['match without a group', tag('v1.2.3'), 'type=semver,pattern={{version}},match=v'],
  ['value', 'main', 'type=semver,pattern={{version}},value=v3.1.4\ntype=semver,pattern={{major}},value=v3.1.4'],
  ['value by expression', tag('v1.2.3'), 'type=semver,pattern={{major}},value={{tag}}'],
  ['text around the pattern', tag('v1.2.3'), 'type=semver,pattern=release-{{major}}-of-{{version}}'],
  ['block in the pattern', tag('v0.3.1'), 'type=semver,pattern={{#if major}}{{major}}{{else}}zero-{{minor}}{{/if}}'],
  ['version zero', tag('v0.1.2'), 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}'],
])

const pep440 = rows('pep440', [
  [
    'final version',
    tag('v1.2.3'),
    'type=pep440,pattern={{version}}\ntype=pep440,pattern={{major}}.{{minor}}\ntype=pep440,pattern={{raw}}',
  ],
  ['missing parts', tag('1'), 'type=pep440,pattern={{major}}.{{minor}}.{{patch}}'],
  ['release candidate', tag('v1.2.3rc2'), 'type=pep440,pattern={{version}}\ntype=pep440,pattern={{major}}'],
  ['raw release candidate', tag('v1.2.3rc2'), 'type=pep440,pattern={{raw}}'],
  ['post-release', tag('1.2post1'), 'type=pep440,pattern={{major}}.{{minor}}'],
  ['beta in words', tag('1.1beta2'), 'type=pep440,pattern={{version}}'],
  ['development release', tag('1.0dev4'), 'type=pep440,pattern={{version}}'],
  ['epoch and local part', tag('1!2.0+X.1'), 'type=pep440,pattern={{version}}'],
  ['no version', tag('v1.2.3-beta.foo'), 'type=pep440,pattern={{version}}\ntype=sha'],
  ['value and match', 'main', 'type=pep440,pattern={{version}},value=p1/v1.0.0,match=v(\\d.\\d.\\d)$'],
])

const match = rows('match', [
  ['whole', tag('v1.2.3'), 'type=match,pattern=\\d.\\d.\\d'],
  ['group', tag('v2.0.8-beta.67'), 'type=match,pattern=v(.*),group=1'],
  ['slashes and flags', tag('V1.2.3'), 'type=match,pattern=/v(.*)/i,group=1'],
  ['all of them', tag('a1b2'), 'type=match,pattern=/\\d/g,group=1'],
  ['no match', tag('sometag'), 'type=match,pattern=\\d.\\d.\\d\ntype=sha'],
  ['no such group', tag('v1.2.3'), 'type=match,pattern=v(.*),group=2\ntype=sha'],
  ['group 01', tag('v1.2.3'), 'type=match,pattern=v(.*),group=01\ntype=sha'],
  ['group in words', tag('v1.2.3'), 'type=match,pattern=v(.*),group=one'],
  ['quoted comma', tag('20200110-RC2'), 'type=match,"""pattern=\\d{1,3}"""'],
  ['value', 'main', 'type=match,pattern=v(.*),group=1,value=v9.9'],
  ['no regular expression', tag('v1.2.3'), 'type=match,pattern=v(.*,group=1'],
])

const other = rows('other types', [
  ['schedule with a date', 'schedule', "type=schedule,pattern={{date 'YYYYMMDD'}}"],
  ['schedule with a zone', 'schedule', "type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}"],
  ['edge of the default branch', 'main', 'type=edge'],
  ['edge elsewhere', 'develop', 'type=edge\ntype=ref,event=branch'],
  ['edge of a named branch', 'develop', 'type=edge,branch=develop'],
  ['edge when asked', 'schedule without repository', 'type=edge'],
  ['long sha', 'main', 'type=sha,format=long'],
  ['bare sha', 'main', 'type=sha,prefix='],
  ['longer short sha', 'main', 'type=sha', { env: { DOCKER_METADATA_SHORT_SHA_LENGTH: '12' } }],
  ['sha longer than itself', 'main', 'type=sha', { env: { DOCKER_METADATA_SHORT_SHA_LENGTH: '100' } }],
  ['length that is no number', 'main', 'type=sha', { env: { DOCKER_METADATA_SHORT_SHA_LENGTH: 'seven' } }],
  ['plain words', 'main', 'foo\nbar\ntype=raw,baz\nfoo'],
  ['number with a dot', 'main', '1.10\n2.0'],
  ['raw that is empty', 'main', 'type=raw,value=\ntype=sha'],
  ['pull request without prefix', 'pull request', 'type=ref,event=pr,prefix='],
])

const attributes = rows('attributes', [
  ['priority', 'main', 'type=sha,priority=2000\ntype=ref,event=branch'],
  ['priority that is none', 'main', 'type=sha,priority=high\ntype=raw,a\ntype=ref,event=branch'],
  [
    'enable by expression',
    'main',
    'type=raw,value=latest,enable={{is_default_branch}}\ntype=raw,other,enable={{is_not_default_branch}}',
  ],
  ['enable=True', 'main', 'type=raw,a,enable=True'],
  ['enable is empty', 'main', 'type=raw,a,enable='],
  ['all off', 'main', 'type=raw,a,enable=false'],
  ['prefix and suffix', 'main', 'type=raw,a,prefix={{branch}}-,suffix=-{{sha}}'],
  ['unknown attribute', 'main', 'type=raw,a,colour=blue'],
  ['repeated attribute', 'main', 'type=raw,value=a,value=b'],
  ['capitals in a key', 'main', 'TYPE=raw,Value=a'],
  ['equals sign in a value', 'main', 'type=raw,value=a=b=c'],
  ['unknown type', 'main', 'type=semer,pattern={{version}}'],
  ['missing pattern', 'main', 'type=semver'],
  ['missing event', 'main', 'type=ref'],
  ['unknown event', 'main', 'type=ref,event=branches'],
  ['unknown format', 'main', 'type=sha,format=medium'],
  ['missing value', 'main', 'type=raw'],
])

const expressions = rows('expressions', [
  ['all of them', 'main', 'x-{{branch}}-{{tag}}-{{sha}}-{{base_ref}}-{{is_default_branch}}-{{is_not_default_branch}}'],
  ['on a tag', 'version tag', 'x-{{branch}}-{{tag}}-{{sha}}-{{base_ref}}-{{is_default_branch}}'],
  ['on a pull request', 'pull request', 'x-{{branch}}-{{tag}}-{{sha}}-{{base_ref}}-{{is_default_branch}}'],
  ['escaped for HTML', 'branch with signs', 'type=raw,value={{branch}}\ntype=raw,value={{{branch}}}-raw'],
  ['commit date by the event', 'main', "type=raw,value={{commit_date 'YYYYMMDD-HHmmss'}}"],
  [
    'commit date of the second commit',
    'feature',
    "type=raw,value={{commit_date 'YYYYMMDD-HHmm' tz='America/Sao_Paulo'}}",
  ],
  ['commit date by the API', 'manual run', "type=raw,value={{commit_date 'YYYYMMDD-HHmm' tz='Europe/Berlin'}}"],
  ['commit date that nobody knows', 'manual run', "type=raw,value={{commit_date 'YYYYMMDD'}}", { api: 'no-commits' }],
  ['date in words', 'main', "type=raw,value={{date 'dddd-MMMM-Do-YYYY-h-mm-ss-a'}}"],
  ['week and quarter', 'main', "type=raw,value={{date 'GGGG[w]WW-gggg[w]ww-Q-DDDD-E-e'}}"],
  [
    'name of the zone',
    'main',
    "type=raw,value={{date 'HHmm-z-ZZ' tz='Asia/Tokyo'}}\ntype=raw,value={{date 'HHmm-z' tz='america/new_york'}}",
  ],
  ['localised date', 'main', "type=raw,value={{date 'L-LT-ll'}}"],
  ['unknown zone', 'main', "type=raw,value={{date 'YYYYMMDD-HHmm' tz='Mars/Base'}}"],
  ['unknown attribute of a date', 'main', "type=raw,value={{date 'YYYY' zone='UTC'}}"],
  ['block', 'main', '"type=raw,value={{#if branch}}on-{{branch}}{{else}}off{{/if}}"'],
  ['broken template', 'main', 'type=raw,value={{branch}'],
  ['nothing left', 'pull request', 'type=raw,value={{branch}}\ntype=sha'],
])

const flavors = rows('flavor', [
  ['latest=true', 'main', 'type=ref,event=branch', { inputs: { flavor: 'latest=true' } }],
  ['latest=false', 'version tag', 'type=semver,pattern={{version}}', { inputs: { flavor: 'latest=false' } }],
  ['latest=true and no tag', 'main', 'type=ref,event=tag', { inputs: { flavor: 'latest=true' } }],
  [
    'prefix and suffix',
    'version tag',
    'type=semver,pattern={{version}}\ntype=sha',
    { inputs: { flavor: 'prefix=foo-\nsuffix=-bar' } },
  ],
  [
    'on latest too',
    'version tag',
    'type=semver,pattern={{version}}',
    { inputs: { flavor: 'prefix=foo-,onlatest=true\nsuffix=-bar,onlatest=true' } },
  ],
  ['by expression', 'main', 'type=ref,event=branch', { inputs: { flavor: 'suffix=-{{sha}}' } }],
  ['decided by the first tag', 'version tag', 'type=raw,first,priority=950\ntype=semver,pattern={{version}}'],
  ['one line', 'version tag', 'type=ref,event=tag', { inputs: { flavor: 'latest=auto,suffix=-x' } }],
  ['unknown key', 'main', '', { inputs: { flavor: 'first=true' } }],
  ['unknown value', 'main', '', { inputs: { flavor: 'latest=maybe' } }],
  ['no pair', 'main', '', { inputs: { flavor: 'latest' } }],
])

const images = rows('images', [
  ['two', 'main', '', { inputs: { images: 'harbour-lane/tidewater\nghcr.io/harbour-lane/tidewater' } }],
  ['old form', 'main', '', { inputs: { images: 'harbour-lane/tidewater,ghcr.io/harbour-lane/tidewater' } }],
  [
    'attributes',
    'main',
    '',
    { inputs: { images: 'name=harbour-lane/tidewater,enable=true\nname=ghcr.io/harbour-lane/tidewater,enable=false' } },
  ],
  ['all off', 'main', '', { inputs: { images: 'name=harbour-lane/tidewater,enable=false' } }],
  ['none', 'main', '', { inputs: { images: '' } }],
  ['capitals', 'main', '', { inputs: { images: 'Harbour-Lane/TideWater' } }],
  ['comments', 'main', '', { inputs: { images: '# the image\nharbour-lane/tidewater\n\n# the end' } }],
  ['unknown attribute', 'main', '', { inputs: { images: 'name=harbour-lane/tidewater,on=true' } }],
  ['no name', 'main', '', { inputs: { images: 'enable=true\nharbour-lane/tidewater' } }],
])

const lists = rows('lists', [
  ['comments and blank lines', 'main', '# first\ntype=sha\n\n#type=raw,no\nfoo'],
  ['only comments', 'main', '# nothing\n# here'],
  ['carriage returns', 'main', 'type=sha\r\nfoo\r\n'],
  ['hash inside', 'main', 'foo#bar\nbaz'],
  ['quoted entry', 'main', '"type=raw,value=a"'],
  ['quote inside a field', 'main', 'type=raw,value=a"b'],
  [
    'separators',
    'version tag',
    'type=semver,pattern={{version}}\ntype=sha',
    { inputs: { 'sep-tags': ',', 'sep-labels': ' | ', 'sep-annotations': '\\n', labels: 'a=b' } },
  ],
])

const labels = rows('labels', [
  [
    'own ones',
    'main',
    '',
    {
      inputs: {
        labels: 'maintainer=Mira\norg.opencontainers.image.title=Tides\nb.key=1\nb-key=2\nb_key=3',
        annotations: 'a=1',
      },
    },
  ],
  [
    'expressions',
    'branch with signs',
    '',
    { inputs: { labels: "branch={{branch}}\nmade={{commit_date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}\n{{sha}}=key" } },
  ],
  ['without a value', 'main', '', { inputs: { labels: 'novalue\nempty=\n=nokey' } }],
  ['several lines', 'main', '', { inputs: { labels: '"notes=first\nsecond"\nlast=1' } }],
  ['commas and equals signs', 'main', '', { inputs: { labels: 'cmd=a=b,c=d\nother=1' } }],
  [
    'levels',
    'main',
    '',
    { inputs: { annotations: 'a=1' }, env: { DOCKER_METADATA_ANNOTATIONS_LEVELS: 'manifest,index' } },
  ],
  ['levels with a blank', 'main', '', { env: { DOCKER_METADATA_ANNOTATIONS_LEVELS: 'manifest, index' } }],
  ['broken template', 'main', '', { inputs: { labels: 'a={{branch}' } }],
  ['bake target', 'main', '', { inputs: { 'bake-target': 'image' } }],
])

const environment = rows('environment', [
  ['head of a pull request', 'pull request', 'type=sha', { env: { DOCKER_METADATA_PR_HEAD_SHA: 'true' } }],
  [
    'head of a pull request target',
    'pull request target',
    'type=sha',
    { env: { DOCKER_METADATA_PR_HEAD_SHA: 'TRUE' } },
  ],
  ['head, switched off', 'pull request', 'type=sha', { env: { DOCKER_METADATA_PR_HEAD_SHA: '1' } }],
  ['no variables', 'main', '', { env: { DOCKER_METADATA_SET_OUTPUT_ENV: 'f' } }],
  ['variables, in other words', 'main', '', { env: { DOCKER_METADATA_SET_OUTPUT_ENV: 'T' } }],
  ['variables, in no words', 'main', '', { env: { DOCKER_METADATA_SET_OUTPUT_ENV: 'yes' } }],
  ['context that is none', 'main', '', { inputs: { context: 'cloud' } }],
  ['context left empty', 'main', '', { inputs: { context: '' } }],
])

const GIT_RULES =
  "type=ref,event=branch\ntype=ref,event=tag\ntype=ref,event=pr\ntype=sha\ntype=raw,value={{commit_date 'YYYYMMDD-HHmm'}}"
const workTrees = (
  ['branch', 'detached tag', 'detached pull request', 'detached remote branch', 'detached inner commit'] as const
).flatMap(workTree =>
  rows('context git', [[workTree, 'manual run', GIT_RULES, { inputs: { context: 'git' }, workTree }]]),
)

const publicBlocks = PUBLIC_BLOCKS.flatMap((block, index) => (block.once ? [] : blockCases(block, index)))

/** The runs of a public `with:` block. */
export function blockCases({ tags, flavor = '', labels = '', runs }: PublicBlock, index: number): Case[] {
  return rows(
    'public block',
    runs.map((run, at) => [`${index + 1}, run ${at + 1}`, run, tags, { inputs: { flavor, labels } }]),
  )
}

/** Runs whose outputs are those of docker/metadata-action to the byte. */
export const CASES: readonly Case[] = [
  ...events,
  ...semver,
  ...pep440,
  ...match,
  ...other,
  ...attributes,
  ...expressions,
  ...flavors,
  ...images,
  ...lists,
  ...labels,
  ...environment,
  ...workTrees,
  ...publicBlocks,
]
