import { describe, expect, test } from '@jest/globals'
import { clean, continues, neighboursUntouched, nothingLost, truthful, whole } from './invariants.ts'
import type { Outcome } from './server.ts'
import { differences, type Snapshot } from './snapshot.ts'

const outcome = (status = 0, leftAlive: string[] = []): Outcome => ({
  status,
  stdout: '',
  stderr: 'the last line',
  leftAlive,
})

const snapshot = (changes: Partial<Record<keyof Snapshot, unknown>> = {}): Snapshot => ({
  project: new Map([['a', 'file 644 1']]),
  containers: new Map([
    ['shop/web/1', 'running'],
    ['neighbour/web/1', 'running'],
  ]),
  store: new Map([
    ['current', 'link releases/r1'],
    ['releases/r1/plan', 'file 600 2'],
  ]),
  records: new Map([['pending', 'format 1; target r1; rollback-target r0; phase confirmed']]),
  treasures: new Map([['1', 'a']]),
  leftovers: [],
  tornJournal: [],
  ...(changes as Partial<Snapshot>),
})

test('differences are one line per name', () => {
  const before = new Map([['same', 'x'], ['gone', 'x'], ['other', 'x']]) // biome-ignore format: short
  const after = new Map([['same', 'x'], ['other', 'y'], ['new', 'x']]) // biome-ignore format: short
  expect(differences(before, after)).toStrictEqual([
    'missing: gone (x)',
    'extra: new (x)',
    'differs: other (expected x, is y)',
  ])
})

describe('I1, whole', () => {
  const fresh = snapshot({ project: new Map([['a', 'file 644 2']]), containers: new Map([['shop/web/1', 'new']]) })

  test('one of the complete states', () => {
    expect(whole([snapshot(), fresh], fresh)).toStrictEqual([])
  })

  test('files of one state and containers of the other are a mixture', () => {
    const mixture = snapshot({ containers: fresh.containers })
    expect(whole([snapshot(), fresh], mixture).length).toBeGreaterThan(0)
  })

  test('a release of the store in part', () => {
    const part = snapshot({ store: new Map([['current', 'link releases/r1'], ['releases/r1', 'directory 700']]) }) // biome-ignore format: short
    expect(whole([snapshot()], part)).toContain('I1 .deploy: missing: releases/r1/plan (file 600 2)')
  })

  test('an unfinished intent', () => {
    const unfinished = snapshot({
      records: new Map([['pending', 'format 1; target r2; rollback-target r1; phase armed']]),
    })
    expect(whole([snapshot()], unfinished)).toHaveLength(1)
  })

  test('which release it was rolled back from may differ', () => {
    const rolledBack = snapshot({
      records: new Map([['pending', 'format 1; target r2; rollback-target r1; phase rolled-back']]),
    })
    expect(whole([snapshot()], rolledBack)).toStrictEqual([])
  })
})

test('I3, nothing lost', () => {
  const lost = snapshot({ treasures: new Map() })
  expect(nothingLost(snapshot(), snapshot(), lost)).toStrictEqual(['I3 lost: a (1)'])
  expect(nothingLost(snapshot(), lost, lost)).toStrictEqual([])
})

test('I4, clean', () => {
  expect(clean(snapshot({ leftovers: ['tmp/work.1'] }), outcome(0, ['sleep 5']))).toStrictEqual([
    'I4 left behind: .deploy/tmp/work.1',
    'I4 still alive: sleep 5',
  ])
})

describe('I5, truthful', () => {
  const fresh = snapshot({ project: new Map() })

  test.each([
    [0, fresh, 0],
    [0, snapshot(), 1],
    [65, snapshot(), 0],
    [65, fresh, 1],
    [66, snapshot(), 0],
    [66, fresh, 0],
    [69, fresh, 0],
    [69, snapshot(), 1],
    [127, snapshot(), 1],
    [1, snapshot(), 0],
  ])('exit status %d', (status, actual, findings) => {
    expect(truthful(outcome(status), snapshot(), fresh, actual)).toHaveLength(findings)
  })
})

test('I6, neighbours untouched', () => {
  const stopped = snapshot({ containers: new Map([['neighbour/web/1', 'exited']]) })
  expect(neighboursUntouched(snapshot(), stopped)).toStrictEqual([
    'I6 differs: neighbour/web/1 (expected running, is exited)',
  ])
})

test('I7, continues', () => {
  expect(continues(outcome(1), snapshot({ tornJournal: ['{'] }))).toStrictEqual([
    'I7 the recovery ended with status 1: the last line',
    'I7 torn line in the journal: {',
  ])
})
