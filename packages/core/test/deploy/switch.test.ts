import { withProject } from '@deploy-actions/core/deploy/project'
import { bringUp, type Switch } from '@deploy-actions/core/deploy/switch'
import type { FakeHost } from '@deploy-actions/testkit/fake-host'
import type { FakeProgramOptions } from '@deploy-actions/testkit/fake-program'
import { describe, expect, it } from '@jest/globals'
import { release } from '../release/examples.ts'
import { fakeServer, projectOptions } from './fake-project.ts'

const [r1, r2] = [release(1), release(2)]
const forward = { target: r2, services: [], rollbackTarget: r1, direction: 'forward' } as const
const backward = { target: r1, services: undefined, rollbackTarget: undefined, direction: 'backward' } as const

async function bring(plan: Switch, verbs: FakeProgramOptions['verbs'], prepare?: (host: FakeHost) => void) {
  const { context, log } = fakeServer(verbs, undefined, prepare)
  const health = { waitTimeout: 60_000, stableFor: 0, url: undefined }
  const trouble = await withProject(projectOptions, context, (project, underLock) =>
    bringUp(plan, health, project, underLock),
  )
  return { trouble, log: log.text }
}

describe('a switch that fails', () => {
  it.each([
    ['files', 66, 'mv: Permission denied', 'files', 'r2: its files could not be put in place: mv: Permission denied'],
    ['env', 66, 'Read-only file system', 'files', 'r2: .env could not be written: '],
    ['up', 69, 'no such network', 'start', 'docker compose up failed: '],
    ['up', 69, 'docker compose up ended with status 124', 'start', 'docker compose up did not end within 1 m'],
    ['check', 65, 'another file is there', 'refused', 'another file is there'],
  ])('at the step %s (%i: %s) is reported as such', async (step, status, before, kind, reason) => {
    const activate = { before: `${before}\n`, status, sections: { result: `step ${step}\nstatus ${status}` } }
    const { trouble } = await bring({ ...forward, previous: r1 }, { activate, verify: { sections: {} } })
    expect(trouble).toMatchObject({ kind, reason: expect.stringContaining(reason) })
  })
})

describe('a rollback', () => {
  const rollback = { sections: { result: 'step done\nstatus 0' } }
  const readsAs = (text: string) => (host: FakeHost) =>
    host.on(
      argv => argv[3] === 'marked',
      ({ argv }) => ({ stdout: `\n${argv[4]}\n${text}` }),
    )
  const config = '{"name":"shop","services":{}}\n---\n\n'

  it.each([
    ["A='1'\nB='hush'\n", 'other values than in r2: B\n'],
    ["A='1'\nB='hush\n", undefined],
  ])('names the variables whose values it changes, and never a value: from %j', async (before, names) => {
    const prepare = readsAs(`${config}\0${before}\0A='1'\nB='2'\n`)
    const { trouble, log } = await bring(
      { ...backward, previous: r2, replaced: r2 },
      { rollback, verify: { sections: {} } },
      prepare,
    )
    expect(trouble).toBeUndefined()
    if (names === undefined) expect(log).not.toContain('.env')
    else expect(`${log}\n`).toContain(`.env of r1 is restored; ${names}`)
    expect(log).not.toContain('hush')
  })
})
