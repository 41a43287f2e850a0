import { withProject } from '@deploy-actions/core/deploy/project'
import { recordPresent } from '@deploy-actions/core/deploy/record-present'
import type { RollbackPoint } from '@deploy-actions/core/deploy/rollback-point'
import { describe, expect, it } from '@jest/globals'
import { release } from '../release/examples.ts'
import { fakeServer, projectOptions, storeSections } from './fake-project.ts'

const health = { waitTimeout: 1_000, stableFor: 0, url: undefined }
const options = { ...projectOptions, health, onFailure: 'rollback', registries: [], pullTimeout: 0 } as const
const present = { project: 'shop', containers: [], services: [], paths: ['a'], env: 'written', upLimit: 1_000 } as const

async function recording(point: RollbackPoint) {
  const { context, log, programs } = fakeServer({ adopt: {}, store: {} }, storeSections([release(1), release(2)]))
  const recorded = await withProject(projectOptions, context, project =>
    recordPresent(point, present, options, project, context),
  )
  return { ...recorded, log, stored: programs[0]?.callsOf('store').length }
}

describe('recordPresent', () => {
  it('makes the present state the rollback target', async () => {
    const { rollbackTarget, saved } = await recording({ kind: 'adopt', reason: 'it was started manually' })
    expect(rollbackTarget).toMatchObject({ adopted: true, state: 'confirmed' })
    expect(saved).toEqual([rollbackTarget])
  })

  it('saves it beside the rollback target, and names it where that has no .env', async () => {
    const kept = release(1, { env: 'kept' })
    const { rollbackTarget, saved, log } = await recording({ kind: 'release', release: kept, save: 'changed' })
    expect(rollbackTarget).toBe(kept)
    expect(saved).toMatchObject([{ state: 'staged', adopted: true }])
    expect(log.text).toContain(`warning: Rollback point without .env: Release r1`)
    expect(log.text).toContain(`.deploy/releases/${saved[0]?.id}`)
  })

  it('records nothing where a release has everything', async () => {
    expect(await recording({ kind: 'release', release: release(2) })).toMatchObject({ saved: [], stored: 0 })
  })
})
