import { describe, expect, it } from '@jest/globals'
import { commitSource } from '../src/commit-source.ts'

const source = {
  root: 'app',
  place: '"app" of the workspace',
  envRoot: 'app',
  composeFiles: ['compose.yaml'],
  files: ['web/'],
  env: [],
  envFile: 'prod.env',
}
const commit = { folder: '/tmp/commit-x/files', prefix: 'app/', submodules: [], [Symbol.asyncDispose]: async () => {} }
const sha = 'abcdef0123'.repeat(4)

describe('commitSource', () => {
  it('has the files of the commit, and the env-file of the workspace', () => {
    expect(commitSource(source, sha, commit)).toMatchObject({
      root: '/tmp/commit-x/files/app/',
      place: '"app" of commit abcdef0',
      envRoot: 'app',
      envFile: 'prod.env',
    })
  })

  it('refuses files of a submodule, and none that the deploy does not need', () => {
    expect(() => commitSource(source, sha, { ...commit, submodules: ['web/theme', 'docs'] })).toThrow(
      'Commit abcdef0 has no files of its submodules, and the deploy needs them: web/theme',
    )
    expect(() => commitSource(source, sha, { ...commit, submodules: ['docs'] })).not.toThrow()
  })
})
