import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { collectFiles, FilesRefused } from '@deploy-actions/core/host/files'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { formatChecksums, isFile, parseChecksums, totalSize } from '@deploy-actions/core/host/manifest'
import { packTar, unpackCommand } from '@deploy-actions/core/host/tar'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

let root: string
let target: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'))
  target = await mkdtemp(join(tmpdir(), 'unpacked-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
  await rm(target, { recursive: true })
})

async function write(path: string, content: string | Uint8Array = path, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
  await chmod(join(root, path), mode)
}

async function pathsOf(...asked: string[]): Promise<string[]> {
  return (await collectFiles(root, asked)).map(entry => entry.path)
}

async function problemsOf(...asked: string[]): Promise<readonly string[]> {
  const thrown = await collectFiles(root, asked).catch(failure => failure)
  expect(thrown).toBeInstanceOf(FilesRefused)
  return thrown.problems
}

describe('collectFiles', () => {
  it('takes files, folders and globs, sorted and each once, with dot files, without .git and .deploy', async () => {
    for (const path of [
      'compose.yml',
      'infra/nginx/default.conf',
      'infra/.htpasswd',
      'infra/.git/config',
      '.deploy/lock',
      '.env.example',
      'z.sql',
      'infra-2/x',
    ]) {
      await write(path)
    }
    expect(await pathsOf('infra/', './compose.yml', 'compose.yml', '*.sql', 'infra/**/*.conf')).toEqual([
      'compose.yml',
      'infra/.htpasswd',
      'infra/nginx/default.conf',
      'z.sql',
    ])
    expect(await pathsOf('.')).toEqual([
      '.env.example',
      'compose.yml',
      'infra-2/x',
      'infra/.htpasswd',
      'infra/nginx/default.conf',
      'z.sql',
    ])
    // As in a shell, a star leaves dot files out.
    expect(await pathsOf('*')).toEqual((await pathsOf('.')).slice(1))
  })

  it('knows size, hash and permission bits', async () => {
    await write('run.sh', 'echo', 0o4750)
    expect(await collectFiles(root, ['run.sh'])).toEqual([
      { path: 'run.sh', mode: 0o750, size: 4, sha256: createHash('sha256').update('echo').digest('hex') },
    ])
  })

  it('keeps links that point inside', async () => {
    await write('conf/real')
    await symlink('real', join(root, 'conf/link'))
    await symlink('conf', join(root, 'folder'))
    expect(await collectFiles(root, ['conf/link', 'folder'])).toEqual([
      { path: 'conf/link', link: 'real' },
      { path: 'folder', link: 'conf' },
    ])
  })

  it('takes a name with the letters of a glob', async () => {
    await write('pages/[slug].ts')
    expect(await pathsOf('pages/[slug].ts')).toEqual(['pages/[slug].ts'])
  })

  it('names everything that is wrong at once', async () => {
    await mkdir(join(root, 'empty'))
    await write('real/file')
    await symlink('/etc/passwd', join(root, 'absolute'))
    await symlink('../../etc', join(root, 'real/above'))
    await symlink('real', join(root, 'linked'))
    const socket = createServer().listen(join(root, 'socket'))
    await write('.git/config')
    expect(
      await problemsOf(
        'missing.yml',
        '../other',
        '/etc/passwd',
        'empty',
        'absolute',
        'real',
        'linked/file',
        'socket',
        '*.sql',
        '.git/config',
        'a/b/c',
      ),
    ).toEqual([
      'missing.yml does not exist',
      '../other is outside of the repository',
      '/etc/passwd is absolute',
      'empty is an empty folder',
      'absolute is a link that leads outside: /etc/passwd',
      'real/above is a link that leads outside: ../../etc',
      'linked/file leads through a symbolic link; name the folder that it points to',
      'socket is neither a file nor a folder nor a link',
      '*.sql matches nothing',
      '.git/config is in .git, which is never sent',
      'a/b/c does not exist',
    ])
    await new Promise(resolve => socket.close(resolve))
  })
})

