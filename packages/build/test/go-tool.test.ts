import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureGoTool, type GoTool } from '@deploy-actions/build/go-tool'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const realEnvironment = { PATH: process.env['PATH'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] }
let folder: string
let archive: Buffer
let server: Server
let asked = 0

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'go-tool-test-'))
  for (const name of ['programs', 'module', 'published']) mkdirSync(path.join(folder, name))
  for (const name of ['go.mod', 'go.sum']) writeFileSync(path.join(folder, 'module', name), name)
  writeFileSync(path.join(folder, 'published/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 })
  archive = execFileSync('tar', ['-cz', '-C', path.join(folder, 'published'), 'hello'])
  // A machine without Go.
  for (const name of ['tar', 'gzip', 'sh']) {
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${name}`])
        .toString()
        .trim(),
      path.join(folder, 'programs', name),
    )
  }
  Object.assign(process.env, { PATH: path.join(folder, 'programs'), XDG_CACHE_HOME: path.join(folder, 'cache') })
  server = createServer((_, response) => {
    asked++
    response.end(archive)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  process.env['PATH'] = realEnvironment.PATH
  if (realEnvironment.XDG_CACHE_HOME === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = realEnvironment.XDG_CACHE_HOME
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const quietly = <T>(_: string, work: () => Promise<T>) => work()

function hello(version: string, sha256: string, port?: number): GoTool {
  const address = server.address()
  const ownPort = typeof address === 'object' && address ? address.port : 0
  return {
    name: 'hello',
    version,
    package: 'example.org/hello',
    module: path.join(folder, 'module'),
    released: {
      url: () => `http://127.0.0.1:${port ?? ownPort}/hello.tar.gz`,
      sha256: { [`${process.platform}-${process.arch}`]: sha256 },
    },
  }
}

describe('ensureGoTool without Go', () => {
  const inCache = () => readdirSync(path.join(folder, 'cache/deploy-actions'))

  it('takes the released program once, if it is the one that was pinned', async () => {
    const tool = hello('1.0.0', createHash('sha256').update(archive).digest('hex'))
    const program = await ensureGoTool(tool, quietly)
    expect(readFileSync(program, 'utf8')).toContain('echo hello')
    expect(await ensureGoTool(tool, quietly)).toBe(program)
    expect(asked).toBe(1)
  })

  it('does not use another one', async () => {
    const before = inCache()
    await expect(ensureGoTool(hello('1.0.1', '0'.repeat(64)), quietly)).rejects.toThrow(/has the SHA-256 \w+, not 0000/)
    expect(inCache()).toEqual(before)
  })

  it('says what to do when there is none to be had', async () => {
    await expect(ensureGoTool(hello('1.0.2', '0'.repeat(64), 9), quietly)).rejects.toThrow(
      /could not be read. Install Go .*, so that hello 1.0.2 can be built/,
    )
    await expect(
      ensureGoTool({ ...hello('1.0.3', ''), released: { url: String, sha256: {} } }, quietly),
    ).rejects.toThrow('No released hello is known for')
  })
})
