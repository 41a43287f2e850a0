import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { readActionMetadata } from '@deploy-actions/build/action-metadata'
import { anchorsOf, blocksOf, deadLinks, inReleaseTree, yamlIn } from '@deploy-actions/build/documents'
import { isShipped, releasePath } from '@deploy-actions/build/shipped'
import { type ShownStep, stepsIn } from '@deploy-actions/build/shown-steps'
import { actionFolder, actionNames, filesUnder, repositoryFiles, root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'
import { parseDocument } from 'yaml'

const files = repositoryFiles()
const documents = files.filter(file => file.endsWith('.md') && isShipped(file))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const yamlBlocks = documents.flatMap(document =>
  yamlIn(read(document)).map(block => ({ ...block, place: `${document}:${block.line}` })),
)

describe('blocksOf', () => {
  it('has language, line and text, also of a block in a list', () => {
    const markdown = '# A\n\n```sh\nls\n```\n\n- b\n\n  ```yaml\n  a:\n    b: 1\n  ```\n'
    expect(blocksOf(markdown)).toEqual([
      { language: 'sh', line: 4, text: 'ls\n' },
      { language: 'yaml', line: 10, text: 'a:\n  b: 1\n' },
    ])
  })
})

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

describe('the schemas', () => {
  const addressOf = (file: string) => `https://raw.githubusercontent.com/org/actions/v1/${releasePath(file)}`
  const schemas = files.filter(file => file.endsWith('.schema.json') && isShipped(file))

  it('have the address at which editors find them', () => {
    expect(schemas).toContain('actions/smoke-test/checks.schema.json')
    const ids = schemas.map(file => (JSON.parse(read(file)) as { $id?: string }).$id)
    expect(ids).toEqual(schemas.map(addressOf))
  })

  it('are named by that address in the documents', () => {
    const named = documents.flatMap(file =>
      [...read(file).matchAll(/\$schema=(https:\S+)/g)].map(([, address]) => address),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(address => !schemas.map(addressOf).includes(address ?? ''))).toEqual([])
  })
})

describe('the documents', () => {
  it('link only to what is there, here and in the release tree', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/start.md', 'actions/smoke-test/README.md']))
    expect(documents.flatMap(document => deadLinks(document, { files, read }))).toEqual([])
    const released = new Map(documents.map(file => [releasePath(file), inReleaseTree(file, read(file))]))
    const tree = { files: files.filter(isShipped).map(releasePath), read: (file: string) => released.get(file) ?? '' }
    expect([...released.keys()].flatMap(file => linksWithoutFile(file, tree))).toEqual([])
  })

  it('show YAML that can be read', () => {
    const errors = ({ text, place }: (typeof yamlBlocks)[number]) =>
      parseDocument(text, { logLevel: 'error' }).errors.map(({ message }) => `${place}: ${message}`)
    expect(yamlBlocks.flatMap(errors)).toEqual([])
  })

  it('show steps with the inputs of the action, and with all that it requires', () => {
    const steps = yamlBlocks.flatMap(({ text, place }) => stepsIn(text).map(step => ({ ...step, place })))
    expect(new Set(steps.map(({ action }) => action))).toEqual(new Set(actionNames()))
    expect(
      steps.flatMap(({ action, inputs, place }) => inputProblems(action, inputs).map(why => `${place}: ${why}`)),
    ).toEqual([])
  })

  it('begin with a README that is read in a few minutes, and whose workflow is that of the first steps', () => {
    const readme = read('README.md')
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120)
    const workflow = yamlIn(readme)[0]?.text
    expect(yamlIn(read('docs/start.md')).map(({ text }) => text)).toContain(workflow)
  })
})

describe('docs/security.md', () => {
  const security = read('docs/security.md')

  it('has the permissions and the hosts of every action', () => {
    for (const name of actionNames()) {
      expect(security.match(new RegExp(`^\\| ${name} \\|`, 'gm'))).toHaveLength(2)
    }
  })

  it('knows which actions take the token of the job', () => {
    const taking = actionNames().filter(name =>
      Object.values(readActionMetadata(actionFolder(name)).inputs).some(input =>
        input.default?.includes('github.token'),
      ),
    )
    expect(taking).toEqual(['compute-tags'])
  })
})

describe('docs/failures.md', () => {
  const titles = [...read('docs/failures.md').matchAll(/^\| (?:\*\*[^*]+\*\*(?:, )?)+/gm)].flatMap(([cell]) =>
    [...cell.matchAll(/\*\*([^*]+)\*\*/g)].map(([, title = '']) => title),
  )
  const sources = ['packages/core/src', ...actionNames().map(name => `actions/${name}/src`)]
    .flatMap(folder => filesUnder(folder))
    .filter(file => file.endsWith('.ts') && !file.endsWith('.generated.ts'))
    .map(read)
  const tests = ['packages', 'actions', 'test']
    .flatMap(folder => filesUnder(folder))
    .filter(file => /\.test\.ts$/.test(file) && !file.endsWith('/documents.test.ts'))
    .map(read)

  it('quotes titles as the sources have them', () => {
    expect(titles.length).toBeGreaterThanOrEqual(15)
    expect(titles.filter(title => !sources.some(source => hasText(source, title)))).toEqual([])
  })

  it('quotes titles of failures that a test produces', () => {
    expect(titles.filter(title => !tests.some(test => patternOf(title).test(test)))).toEqual([])
  })
})

/** Whether a module has a text whose changing parts are `…`. */
function hasText(source: string, text: string): boolean {
  return new RegExp(`['"\`}] ?${patternOf(text).source}`).test(source)
}

function patternOf(text: string): RegExp {
  const parts = text.split('…').map(part => part.trim())
  return new RegExp(parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'))
}

function inputProblems(action: string, inputs: ShownStep['inputs']): string[] {
  if (!existsSync(actionFolder(action))) return [`there is no action ${action}`]
  const known = readActionMetadata(actionFolder(action)).inputs
  const required = Object.keys(known).filter(name => known[name]?.required === 'true')
  return [
    ...Object.keys(inputs)
      .filter(name => !(name in known))
      .map(name => `${action} has no input ${name}`),
    ...required.filter(name => !(name in inputs)).map(name => `${action} requires ${name}`),
  ]
}

/** The relative links of a document in the release tree whose file is not there. */
function linksWithoutFile(document: string, { files, read }: Parameters<typeof deadLinks>[1]): string[] {
  return [...read(document).matchAll(/\]\(([^)\s#]+)/g)]
    .map(([, link = '']) => link)
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => path.posix.join(path.posix.dirname(document), link).replace(/\/$/, ''))
    .filter(file => !files.some(name => name === file || name.startsWith(`${file}/`)))
    .map(file => `${document}: ${file}`)
}
