import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { importsOf, packageOf } from '@deploy-actions/build/module-imports'
import { filesUnder, root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'

/** Used by name, not by import: a program that a script runs, types, or what another package asks for. */
const USED_WITHOUT_IMPORT = [
  /^@types\//,
  /^@biomejs\/biome$/,
  /^jest$/,
  /^knip$/,
  /^typescript$/,
  /^node-linux-/,
  /^@vercel\/ncc$/,
]

const packages = [
  '.',
  ...['packages', 'actions'].flatMap(parent => readdirSync(path.join(root, parent)).map(name => `${parent}/${name}`)),
].filter(folder => existsSync(path.join(root, folder, 'package.json')))

/** The root package stands for the tests that belong to no package. */
function sourcesOf(folder: string): string[] {
  const files = folder === '.' ? [...filesUnder('test'), 'package.json'] : filesUnder(folder)
  return files.filter(file => /\.m?[jt]s$/.test(file))
}

describe.each(packages)('the dependencies of %s', folder => {
  const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'))
  const declared = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }

  it('are all used', () => {
    const imported = new Set(
      sourcesOf(folder).flatMap(file =>
        importsOf(readFileSync(path.join(root, file), 'utf8')).map(({ specifier }) => packageOf(specifier)),
      ),
    )
    const unused = Object.keys(declared).filter(
      name => !imported.has(name) && !USED_WITHOUT_IMPORT.some(pattern => pattern.test(name)),
    )
    expect(unused).toEqual([])
  })

  it('are exact versions, or of this workspace', () => {
    const loose = Object.entries<string>(declared).filter(
      ([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/.test(version),
    )
    expect(loose).toEqual([])
  })
})
