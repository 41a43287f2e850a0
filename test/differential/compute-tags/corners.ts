import { blockCases, type Case, rows } from './cases.ts'
import { branch, GITEA_PULL, tag } from './events.ts'
import { PUBLIC_BLOCKS } from './public-blocks.ts'

/** A run in which the peer's result is of no use to anyone, so that ours is another one. */
export interface Corner extends Case {
  readonly why: string
  /** The tags without an image, or `fails`. */
  readonly theirs: readonly string[] | 'fails'
  readonly ours: readonly string[] | 'fails'
}

type Verdict = Pick<Corner, 'why' | 'theirs' | 'ours'>

function corner(row: Parameters<typeof rows>[1][number], verdict: Verdict): Corner[] {
  return rows('corner', [row]).map(each => ({ ...each, ...verdict }))
}

const THREE_PATTERNS = ['{{version}}', '{{major}}.{{minor}}', '{{major}}']
  .map(text => `type=semver,pattern=${text}`)
  .join('\n')
const LONG = 'x'.repeat(200)

export const CORNERS: readonly Corner[] = [
  ...corner(['empty expression in front', 'pull request', 'type=raw,value={{branch}}-{{sha}}'], {
    why: 'no registry accepts a tag that starts with a dash, and without the dash it would be another tag',
    theirs: ['-c3d8f01'],
    ours: [],
  }),
  ...corner(['pull request of Gitea', GITEA_PULL, 'type=ref,event=pr'], {
    why: 'a tag of a pull request is pr-87 wherever the workflow runs',
    theirs: ['pr-87-head'],
    ours: ['pr-87'],
  }),
  ...corner(['branch in another script', branch('機能/2.0.0', 'push-main'), 'type=ref,event=branch'], {
    why: 'no registry accepts -2.0.0, and 2.0.0 is the tag of a release',
    theirs: ['-2.0.0'],
    ours: ['b-00fd40c7-2.0.0'],
  }),
  ...corner(['longer than 128', 'main', `type=raw,value=${LONG}`], {
    why: 'no registry takes more than 128 characters; a hash of the whole keeps two long names apart',
    theirs: [LONG],
    ours: [`${'x'.repeat(119)}-aa20c23e`],
  }),
  ...corner(['indented comment', 'main', 'type=sha\n  # the commit'], {
    why: 'nobody means a tag by a comment',
    theirs: ['-the-commit', 'sha-4f1c2ad'],
    ours: ['sha-4f1c2ad'],
  }),
  ...corner(['blank line with blanks', 'main', 'foo\n   \nbar'], {
    why: 'a line that nobody sees is no reason to fail with "e is not iterable"',
    theirs: 'fails',
    ours: ['foo', 'bar'],
  }),
  ...corner(
    [
      'expression in a flavor on latest',
      'version tag',
      'type=semver,pattern={{version}}',
      { inputs: { flavor: 'suffix=_{{tag}},onlatest=true' } },
    ],
    {
      why: 'an expression is filled in wherever it stands',
      theirs: ['1.2.3_v1.2.3', 'latest_-tag-'],
      ours: ['1.2.3_v1.2.3', 'latest_v1.2.3'],
    },
  ),
  ...corner(['short sha of no characters', 'main', 'type=sha', { env: { DOCKER_METADATA_SHORT_SHA_LENGTH: '0' } }], {
    why: 'sha- names no commit',
    theirs: ['sha-'],
    ours: 'fails',
  }),
  ...corner(
    ['short sha of a half character', 'main', 'type=sha', { env: { DOCKER_METADATA_SHORT_SHA_LENGTH: '7.9' } }],
    {
      why: 'a length is a whole number',
      theirs: ['sha-4f1c2ad'],
      ours: 'fails',
    },
  ),
  ...corner(['latest by name and by flavor', 'version tag', 'type=semver,pattern={{version}}\ntype=raw,value=latest'], {
    why: 'a tag is set once',
    theirs: ['1.2.3', 'latest', 'latest'],
    ours: ['1.2.3', 'latest'],
  }),
  ...corner(['image that no registry takes', 'main', 'foo', { inputs: { images: 'harbour lane/tidewater' } }], {
    why: 'the build would fail later, and would not say which line is wrong',
    theirs: ['foo'],
    ours: 'fails',
  }),
  ...corner(['image with a tag', 'main', 'foo', { inputs: { images: 'harbour-lane/tidewater:1.0' } }], {
    why: 'harbour-lane/tidewater:1.0:foo is no reference',
    theirs: ['foo'],
    ours: 'fails',
  }),
  ...corner(['unknown name', 'main', 'a{{nothing}}b'], {
    why: 'a mistyped name would be empty, and the tag another one',
    theirs: ['ab'],
    ours: 'fails',
  }),
  ...corner(['unknown name in a pattern', 'main', 'type=semver,pattern={{patch}}-{{nothing}},value=1.2.3'], {
    why: 'a mistyped name would be empty, and the tag another one',
    theirs: ['3-', 'latest'],
    ours: 'fails',
  }),
  ...corner(['name that a schedule does not know', 'schedule', 'type=schedule,pattern=nightly{{branch}}'], {
    why: 'a schedule knows dates only, and nothing says so',
    theirs: ['nightly'],
    ours: 'fails',
  }),
  ...corner(['no network, and the event tells all', 'main', 'type=edge\ntype=sha', { api: 'down' }], {
    why: 'an answer that is in the event already need not be asked for: it works under act, in Gitea and behind a wall',
    theirs: 'fails',
    ours: ['edge', 'sha-4f1c2ad'],
  }),
  ...corner(['no network, and only labels lack something', 'schedule without repository', 'nightly', { api: 'down' }], {
    why: 'a missing description is no reason to build nothing; a warning says so',
    theirs: 'fails',
    ours: ['nightly'],
  }),
  ...corner(['rule for the merge queue', 'merge queue', 'type=ref,event=merge-group'], {
    why: 'new here',
    theirs: 'fails',
    ours: ['pr-87'],
  }),
  ...corner(['latest=highest', tag('v1.2.3'), THREE_PATTERNS, { inputs: { flavor: 'latest=highest' } }], {
    why: 'new here: v1.9.4 keeps 1, and v2.1.0 keeps latest',
    theirs: 'fails',
    ours: ['1.2.3', '1.2'],
  }),
  ...corner(
    [
      'work tree without a reference',
      'manual run',
      'type=sha',
      { inputs: { context: 'git' }, workTree: 'detached nameless commit' },
    ],
    {
      why: 'the commit is known, and the reference is the one of the run',
      theirs: 'fails',
      ours: ['sha-918d4de'],
    },
  ),
  ...PUBLIC_BLOCKS.flatMap((block, index) => {
    const { once } = block
    if (once === undefined) return []
    return blockCases(block, index).map(each => ({
      ...each,
      why: 'a tag is set once',
      theirs: [...once, 'latest'],
      ours: once,
    }))
  }),
]
