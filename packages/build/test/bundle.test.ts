import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bundleAction } from '@deploy-actions/build/bundle'
import { judgeStart, startProblem } from '@deploy-actions/build/start-check'
import { root } from '@deploy-actions/build/workspace'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

let folder: string
beforeEach(() => {
  // Inside the repository, as actions are: files from outside are never taken along. Ignored by git, compiler and linter.
  const parent = path.join(root, 'packages/build/dist')
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(path.join(parent, 'bundle-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
}

describe('bundleAction', () => {
  const CHUNK = expect.stringMatching(/^\d+\.(index|parts)\.cjs\.js$/)
  const LATER = { 'src/later.ts': `export const later: string = 'in a chunk'` }
  const part = (name: string) =>
    `const { later } = await import('./later.ts')\nconsole.log('${name}', later satisfies string)`

  it('makes one file of an action, and a chunk of what is imported lazily', async () => {
    write({ ...LATER, 'src/main.ts': part('main') })
    const files = await bundleAction(folder)
    expect([...files.keys()].sort()).toEqual([CHUNK, 'index.cjs', 'licenses.txt', 'package.json'])
    expect(files.get('index.cjs')?.toString()).not.toContain('in a chunk')
    expect(startProblem(files, 'index.cjs')).toBeUndefined()
  })

  it('has once what two parts use', async () => {
    const shared = `export const shared = '${'in both parts '.repeat(2_000)}'`
    const using = (name: string) => `import { shared } from './shared.ts'\n${part(name)}\nconsole.log(shared.length)`
    write({ ...LATER, 'src/shared.ts': shared, 'src/main.ts': using('main'), 'src/post.ts': using('post') })
    const files = await bundleAction(folder)
    for (const text of ['in both parts', 'in a chunk']) {
      expect([...files.values()].filter(content => content.includes(text))).toHaveLength(1)
    }
    expect(startProblem(files, 'index.cjs')).toBeUndefined()
    expect(startProblem(files, 'post.cjs')).toBeUndefined()
  })

  it('runs the part whose file was started, and not the other one', async () => {
    write({ ...LATER, 'src/main.ts': part('main'), 'src/post.ts': part('post') })
    for (const [file, content] of await bundleAction(folder)) writeFileSync(path.join(folder, file), content)
    const start = (file: string) => execFileSync(process.execPath, [path.join(folder, file)], { encoding: 'utf8' })
    expect(start('index.cjs')).toBe('main in a chunk\n')
    expect(start('post.cjs')).toBe('post in a chunk\n')
  })

  it('keeps the licences of what is in each chunk', async () => {
    const library = (name: string) => ({
      [`node_modules/${name}/package.json`]: JSON.stringify({
        name,
        version: '1.0.0',
        license: 'ISC',
        main: 'index.js',
      }),
      [`node_modules/${name}/index.js`]: `module.exports = '${name}'`,
      [`node_modules/${name}/LICENSE`]: `Copyright the ${name} people`,
    })
    write({
      'src/main.ts': `import early from 'early-library'\nconsole.log(early, await import('late-library'))`,
      ...library('early-library'),
      ...library('late-library'),
    })
    const licenses = (await bundleAction(folder)).get('licenses.txt')?.toString()
    expect(licenses).toContain('Copyright the early-library people')
    expect(licenses).toContain('Copyright the late-library people')
  })

  it('has each licence once, though two chunks hold parts of the library', async () => {
    write({
      'src/main.ts': `console.log(await import('./one.ts'), await import('./two.ts'))`,
      'src/one.ts': `export { one } from 'wide-library/one.js'`,
      'src/two.ts': `export { two } from 'wide-library/two.js'`,
      'node_modules/wide-library/package.json': JSON.stringify({
        name: 'wide-library',
        version: '1.0.0',
        license: 'MIT',
      }),
      'node_modules/wide-library/one.js': `exports.one = 'one'`,
      'node_modules/wide-library/two.js': `exports.two = 'two'`,
      'node_modules/wide-library/LICENSE': 'Copyright the wide-library people',
    })
    const licenses = (await bundleAction(folder)).get('licenses.txt')?.toString()
    expect(licenses?.match(/Copyright the wide-library people/g)).toHaveLength(1)
  })

  it('carries no native parts and no programs, though the code refers to them', async () => {
    write({
      'src/main.ts': `import { join } from 'node:path'\nconsole.log(join(__dirname, 'tool.exe'), join(__dirname, 'part.node'))`,
      'src/tool.exe': 'MZ',
      'src/part.node': 'ELF',
    })
    expect([...(await bundleAction(folder)).keys()]).toEqual(['index.cjs', 'licenses.txt'])
  })

  it('refuses any other file', async () => {
    write({
      'src/main.ts': `import { readFileSync } from 'node:fs'\nconsole.log(readFileSync(__dirname + '/words.txt', 'utf8'))`,
      'src/words.txt': 'words',
    })
    await expect(bundleAction(folder)).rejects.toThrow('would carry words.txt; a bundle is code and licences only')
  })

  it('is found broken when it misses a package', async () => {
    write({ 'src/main.ts': `import { nothing } from 'no-such-package'\nconsole.log(nothing)` })
    expect(startProblem(await bundleAction(folder), 'index.cjs')).toContain("Cannot find module 'no-such-package'")
  })
})

describe('judgeStart', () => {
  it.each([
    ['ends well', { status: 0, signal: null, output: 'done' }, undefined],
    [
      'refuses its inputs',
      { status: 1, signal: null, output: '::error title=Wrong input%3A host::`host` is missing' },
      undefined,
    ],
    [
      'has a bug',
      { status: 1, signal: null, output: '::error::x%0A%0ANext: Report this: it is a bug of the action' },
      'could not be loaded',
    ],
    [
      'lacks a global',
      { status: 1, signal: null, output: 'ReferenceError: __dirname is not defined' },
      'could not be loaded',
    ],
    ['fails silently', { status: 3, signal: null, output: '' }, 'ended with 3 and said no reason'],
    ['hangs', { status: null, signal: 'SIGTERM', output: '' }, 'did not end within'],
  ])('judges one that %s', (_, start, problem) => {
    if (problem === undefined) expect(judgeStart(start)).toBeUndefined()
    else expect(judgeStart(start)).toContain(problem)
  })
})
