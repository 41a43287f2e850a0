import { expect, test } from '@jest/globals'
import { missingSyncs } from './durability.ts'
import type { LoggedCall } from './preload.ts'

const call = (name: string, ...paths: string[]): LoggedCall => ({
  program: 'x',
  call: name,
  occurrence: 1,
  paths,
  isNewState: true,
})

test('a file that is renamed without a sync can be empty after a power failure', () => {
  const calls = [call('open', 'p/.env.new'), call('write', 'p/.env.new'), call('rename', 'p/.env.new', 'p/.env')]
  expect(missingSyncs(calls, 'p')).toStrictEqual(['p/.env.new is renamed to p/.env without a sync of its content'])
  expect(missingSyncs([...calls.slice(0, 2), call('sync', 'p/.env.new'), ...calls.slice(2)], 'p')).toStrictEqual([])
})

test('a directory is renamed with all files that were written in it', () => {
  const calls = [call('write', 'p/.deploy/tmp/new/a/b'), call('rename', 'p/.deploy/tmp/new/a', 'p/a')]
  expect(missingSyncs(calls, 'p')).toStrictEqual([
    'p/.deploy/tmp/new/a/b is renamed to p/a without a sync of its content',
  ])
})

test('a rename within a folder for temporary files needs none', () => {
  expect(
    missingSyncs([call('write', 'p/.deploy/tmp/a'), call('rename', 'p/.deploy/tmp/a', 'p/.deploy/tmp/b')], 'p'),
  ).toStrictEqual([])
})

test('the intent is on the disk before the first file moves', () => {
  const intent = [call('rename', 'p/.deploy/pending.new', 'p/.deploy/pending')]
  const move = [call('unlink', 'p/a')]
  expect(missingSyncs([...intent, ...move], 'p')).toStrictEqual([
    'p/a changes before the directory of .deploy/pending is synced',
  ])
  expect(missingSyncs([...intent, call('sync', 'p/.deploy'), ...move], 'p')).toStrictEqual([])
})
