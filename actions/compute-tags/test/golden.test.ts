import { describe, expect, it } from '@jest/globals'
import { CASES } from '../../../test/differential/compute-tags/cases.ts'
import { CORNERS } from '../../../test/differential/compute-tags/corners.ts'
import { readGolden, toGolden } from '../../../test/differential/compute-tags/golden.ts'
import type { RunResult } from '../src/run.ts'
import { runInProcess } from './in-process.ts'

/** Says what zone the test's own machine is in; the test of the bundle has it, with the zone set. */
const OF_THE_MACHINE = 'expressions: unknown zone'

const golden = readGolden()
const cases = CASES.filter(({ name }) => name !== OF_THE_MACHINE)

function outcomeOf({ outputs }: RunResult) {
  return {
    status: 'success' as const,
    outputs: outputs.shared,
    exported: {},
    bakeFiles: Object.fromEntries(outputs.bakeFiles),
  }
}

describe('a run that docker/metadata-action', () => {
  it('was given has its result in the fixture', () => {
    expect(Object.keys(golden)).toEqual(CASES.map(({ name }) => name))
    expect(CASES.length).toBeGreaterThanOrEqual(120)
  })

  it.each(cases.filter(({ name }) => golden[name]?.status === 'success').map(each => [each.name, each] as const))(
    'passes has the same outputs: %s',
    async (name, subject) => {
      const { exports: _, ...expected } = golden[name] ?? { status: 'failure' }
      const { exports: __, ...ours } = toGolden(outcomeOf(await runInProcess(subject)))
      expect(ours).toEqual(expected)
    },
  )

  it.each(cases.filter(({ name }) => golden[name]?.status === 'failure').map(each => [each.name, each] as const))(
    'fails in fails here too, with a cause and a next step: %s',
    async (_, subject) => {
      await expect(runInProcess(subject)).rejects.toMatchObject({ name: 'ActionError', next: expect.any(String) })
    },
  )
})

describe('where the result of docker/metadata-action is of no use', () => {
  it.each(CORNERS.map(each => [each.name, each.why, each] as const))('%s: %s', async (_, __, corner) => {
    const { ours } = corner
    if (ours === 'fails') await expect(runInProcess(corner)).rejects.toMatchObject({ name: 'ActionError' })
    else expect((await runInProcess(corner)).metadata.set.names).toEqual(ours)
  })
})
