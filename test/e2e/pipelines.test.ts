import { describe, expect, it } from '@jest/globals'
import { progressTo, toStderr } from '../lab/progress.ts'
import { PIPELINES } from '../pipelines/catalogue.ts'
import { documentIsCurrent } from '../pipelines/document.ts'
import type { Row } from '../pipelines/pipeline.ts'

/** Machines, images and several runs of a workflow; a path that hangs is found all the same. */
const LIMIT_MS = 1_200_000

/** `pnpm pipelines` runs all paths. */
describe('the pipelines, each by its most important path', () => {
  it.each(PIPELINES.map(pipeline => [pipeline.name, pipeline] as const))(
    '%s',
    async (_, pipeline) => {
      const rows: Row[] = []
      await pipeline.run(({ isInSuite }) => isInSuite === true, {
        progress: progressTo(toStderr),
        onRow: row => rows.push(row),
      })
      expect(rows.map(({ problem }) => problem).filter(problem => problem !== undefined)).toEqual([])
      expect(rows).not.toHaveLength(0)
    },
    LIMIT_MS,
  )
})

describe('docs/pipelines.md', () => {
  it('has the paths of the catalogue (`pnpm pipelines --document` writes them)', async () => {
    expect(await documentIsCurrent({ write: false })).toBe(true)
  })
})
