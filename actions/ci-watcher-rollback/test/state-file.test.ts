import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { openStateFile } from '../src/adapters/state-file.ts'
import { NEWER, SHA } from './fixture.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'state-'))
})
afterEach(() => rm(folder, { recursive: true }))

const open = (file: string) => openStateFile(file, { GITHUB_WORKSPACE: folder })

it('creates the directory, and replaces the file as a whole', async () => {
  const state = await open('a/b/last.txt')
  expect(await state.read()).toBeUndefined()
  await state.write(SHA)
  await state.write(NEWER)
  expect(await readFile(path.join(folder, 'a/b/last.txt'), 'utf8')).toBe(`${NEWER}\n`)
  expect(await state.read()).toBe(NEWER)
  expect(await readdir(path.join(folder, 'a/b'))).toEqual(['last.txt'])
})

it('refuses a file that holds something else, before anything is watched', async () => {
  await writeFile(path.join(folder, 'notes.txt'), 'not a commit')
  await expect(open('notes.txt')).rejects.toMatchObject({ title: 'The state file is not valid' })
  await writeFile(path.join(folder, 'short.txt'), SHA.slice(0, 7))
  await expect(open('short.txt')).rejects.toMatchObject({ title: 'The state file is not valid' })
})

it('says how to make a directory that cannot be created', async () => {
  await writeFile(path.join(folder, 'file'), '')
  const refused = open('file/last.txt')
  await expect(refused).rejects.toMatchObject({ title: 'The state file cannot be used' })
  await expect(refused).rejects.toMatchObject({ next: expect.stringContaining('sudo install -d -o RUNNER_USER') })
})
