import { describe, expect, it } from '@jest/globals'
import type { Snapshot } from '../scripts/snapshot.ts'
import type { EngineEnd } from './engine-run.ts'
import { judgeRecovery, judgeRun, judgeSuspended, type Standard } from './judge.ts'
import { type Branches, differencesFrom, keyOf, type StepEnd } from './recovery.ts'

const WEB = 'shop-web-1 running healthy'
const HASHES = { a: 'a'.repeat(64), b: 'b'.repeat(64) }

interface Parts {
  readonly file: string
  readonly container?: string
  readonly volume?: string
  readonly neighbour?: string
  readonly leftovers?: readonly string[]
  readonly tornJournal?: readonly string[]
}

/** A server whose state is the text of one file. */
function state({ file, container = `${WEB} ${file}`, ...more }: Parts): Snapshot {
  const { volume = 'volume-1', neighbour = 'neighbour-web-1 running', leftovers = [], tornJournal = [] } = more
  return {
    project: new Map([['compose.yaml', `file 644 ${file}`]]),
    containers: new Map([
      ['neighbour/web/1', neighbour],
      ['shop/web/1', container],
    ]),
    store: new Map(),
    records: new Map(),
    treasures: new Map([[volume, 'volume data']]),
    leftovers,
    tornJournal,
  }
}

function ended(status: EngineEnd['status'], more: Partial<EngineEnd> = {}): EngineEnd {
  const nothing = { log: '', effects: [], isHit: true, bug: undefined, leftAlive: [] }
  return { ...nothing, status, result: 'failed', report: `ended with ${status}`, ...more }
}

const [old, fresh, next] = ['old', 'new', 'next'].map(file => state({ file })) as [Snapshot, Snapshot, Snapshot]
const mixed = state({ file: 'old', container: `${WEB} new` })
const withLeaver = { ...old, containers: new Map([...old.containers, ['shop/api/1', 'deploy-left-1 exited']]) }
const comparison = { ignoresConfig: false }
const healthy: Standard = { old, fresh, status: 0, comparison, isUnrecorded: false }
const unhealthy: Standard = { ...healthy, fresh: old, status: 1 }
const step = (snapshot: Snapshot, status: EngineEnd['status'] = 0): StepEnd => ({ end: ended(status), snapshot })
const forward: Branches = { old: [step(next), step(old)], new: [step(next), step(fresh)] }
const before = state({ file: 'before' })
const backward: Branches = { old: [step(before)], new: [step(old)] }

describe('the run that was disturbed', () => {
  it.each<[string, Standard, EngineEnd['status'], Snapshot]>([
    ['0 and NEW', healthy, 0, fresh],
    ['1 and OLD', healthy, 1, old],
    ['1 and OLD, of an unhealthy release', unhealthy, 1, old],
    ['1 and OLD, with a container that the next run removes', unhealthy, 1, withLeaver],
    ['2, whatever is there', healthy, 2, mixed],
    ['none, whatever is there', healthy, undefined, mixed],
  ])('is right with exit status %s', (_, standard, status, snapshot) => {
    expect(judgeRun(standard, ended(status), snapshot, 'lost-after')).toEqual([])
  })

  it.each<[string, Standard, EngineEnd['status'], Snapshot, RegExp]>([
    ['0 and OLD', healthy, 0, old, /^I5 exit status 0 \(ended with 0\), but differs: compose\.yaml/],
    ['0 and a mixture', healthy, 0, mixed, /^I5 exit status 0/],
    ['1 and NEW', healthy, 1, fresh, /^I5 exit status 1/],
    ['1 and a mixture', unhealthy, 1, mixed, /^I5 exit status 1 .*container differs: shop\/web\/1/],
    ['0 and an unhealthy release', unhealthy, 0, old, /^I5 .*the release is unhealthy/],
  ])('is not right with exit status %s', (_, standard, status, snapshot, finding) => {
    expect(judgeRun(standard, ended(status), snapshot, 'lost-after')[0]).toMatch(finding)
  })

  it('is not changed by a banner', () => {
    expect(judgeRun(healthy, ended(0), fresh, 'noise')).toEqual([])
    expect(judgeRun(healthy, ended(2), fresh, 'noise')).toEqual(['I5 a banner made it end with status 2: ended with 2'])
  })

  it('leaves nothing alive, is no bug, and leaves other projects alone', () => {
    const end = ended(2, { leftAlive: ['sleep 9'], bug: 'TypeError' })
    const snapshot = state({ file: 'old', neighbour: 'neighbour-web-1 exited' })
    expect(judgeRun(healthy, end, snapshot, 'exit-1').map(line => line.slice(0, 14))).toEqual([
      'I5 not a repor',
      'I4 still alive',
      'I6 differs: ne',
    ])
  })
})

