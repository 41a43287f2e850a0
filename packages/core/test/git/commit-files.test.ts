import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type GitAt, submodulesAmong, writeCommitFiles } from '@deploy-actions/core/git/commit-files'
import { gitIn } from '@deploy-actions/core/git/work-tree'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { GIT_ENV, runGit } from './git-fixture.ts'

const gitAt: GitAt = (folder, variables = {}) => gitIn(folder, { ...GIT_ENV, ...variables })

let folder: string
const at = (name: string) => path.join(folder, name)
const run = (args: string, cwd = at('work')) => runGit(args, cwd)

function write(file: string, text: string, root = at('work')): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), text)
}

function commit(): string {
  run('add --all')
  run('commit --quiet --message=x')
  return run('rev-parse HEAD')
}

/** Writes the files of a commit into `out`, and gives a reader of them. */
async function writeOut(sha: string, from = at('work')) {
  mkdirSync(at('out'))
  const written = await writeCommitFiles(gitAt, { folder: from, sha }, { files: at('out'), index: at('index') })
  return { ...written, text: (file: string) => readFileSync(path.join(at('out'), file), 'utf8') }
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commit-files-'))
  mkdirSync(at('work'))
  run('init --quiet --initial-branch=main')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('writeCommitFiles', () => {
  it('writes exactly the files of the commit: content, mode and links, whatever the workspace holds', async () => {
    write('compose.yaml', 'old\n')
    write('run.sh', '#!/bin/sh\n')
    chmodSync(at('work/run.sh'), 0o755)
    symlinkSync('run.sh', at('work/link'))
    const sha = commit()
    write('compose.yaml', 'new\n')
    write('later.txt', 'later\n')
    commit()
    write('compose.yaml', 'not committed\n')
    const { text } = await writeOut(sha)
    expect(text('compose.yaml')).toBe('old\n')
    expect(lstatSync(at('out/run.sh')).mode & 0o111).toBe(0o111)
    expect(readlinkSync(at('out/link'))).toBe('run.sh')
    expect(existsSync(at('out/later.txt'))).toBe(false)
  })

  it('changes neither the work tree, nor the index, nor what is checked out', async () => {
    write('compose.yaml', 'old\n')
    const sha = commit()
    write('compose.yaml', 'new\n')
    const head = commit()
    write('staged.txt', 'x')
    run('add staged.txt')
    write('compose.yaml', 'not committed\n')
    const before = run('status --porcelain')
    await writeOut(sha)
    expect([run('status --porcelain'), run('rev-parse HEAD')]).toEqual([before, head])
    expect(run('worktree list').split('\n')).toHaveLength(1)
  })

  it("takes line ends from the commit's own .gitattributes", async () => {
    write('a.txt', 'one\n')
    const sha = commit()
    write('.gitattributes', '*.txt text eol=crlf\n')
    commit()
    expect((await writeOut(sha)).text('a.txt')).toBe('one\n')
  })

  it('names the place of a folder below the root of the repository', async () => {
    write('app/compose.yaml', 'x\n')
    const sha = commit()
    const { prefix, text } = await writeOut(sha, at('work/app'))
    expect(prefix).toBe('app/')
    expect(text('app/compose.yaml')).toBe('x\n')
  })

  it('writes files that a sparse checkout leaves out', async () => {
    write('app/compose.yaml', 'x\n')
    write('docs/a.md', 'x\n')
    const sha = commit()
    run('sparse-checkout set docs')
    expect(existsSync(at('work/app'))).toBe(false)
    expect((await writeOut(sha)).text('app/compose.yaml')).toBe('x\n')
  })

  it('fetches exactly a commit that a shallow clone lacks', async () => {
    write('compose.yaml', 'old\n')
    const sha = commit()
    write('compose.yaml', 'new\n')
    commit()
    run(`clone --quiet --depth=1 file://${at('work')} ${at('clone')}`, folder)
    const { text } = await writeOut(sha, at('clone'))
    expect(text('compose.yaml')).toBe('old\n')
    expect(readFileSync(at('clone/compose.yaml'), 'utf8')).toBe('new\n')
  })

  it('leaves a whole clone whole when it fetches', async () => {
    write('compose.yaml', 'old\n')
    commit()
    run(`clone --quiet file://${at('work')} ${at('clone')}`, folder)
    write('compose.yaml', 'new\n')
    const sha = commit()
    expect((await writeOut(sha, at('clone'))).text('compose.yaml')).toBe('new\n')
    expect(run('rev-parse --is-shallow-repository', at('clone'))).toBe('false')
  })

  it('works in a SHA-256 repository', async () => {
    rmSync(at('work'), { recursive: true })
    mkdirSync(at('work'))
    run('init --quiet --object-format=sha256')
    write('compose.yaml', 'x\n')
    const sha = commit()
    expect(sha).toHaveLength(64)
    expect((await writeOut(sha)).text('compose.yaml')).toBe('x\n')
  })

  it('runs no hook of the repository', async () => {
    write('compose.yaml', 'x\n')
    const sha = commit()
    write('.git/hooks/post-index-change', `#!/bin/sh\ntouch ${at('ran')}\n`)
    chmodSync(at('work/.git/hooks/post-index-change'), 0o755)
    await writeOut(sha)
    expect(existsSync(at('ran'))).toBe(false)
  })

  it('names the submodules below the folder', async () => {
    write('app/compose.yaml', 'x\n')
    const head = commit()
    run(`update-index --add --cacheinfo 160000,${head},app/theme`)
    run(`update-index --add --cacheinfo 160000,${head},other`)
    run('commit --quiet --message=x')
    const { submodules } = await writeOut(run('rev-parse HEAD'), at('work/app'))
    expect(submodules).toEqual(['theme'])
  })

  it('says that a commit cannot be found, without the token in the URL of the remote', async () => {
    write('compose.yaml', 'x\n')
    commit()
    run('remote add origin https://someone:hunter2hunter2@127.0.0.1:9/none.git')
    const sha = 'a'.repeat(40)
    const failure = await writeOut(sha).catch(thrown => thrown)
    expect(failure).toMatchObject({ title: 'Commit not found', next: expect.stringContaining('fetch-depth: 0') })
    expect(failure.message).toContain(`Commit ${sha} is not in the repository on the runner`)
    expect(failure.message).not.toContain('hunter2')
  })

  it('says that there is no repository', async () => {
    mkdirSync(at('empty'))
    await expect(writeOut('a'.repeat(40), at('empty'))).rejects.toMatchObject({
      title: 'No Git repository',
      message: expect.stringContaining('not a git repository'),
    })
  })
})

describe('submodulesAmong', () => {
  it.each([
    ['the submodule itself', ['theme'], ['theme']],
    ['a file in it', ['theme/a.css'], ['theme']],
    ['a folder around it', ['web/'], ['web/theme']],
    ['everything', ['.'], ['theme', 'web/theme']],
    ['a glob of names beside it', ['web/th*'], ['web/theme']],
    ['another folder with the same start', ['themes', 'web/theme-dark'], []],
  ])('finds what concerns %s', (_, paths, expected) => {
    expect(submodulesAmong(['theme', 'web/theme'], paths)).toEqual(expected)
  })
})
