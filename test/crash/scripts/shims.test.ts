import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ensureTools, installPrograms, type Shell } from './programs.ts'
import { Server } from './server.ts'
import { type CommandMode, countCommands, nameOfCommand, runShimmed } from './shims.ts'
import { readTree } from './snapshot.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'crash-shims-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function makeServer(shell: Shell): Promise<Server | undefined> {
  const tools = await ensureTools(shell)
  if ('missing' in tools) {
    console.log(`${shell} is not tested: ${tools.missing}`)
    return undefined
  }
  const server = new Server(root, path.join(root, 'bin'), '')
  server.clear()
  installPrograms(server.programs, tools, '/bin/false')
  return server
}

const script = (server: Server, text: string) => ({
  argv: [path.join(server.programs, 'sh'), '-c', `cd ${server.project}; ${text}`],
})
const files = (server: Server) => [...readTree(server.project).keys()]

for (const shell of ['dash', 'busybox'] as const) {
  test(`${shell}: every external command is counted, also in pipelines and under timeout and xargs`, async () => {
    const server = await makeServer(shell)
    if (server === undefined) return
    const text = 'mkdir a; echo b | cat >a/b; timeout 5 mv a/b a/c; echo a/c | xargs rm; rmdir a'
    const { points } = await countCommands(server, script(server, text))
    expect(points.map(nameOfCommand).sort()).toStrictEqual([
      'cat #1',
      'mkdir #1',
      'mv #1',
      'rm #1',
      'rmdir #1',
      'timeout #1',
      'xargs #1',
    ])
  })

  test.each<[CommandMode, string[], number | undefined]>([
    ['before', ['a'], undefined],
    ['after', ['a', 'b'], undefined],
    ['exit-1', ['a', 'c'], 0],
    ['no-space', ['a', 'c'], 0],
    ['denied', ['a', 'c'], 0],
  ])(`${shell}: %s`, async (mode, expected, status) => {
    const server = await makeServer(shell)
    if (server === undefined) return
    const command = script(server, 'mkdir a; mkdir b; mkdir c')
    const outcome = await runShimmed(server, command, { program: 'mkdir', occurrence: 2 }, mode, 'KILL')
    expect(files(server)).toStrictEqual(expected)
    expect(outcome.isReached).toBe(true)
    expect(outcome.leftAlive).toStrictEqual([])
    expect(outcome.status).toBe(status ?? 137)
  })
}

test('a program that ends with SIGTERM runs its trap', async () => {
  const server = await makeServer('dash')
  if (server === undefined) return
  const command = script(server, "trap 'rmdir a' EXIT; trap 'exit 143' TERM; mkdir a; mkdir b")
  const outcome = await runShimmed(server, command, { program: 'mkdir', occurrence: 2 }, 'before', 'TERM')
  expect(outcome.status).toBe(143)
  expect(files(server)).toStrictEqual([])
})
