import { readFileSync } from 'node:fs'
import path from 'node:path'
import { anchorsOf, deadLinks, inReleaseTree } from '@deploy-actions/build/documents'
import { isShipped, releasePath } from '@deploy-actions/build/shipped'
import { repositoryFiles, root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'

const files = repositoryFiles()
const documents = files.filter(file => file.endsWith('.md') && isShipped(file))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
describe('anchorsOf', () => {
  it('are those of GitHub', () => {
    const markdown = '# `.env` and more\n```sh\n# no heading\n```\n## From docker/metadata-action\n'
    expect(anchorsOf(markdown)).toEqual(['env-and-more', 'from-dockermetadata-action'])
  })
})

describe('deadLinks', () => {
  const repository = (text: string) => ({
    files: ['docs/a.md', 'docs/b.md', 'actions/x/README.md', 'actions/x/src/main.ts', 'examples/y/README.md'],
    read: (file: string) => (file === 'docs/a.md' ? text : '# There\n'),
  })

  it.each([
    '[b](b.md)',
    '[b](b.md#there)',
    '[own](#own)\n# Own',
    '[x](../actions/x/README.md)',
    '[folder](../examples/)',
    '[web](https://example.org/none.md)',
    '`[code](none.md)`',
    '```text\n[code](none.md)\n```',
  ])('finds none in %j', text => {
    expect(deadLinks('docs/a.md', repository(text))).toEqual([])
  })

  it.each([
    ['[c](c.md)', 'docs/a.md:1: c.md does not exist'],
    ['\n[b](b.md#gone)', 'docs/a.md:2: b.md#gone names a heading that is not there'],
    ['[own](#own)', 'docs/a.md:1: #own names a heading that is not there'],
    ['[code](../actions/x/src/main.ts)', 'docs/a.md:1: ../actions/x/src/main.ts is not in the release tree'],
  ])('finds the one in %j', (text, problem) => {
    expect(deadLinks('docs/a.md', repository(text))).toEqual([problem])
  })
})

describe('inReleaseTree', () => {
  it.each([
    ['README.md', '[a](actions/x/README.md#y) [b](docs/b.md)', '[a](x/README.md#y) [b](docs/b.md)'],
    ['docs/a.md', '[x](../actions/x/README.md) [b](b.md#y) [c](#y)', '[x](../x/README.md) [b](b.md#y) [c](#y)'],
    ['actions/x/README.md', '[d](../../docs/a.md) [y](../y/README.md)', '[d](../docs/a.md) [y](../y/README.md)'],
    ['actions/x/README.md', '[e](../../examples/z/) [s](a.schema.json)', '[e](../examples/z/) [s](a.schema.json)'],
    ['docs/a.md', '[w](https://a.b/actions/x) `](../actions/x)`', '[w](https://a.b/actions/x) `](../actions/x)`'],
  ])('moves the links of %s: %s', (document, from, to) => {
    expect(inReleaseTree(document, from)).toBe(to)
  })
})

describe('isShipped', () => {
  it.each([
    ['README.md', true],
    ['docs/start.md', true],
    ['examples/penpal/src/main.js', true],
    ['actions/x/action.yml', true],
    ['actions/x/rules.schema.json', true],
    ['actions/x/package.json', false],
    ['actions/x/src/main.ts', false],
    ['package.json', false],
  ])('%s: %s', (file, expected) => {
    expect(isShipped(file)).toBe(expected)
  })
})

describe('the documents', () => {
  it('link only to what is there, here and in the release tree', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'actions/smoke-test/README.md']))
    expect(documents.flatMap(document => deadLinks(document, { files, read }))).toEqual([])
    const released = new Map(documents.map(file => [releasePath(file), inReleaseTree(file, read(file))]))
    const tree = { files: files.filter(isShipped).map(releasePath), read: (file: string) => released.get(file) ?? '' }
    expect([...released.keys()].flatMap(file => linksWithoutFile(file, tree))).toEqual([])
  })
})

/** The relative links of a document in the release tree whose file is not there. */
function linksWithoutFile(document: string, { files, read }: Parameters<typeof deadLinks>[1]): string[] {
  return [...read(document).matchAll(/\]\(([^)\s#]+)/g)]
    .map(([, link = '']) => link)
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => path.posix.join(path.posix.dirname(document), link).replace(/\/$/, ''))
    .filter(file => !files.some(name => name === file || name.startsWith(`${file}/`)))
    .map(file => `${document}: ${file}`)
}