describe('packTar', () => {
  const awkward = [
    'plain.txt',
    'with space and \'quotes".txt',
    '-rf',
    'ünïcödé/😀 — 漢字.txt',
    `${'deep/'.repeat(40)}file`,
    `long-${'n'.repeat(200)}`,
    `ü${'é'.repeat(90)}/x`,
    'back\\slash',
    'new\nline',
    ' leading and trailing ',
    '.hidden',
  ]

  async function unpack(manifest: Awaited<ReturnType<typeof collectFiles>>, onBytes?: (bytes: number) => void) {
    const host = new LocalHost({ PATH: process.env['PATH'] })
    const sent = await host.run({
      argv: unpackCommand(target),
      stdin: packTar(root, manifest, onBytes === undefined ? {} : { onBytes }),
      timeout: 20_000,
    })
    expect(sent).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  }

  it('brings every name, mode, link and content through the tar of the machine', async () => {
    for (const path of awkward) await write(path, `content of ${path}`, path.startsWith('.') ? 0o600 : 0o755)
    await write('empty', '')
    await write('big', Buffer.alloc(3_000_001, 'abc'))
    await symlink('ünïcödé/😀 — 漢字.txt', join(root, 'link'))
    const manifest = await collectFiles(root, ['.'])
    let told = 0
    const before = Date.now()
    await unpack(manifest, bytes => {
      told += bytes
    })
    expect(told).toBeGreaterThan(totalSize(manifest))
    for (const entry of manifest) {
      const path = join(target, entry.path)
      if (!isFile(entry)) expect(await readlink(path)).toBe(entry.link)
      else {
        expect(
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        ).toBe(entry.sha256)
        const stats = await lstat(path)
        expect(stats.mode & 0o777).toBe(entry.mode)
        // A file system cuts its times to its own precision.
        expect(stats.mtimeMs).toBeGreaterThan(before - 2_000)
      }
    }
    const check = spawnSync('sha256sum', ['-c', '--quiet', '--strict'], {
      cwd: target,
      input: formatChecksums(manifest),
    })
    expect([check.status, String(check.stderr)]).toEqual([0, ''])
  })

  it('is the same bytes for the same files', async () => {
    await write('a/b')
    await write('c')
    const once = await buffer(packTar(root, await collectFiles(root, ['.'])))
    await write('c')
    expect(Buffer.compare(await buffer(packTar(root, await collectFiles(root, ['c', 'a']))), once)).toBe(0)
  })

  it('packs many files in few chunks', async () => {
    for (let index = 0; index < 300; index++) await write(`f${index}`, Buffer.alloc(4096, index))
    const sizes: number[] = []
    await unpack(await collectFiles(root, ['.']), bytes => sizes.push(bytes))
    expect(sizes.length).toBeLessThan(10)
  })

  it.each([
    ['grew', () => write('file', 'longer than before')],
    ['shrank', () => write('file', '')],
    ['was removed', () => rm(join(root, 'file'))],
    ['grew, and is large', () => write('large', Buffer.alloc(700_000))],
    ['shrank, and is large', () => write('large', Buffer.alloc(500_000))],
  ])('fails when a file %s since it was hashed', async (_, change) => {
    await write('file', 'content')
    await write('large', Buffer.alloc(600_000))
    const manifest = await collectFiles(root, ['.'])
    await change()
    await expect(buffer(packTar(root, manifest))).rejects.toThrow(/(file|large) was changed while it was sent/)
  })
})

describe('parseChecksums', () => {
  it('reads back what formatChecksums wrote, whatever the names', () => {
    const name = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab\\n\n \'"é😀*/') })
    fc.assert(
      fc.property(fc.uniqueArray(name), names => {
        const entries = names.map(path => ({
          path,
          mode: 0o644,
          size: 0,
          sha256: createHash('sha256').update(path).digest('hex'),
        }))
        expect([...parseChecksums(formatChecksums(entries))]).toEqual(entries.map(entry => [entry.path, entry.sha256]))
      }),
    )
  })

  it('refuses another text', () => {
    expect(() => parseChecksums('hello')).toThrow('not one of sha256sum')
  })
})
