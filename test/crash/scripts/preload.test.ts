import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { runWatched } from './libc-layer.ts'
import { type CallFault, type CallPoint, ensurePreload, nameOfCall } from './preload.ts'
import { Server } from './server.ts'
import { readTree } from './snapshot.ts'

const preload = await ensurePreload()
const isPresent = 'library' in preload
const library = isPresent ? preload.library : ''
if (!isPresent) console.log(`The preloaded library is not tested: ${preload.missing}`)

let root: string
let server: Server

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'crash-preload-'))
  server = new Server(root, '/usr/bin:/bin', '')
  server.clear()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const run = (script: string, point?: CallPoint, fault?: CallFault) =>
  runWatched(server, library, { argv: ['/bin/sh', '-c', `cd ${server.project}; ${script}`] }, point, fault)

const names = async (script: string) => (await run(script)).calls.map(nameOfCall)
const files = () => [...readTree(server.project).keys()]

/** Where there is no C compiler, the harness has no such points. */
const testWithLibrary = (title: string, work: () => Promise<void>) =>
  test(title, async () => {
    if (isPresent) await work()
  })

describe('calls that are counted', () => {
  testWithLibrary('a call that changes files is counted, whichever program makes it', async () => {
    const calls = await names('echo a >a; mkdir b; mv a b/c; ln -s c b/d; chmod 600 b/c; rm b/c b/d; rmdir b')
    expect(calls).toStrictEqual([
      'sh open #1',
      'sh write #1',
      'mkdir mkdir #1',
      'mv rename #1',
      'ln symlink #1',
      'chmod chmod #1',
      'rm unlink #1',
      'rm unlink #2',
      'rmdir rmdir #1',
    ])
  })

  testWithLibrary('output of a program that the C library buffers is a write where it is flushed', async () => {
    expect(await names('printf "b\\na\\n" | sort >sorted; sed s/a/A/ sorted >changed')).toEqual(
      expect.arrayContaining(['sort write #1', 'sed write #1']),
    )
  })

  testWithLibrary('a write to a pipe or to a device changes nothing that lasts', async () => {
    expect(await names('echo a | cat >/dev/null; echo b')).toStrictEqual([])
  })

  testWithLibrary('sync and hard links are counted', async () => {
    expect(await names('echo a >a; sync a .; ln a b; cp -l a c')).toStrictEqual([
      'sh open #1',
      'sh write #1',
      'sync sync #1',
      'sync sync #2',
      'ln link #1',
      'cp link #1',
    ])
  })

  testWithLibrary('a tar stream is unpacked by calls that are counted', async () => {
    const calls = await names('mkdir in out; echo a >in/a; ln -s a in/b; tar -C in -cf - . | tar -C out -xf -')
    expect(calls).toEqual(expect.arrayContaining(['tar open #1', 'tar write #1', 'tar symlink #1']))
  })

  testWithLibrary('paths are those below the server, and random names are stable', async () => {
    const { calls } = await run('work=$(mktemp -d ./work.XXXXXX); echo a >$work/a; echo b >b.$$')
    expect(calls.map(({ paths }) => paths[0])).toStrictEqual([
      'srv/shop/work.<random>',
      'srv/shop/work.<random>/a',
      'srv/shop/work.<random>/a',
      'srv/shop/b.<pid>',
      'srv/shop/b.<pid>',
    ])
  })

  testWithLibrary('a call that fails by itself leaves the state of the call before', async () => {
    const { calls } = await run('mkdir a; rmdir b 2>/dev/null; rmdir a')
    expect(calls.map(call => `${nameOfCall(call)} ${call.isNewState}`)).toStrictEqual([
      'mkdir mkdir #1 true',
      'rmdir rmdir #1 true',
      'rmdir rmdir #2 false',
    ])
  })
})

describe('a kill', () => {
  testWithLibrary('the run ends before the call', async () => {
    const outcome = await run('echo a >a; mv a b; echo c >c', { program: 'mv', call: 'rename', occurrence: 1 }, KILL)
    expect(outcome).toMatchObject({ status: 137, isReached: true, leftAlive: [] })
    expect(files()).toStrictEqual(['a'])
  })

  testWithLibrary('programs with a group or a session of their own end with it', async () => {
    const script = 'setsid sleep 300 & timeout 300 sleep 300 & sleep 300 & mkdir a; wait'
    const outcome = await run(script, { program: 'mkdir', call: 'mkdir', occurrence: 1 }, KILL)
    expect(outcome.leftAlive).toStrictEqual([])
    expect(files()).toStrictEqual([])
  })

  testWithLibrary('SIGTERM lets a trap put things away', async () => {
    const script = "trap 'rm -rf work' EXIT; trap 'exit 143' TERM; mkdir work; touch work/a; touch b"
    const outcome = await run(
      script,
      { program: 'touch', call: 'open', occurrence: 2 },
      { mode: 'kill', signal: 'TERM' },
    )
    expect(outcome.status).toBe(143)
    expect(files()).toStrictEqual([])
  })

  testWithLibrary('a point that the run does not come to is reported', async () => {
    expect(await run('mkdir a', { program: 'mkdir', call: 'mkdir', occurrence: 2 }, KILL)).toMatchObject({
      isReached: false,
      status: 0,
    })
  })
})

const KILL: CallFault = { mode: 'kill', signal: 'KILL' }

describe('an error', () => {
  testWithLibrary('one call fails, and the next one succeeds', async () => {
    const script = 'mkdir a; mkdir b; mkdir c'
    const outcome = await run(
      script,
      { program: 'mkdir', call: 'mkdir', occurrence: 2 },
      { mode: 'error', error: 'EACCES', stays: false },
    )
    expect(outcome.stderr).toMatch(/‘b’: Permission denied|'b': Permission denied/)
    expect(files()).toStrictEqual(['a', 'c'])
  })

  testWithLibrary(
    'on a disk that stays full nothing can be created or written, and what is there can be removed',
    async () => {
      const script = 'echo a >a; mkdir b; echo c >c; mkdir d; echo more >>a; mv a e; rm -r b'
      const outcome = await run(
        script,
        { program: 'sh', call: 'open', occurrence: 2 },
        { mode: 'error', error: 'ENOSPC', stays: true },
      )
      expect(outcome.stderr).toContain('No space left on device')
      expect(files()).toStrictEqual(['e'])
      expect(readFileSync(path.join(server.project, 'e'), 'utf8')).toBe('a\n')
    },
  )

  testWithLibrary('a full disk has room again when the reserve file is deleted', async () => {
    mkdirSync(path.join(server.project, 'store'))
    writeFileSync(path.join(server.project, 'store/reserve'), '')
    const script = 'mkdir a; rm store/reserve; mkdir b'
    await run(
      script,
      { program: 'mkdir', call: 'mkdir', occurrence: 1 },
      { mode: 'error', error: 'ENOSPC', stays: true },
    )
    expect(files()).toStrictEqual(['b', 'store'])
  })

  testWithLibrary('buffered output that cannot be written is lost, and the program reports it', async () => {
    const outcome = await run(
      'echo b | sort >a',
      { program: 'sort', call: 'write', occurrence: 1 },
      { mode: 'error', error: 'ENOSPC', stays: false },
    )
    expect(outcome).toMatchObject({ status: 2, isReached: true, failed: 1 })
    expect(readFileSync(path.join(server.project, 'a'), 'utf8')).toBe('')
  })
})
