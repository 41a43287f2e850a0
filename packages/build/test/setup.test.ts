import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '@deploy-actions/build/workspace'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { installOnce } from '../src/install-once.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'setup-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('setup.mjs', () => {
  const setup = (env: Record<string, string>) => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'packages/build/setup.mjs'), 'demo:run'], {
      env: { HOME: folder, XDG_CACHE_HOME: folder, ...env },
      encoding: 'utf8',
    })
    return { status, stderr }
  }

  it('says where npm comes from when it is missing', () => {
    const { status, stderr } = setup({ PATH: folder })
    expect(status).toBe(1)
    expect(stderr.trim()).toBe('npm was not found. It comes with node: install node 20 or later with its npm.')
  })

  it('says that the registry could not be reached, and leaves nothing half installed', () => {
    const { status, stderr } = setup({
      PATH: process.env['PATH'] ?? '',
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
    })
    expect(status).toBe(1)
    expect(stderr).toContain('The npm registry could not be reached; the first run needs it')
    expect(readdirSync(path.join(folder, 'deploy-actions'))).toEqual([])
  })
})

describe.each(['linux-x64', 'linux-arm64'])('the toolchain of %s', kind => {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

  it('is the one package, pinned by its hash, with no word of a registry', () => {
    const lock = read(`packages/build/toolchain/${kind}/package-lock.json`)
    const { '': _, ...packages } = JSON.parse(lock).packages
    expect(packages).toEqual({
      [`node_modules/@pnpm/exe.${kind}`]: expect.objectContaining({ integrity: expect.stringMatching(/^sha512-/) }),
    })
    expect(lock).not.toMatch(/resolved|https?:/)
  })

  it('has the pnpm that package.json names', () => {
    const { dependencies } = JSON.parse(read(`packages/build/toolchain/${kind}/package.json`))
    expect(`pnpm@${dependencies[`@pnpm/exe.${kind}`]}`).toBe(JSON.parse(read('package.json')).packageManager)
  })
})

describe('installOnce', () => {
  it('lets many fill a folder at the same time, and the first one wins', async () => {
    const target = path.join(folder, 'tool')
    const { promise: allStarted, resolve: start } = Promise.withResolvers<void>()
    let started = 0
    const fill =
      (mark: number, before: Promise<unknown> = allStarted) =>
      async (draft: string) => {
        started += 1
        if (started === 3) start()
        await before
        writeFileSync(path.join(draft, 'mark'), String(mark))
      }
    const first = installOnce(target, fill(1))
    await Promise.all([first, ...[2, 3].map(mark => installOnce(target, fill(mark, first)))])
    expect(readFileSync(path.join(target, 'mark'), 'utf8')).toBe('1')
    expect(readdirSync(folder)).toEqual(['tool'])
    await expect(installOnce(target, fill(4))).resolves.toBe(false)
  })

  it('leaves nothing behind when the filling fails', async () => {
    const target = path.join(folder, 'tool')
    await expect(installOnce(target, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room')
    expect(existsSync(target)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })
})
