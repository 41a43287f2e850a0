import type { Relation } from '@deploy-actions/core/github/commit-ci'
import { describe, expect, it, test } from '@jest/globals'
import { recordValidated, type StateFile } from '../src/validated.ts'
import { NEWER, SHA } from './fixture.ts'

/** A file in memory. `onCompare` is what another watch does during the comparison. */
function world(
  before: string | undefined,
  relation: Relation | undefined,
  onCompare = (_: (sha: string) => void) => {},
) {
  let content = before
  const compared: string[] = []
  const file: StateFile = {
    read: async () => content,
    write: async sha => {
      content = sha
    },
  }
  const compare = async (base: string, head: string) => {
    compared.push(`${base}...${head}`)
    onCompare(sha => {
      content = sha
    })
    return relation
  }
  return { record: () => recordValidated(SHA, file, compare), content: () => content, compared }
}

it('records the first commit, and a newer one', async () => {
  const first = world(undefined, undefined)
  expect(await first.record()).toEqual({ sha: SHA, note: undefined })
  expect([first.content(), first.compared]).toEqual([SHA, []])
  const next = world(NEWER, 'ahead')
  expect(await next.record()).toEqual({ sha: SHA, note: undefined })
  expect([next.content(), next.compared]).toEqual([SHA, [`${NEWER}...${SHA}`]])
})

describe('only forward', () => {
  test.each([
    ['behind', 'The state file keeps 8f1a2b3, which is newer than 6dcb09b.'],
    [
      'diverged',
      'The state file keeps 8f1a2b3, which is not an ancestor of 6dcb09b. Remove the file to begin anew, for example after a force-push.',
    ],
    [
      undefined,
      'The state file keeps 8f1a2b3, which cannot be compared with 6dcb09b. Remove the file to begin anew, for example after a force-push.',
    ],
  ] as const)('keeps what is there: %s', async (relation, note) => {
    const kept = world(NEWER, relation)
    expect(await kept.record()).toEqual({ sha: NEWER, note })
    expect(kept.content()).toBe(NEWER)
  })

  it('says nothing about the same commit', async () => {
    expect(await world(SHA, 'identical').record()).toEqual({ sha: SHA, note: undefined })
  })

  it('compares again when another watch has written meanwhile', async () => {
    let times = 0
    const raced = world('1'.repeat(40), 'ahead', set => {
      times += 1
      if (times === 1) set('2'.repeat(40))
    })
    await raced.record()
    expect(raced.compared).toEqual([`${'1'.repeat(40)}...${SHA}`, `${'2'.repeat(40)}...${SHA}`])
    expect(raced.content()).toBe(SHA)
  })
})
