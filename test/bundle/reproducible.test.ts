import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { actionFolder, actionNames, root } from '@deploy-actions/build/workspace'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

/** What is installed, built or kept in the top folder, and at any depth. */
const MADE_AT_TOP = new Set(['.git', '.lab', 'coverage', 'release'])
const MADE = new Set(['dist', 'node_modules'])
const isSource = (file: string) => !MADE_AT_TOP.has(path.relative(root, file)) && !MADE.has(path.basename(file))

let parent: string
let copy: string

beforeAll(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'reproducible-'))
  copy = path.join(parent, 'a/folder/much/deeper/than/this one')
  mkdirSync(copy, { recursive: true })
  cpSync(root, copy, { recursive: true, filter: isSource })
  execFileSync('pnpm', ['install', '--prefer-offline', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: copy,
    stdio: 'pipe',
  })
  const bundler = path.join(copy, 'packages/build/src/bundle-all.ts')
  execFileSync(process.execPath, [bundler, '--worker', ...actionNames()], { cwd: copy, stdio: 'pipe' })
}, 300_000)

afterAll(() => rmSync(parent, { recursive: true, force: true }))

describe.each(actionNames())('the bundle of %s', name => {
  const contents = (top: string) => {
    const dist = path.join(actionFolder(name, top), 'dist')
    return new Map(readdirSync(dist).map(file => [file, readFileSync(path.join(dist, file))]))
  }

  it('has the same bytes when it is built in another folder', () => {
    const [here, there] = [contents(root), contents(copy)]
    expect([...there.keys()]).toEqual([...here.keys()])
    const different = [...here].filter(([file, bytes]) => !there.get(file)?.equals(bytes)).map(([file]) => file)
    expect(different).toEqual([])
  })
})
