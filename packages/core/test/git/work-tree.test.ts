import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  commitDate,
  completeTags,
  decoratedRef,
  type Git,
  gitIn,
  headRef,
  headSha,
} from '@deploy-actions/core/git/work-tree'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { GIT_ENV, runGit } from './git-fixture.ts'

const ENV = {
  ...GIT_ENV,
  GIT_COMMITTER_DATE: '2026-09-01T08:00:00+02:00',
}

let folder: string
let git: Git
const run = (args: string, cwd = folder) => runGit(args, cwd, ENV)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'work-tree-'))
  git = gitIn(folder, ENV)
  run('init --quiet --initial-branch=main')
  run('commit --quiet --allow-empty --message=first')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('headRef', () => {
  it('is the branch that is checked out', async () => {
    run('checkout --quiet -b feature/x')
    expect(await headRef(git)).toBe('refs/heads/feature/x')
  })

  it('is the tag of a detached HEAD', async () => {
    run('tag v1.0.0')
    run('checkout --quiet --detach')
    run('branch --quiet --delete --force main')
    expect(await headRef(git)).toBe('refs/tags/v1.0.0')
  })

  it('is a tag with a comma in its name, which is what parts names', async () => {
    run('tag v1,2')
    run('tag a')
    run('checkout --quiet --detach')
    run('branch --quiet --delete --force main')
    expect(await headRef(git)).toMatch(/^refs\/tags\/(a|v1,2)$/)
    run('tag --delete a')
    expect(await headRef(git)).toBe('refs/tags/v1,2')
  })

  it('is the branch that holds an older commit', async () => {
    run('commit --quiet --allow-empty --message=second')
    run('checkout --quiet HEAD~1')
    expect(await headRef(git)).toBe('refs/heads/main')
  })

  it('is the remote branch that holds it, where there is no local one', async () => {
    run('commit --quiet --allow-empty --message=second')
    run('update-ref refs/remotes/origin/develop HEAD')
    run('checkout --quiet HEAD~1')
    run('branch --quiet --delete --force main')
    expect(await headRef(git)).toBe('refs/heads/develop')
  })

  it('is the tag that holds it, where there is no branch', async () => {
    run('commit --quiet --allow-empty --message=second')
    run('tag v2')
    run('checkout --quiet HEAD~1')
    run('branch --quiet --delete --force main')
    expect(await headRef(git)).toBe('refs/tags/v2')
  })

  it('is unknown where nothing has a name', async () => {
    run('checkout --quiet --detach')
    run('branch --quiet --delete --force main')
    expect(await headRef(git)).toBeUndefined()
  })
})

describe('decoratedRef', () => {
  it.each([
    ['pull/87/merge', 'refs/pull/87/merge'],
    ['pull/87/head', 'refs/pull/87/head'],
    ['origin/main, main', 'refs/heads/main'],
    ['origin/feature/x', 'refs/heads/feature/x'],
    ['main', undefined],
  ])('%s is %s', (names, expected) => {
    expect(decoratedRef(names)).toBe(expected)
  })
})

describe('a work tree', () => {
  it('knows its commit, and when it was made', async () => {
    const sha = run('rev-parse HEAD')
    expect(await headSha(git)).toBe(sha)
    expect((await commitDate(git, sha)).toISOString()).toBe('2026-09-01T06:00:00.000Z')
    await expect(commitDate(git, 'f'.repeat(40))).rejects.toThrow('bad object')
  })

  it('knows its tags, unless it is shallow', async () => {
    run('tag v1')
    run('tag v2')
    expect(await completeTags(git)).toEqual(['v1', 'v2'])
    run('commit --quiet --allow-empty --message=second')
    run(`clone --quiet --depth=1 file://${folder} shallow`)
    expect(await completeTags(gitIn(path.join(folder, 'shallow'), ENV))).toBeUndefined()
  })

  it('takes what starts like an option for no option', async () => {
    await expect(commitDate(git, '--output=x')).rejects.toThrow('bad revision')
  })
})