describe('a recovery', () => {
  const judge = (disturbed: EngineEnd, steps: readonly StepEnd[], standard = healthy) =>
    judgeRecovery(standard, forward, disturbed, 'forward', steps)

  it('leads to what follows from OLD or from NEW; an exit status has said which', () => {
    for (const status of [1, 2, undefined] as const) expect(judge(ended(status), forward.old)).toEqual([])
    for (const status of [0, 2, undefined] as const) expect(judge(ended(status), forward.new)).toEqual([])
    expect(judge(ended(0), forward.old).join()).toMatch(/^I1 after the rollback \(failed\): differs: compose\.yaml/)
    expect(judge(ended(1), forward.new).join()).toMatch(/^I1 after the rollback/)
  })

  it('never leads to a mixture of both', () => {
    expect(judge(ended(undefined), [step(next), step(mixed)])).toHaveLength(1)
    expect(judge(ended(undefined), [step(mixed), step(old)])[0]).toMatch(/^I1 after the next deploy/)
  })

  it('needs one run', () => {
    const failed = judge(ended(undefined), [step(next, 1)])
    expect(failed).toEqual(['I7 the next deploy ended with 1, not 0: ended with 1', 'I7 the rollback was not reached'])
  })

  it('may complete what was left unfinished, when it is a rollback', () => {
    const judgeBackward = (status: EngineEnd['status'], snapshot: Snapshot) =>
      judgeRecovery(healthy, backward, ended(status), 'backward', [step(snapshot)])
    for (const snapshot of [before, old, fresh]) expect(judgeBackward(undefined, snapshot)).toEqual([])
    expect(judgeBackward(0, old)).toEqual([])
    expect(judgeBackward(1, before)).toEqual([])
    expect(judgeBackward(1, old)).toHaveLength(2)
    const taken = { ...healthy, isUnrecorded: true }
    expect(judgeRecovery(taken, backward, ended(1), 'backward', [step(old)])).toEqual([])
    expect(judgeBackward(0, before)).toHaveLength(2)
    expect(judgeBackward(undefined, mixed)).toHaveLength(1)
  })

  it('loses nothing, leaves nothing behind, tears nothing', () => {
    const wrong = state({ file: 'next', volume: 'volume-2', leftovers: ['tmp/run.1'], tornJournal: ['{"at'] })
    expect(judge(ended(undefined), [step(wrong), step(old)]).map(line => line.slice(0, 2))).toEqual(['I4', 'I7', 'I3'])
  })
})

describe('a run that was suspended', () => {
  const judge = (other: EngineEnd | undefined, snapshot: Snapshot, end = ended(1)) =>
    judgeSuspended(healthy, { forward }, end, other, snapshot)

  it('does not touch what another run deployed meanwhile', () => {
    expect(judge(ended(0), next)).toEqual([])
    expect(judge(ended(0), mixed)[0]).toMatch(/^I1 after the deploy of another run/)
    expect(judge(ended(2), next)).toEqual(['I7 the deploy meanwhile failed: ended with 2'])
    expect(judge(undefined, next)).toEqual(['I7 the deploy meanwhile failed: it did not run'])
  })
})

describe('two states', () => {
  const withConfig = (config: string) => state({ file: 'x', container: `${WEB} 0123 ${config} /data=volume-1` })

  it('differ in the configuration of a container, unless that is left out', () => {
    for (const [one, other] of [
      [withConfig(HASHES.a), withConfig(HASHES.b)],
      [withConfig('config 1 of shop/web/1'), withConfig(HASHES.b)],
    ] as const) {
      expect(differencesFrom(one, other, { ignoresConfig: false })).toHaveLength(1)
      expect(differencesFrom(one, other, { ignoresConfig: true })).toEqual([])
    }
  })

  it('need one recovery when only times and random names are different', () => {
    const at = (time: string, file = 'x'): Snapshot => ({
      ...state({ file, leftovers: [`tmp/run.${time}abc`] }),
      store: new Map([
        ['current', `link releases/${time}-v3`],
        [`releases/${time}-v3/release.json`, `file 600 ${time}`],
      ]),
      records: new Map([['pending', `target ${time}-v3; phase started`]]),
    })
    const one = keyOf(at('20261130T010101Z'), ended(2))
    expect(keyOf(at('20261130T020202Z'), ended(2))).toBe(one)
    expect(keyOf(at('20261130T020202Z'), ended(1))).not.toBe(one)
    expect(keyOf(at('20261130T020202Z', 'y'), ended(2))).not.toBe(one)
  })
})
