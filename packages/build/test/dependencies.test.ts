import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'

const packages = [
  '.',
  ...['packages', 'actions'].flatMap(parent => readdirSync(path.join(root, parent)).map(name => `${parent}/${name}`)),
].filter(folder => existsSync(path.join(root, folder, 'package.json')))

describe.each(packages)('the dependencies of %s', folder => {
  const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'))
  const declared = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }

  it('are exact versions, or of this workspace', () => {
    const loose = Object.entries<string>(declared).filter(
      ([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/.test(version),
    )
    expect(loose).toEqual([])
  })
})
