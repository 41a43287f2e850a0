import { missingEnv, overwrittenDrift, rollbackPoint } from '@deploy-actions/core/deploy/rollback-point'
import type { Pending, Phase } from '@deploy-actions/core/release/pending'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'
import { different, store } from './examples.ts'

const nothing = { changes: [], leaving: [], env: 'kept', hasEnv: false } as const
const held = release(2)
const running = [container({ imageId: 'sha256:v2' })]
const manifest = (...paths: string[]) => paths.map(path => `${'a'.repeat(64)}  ${path}\n`).join('')

function pending(phase: Phase, target: string, rollbackTarget: string): Pending {
  return {
    owner: 'me',
    target,
    rollbackTarget,
    phase,
    confirm: 'none',
    confirmTimeout: 0,
    wallDeadline: 0,
    attempts: 0,
  }
}

describe('rollbackPoint', () => {
  it('is the held release when the server is as it recorded', () => {
    expect(rollbackPoint(store(held), running, nothing)).toEqual({ kind: 'release', release: held })
  })

  it.each([
    ['nothing runs', store(undefined), [], 'nothing runs here yet'],
    ['it was started manually', store(undefined), running, 'it was started manually'],
    ['the record is damaged', store(undefined, { heldId: 'r9' }), running, 'the record of release r9 is damaged'],
    ['files were changed', store(held, { differences: different('a', 'b') }), running, 'changed on the server: a, b'],
    ['another image runs', store(held), [container()], 'shop-web-1 runs v1, not v2 (acme/web:v2)'],
  ])('is the present state when %s', (_, found, containers, reason) => {
    expect(rollbackPoint(found, containers, nothing)).toEqual({ kind: 'adopt', reason })
  })

  it('takes an unreadable path for no difference', () => {
    const differences = [{ kind: 'unreadable', path: 'data/x' }] as const
    expect(rollbackPoint(store(held, { differences }), running, nothing)).toMatchObject({ kind: 'release' })
  })

  it('is the present state when the deploy writes the .env that no release has', () => {
    const kept = release(2, { env: 'kept' })
    const incoming = { ...nothing, env: 'written', hasEnv: true } as const
    expect(rollbackPoint(store(kept), running, incoming)).toMatchObject({ kind: 'adopt' })
    expect(rollbackPoint(store(held), running, incoming)).toMatchObject({ kind: 'release' })
  })

  it('is the present state when the deploy writes the first .env, so that a rollback removes it', () => {
    const incoming = { ...nothing, env: 'written' } as const
    const reason = 'release r2 does not record that there is no .env'
    expect(rollbackPoint(store(release(2, { env: 'kept' })), running, incoming)).toEqual({ kind: 'adopt', reason })
  })

  it('is the held release when that has .env as a symbolic link', () => {
    const found = store(release(2, { env: 'kept', adopted: true }), { plan: 'link .env\n' })
    const incoming = { ...nothing, env: 'written', hasEnv: true } as const
    expect(rollbackPoint(found, running, incoming)).toMatchObject({ kind: 'release' })
  })

  it('is the present state when a file that no held release has is removed', () => {
    const found = store(held, { manifest: manifest('known.conf') })
    const incoming = { ...nothing, leaving: ['known.conf', 'mine.conf'] }
    const reason = 'these files are not part of release r2: mine.conf'
    expect(rollbackPoint(found, running, incoming)).toEqual({ kind: 'adopt', reason })
  })

  it('is the present state when a file is overwritten that no release has', () => {
    const found = store(held, { manifest: manifest('known.conf'), plan: 'link current\n' })
    const incoming = (path: string) => ({ ...nothing, changes: different(path) })
    expect(rollbackPoint(found, running, incoming('known.conf'))).toMatchObject({ kind: 'release' })
    expect(rollbackPoint(found, running, incoming('current'))).toMatchObject({ kind: 'release' })
    expect(rollbackPoint(found, running, incoming('nginx.conf'))).toEqual({
      kind: 'adopt',
      reason: 'these files are not part of release r2: nginx.conf',
    })
  })

  it.each([
    ['a file becomes a directory', 'thing', 'thing/inside/deep'],
    ['a directory becomes a file', 'thing/inside/deep', 'thing'],
    ['a link becomes a directory', 'thing', 'thing/x'],
  ])('is the held release when %s of its own', (_, before, path) => {
    const found = store(held, { manifest: manifest(before) })
    const incoming = { ...nothing, changes: different(path, path) }
    expect(rollbackPoint(found, running, incoming)).toMatchObject({ kind: 'release' })
    const reason = 'these files are not part of release r2: another'
    const other = { ...nothing, changes: different('another', 'another') }
    expect(rollbackPoint(found, running, other)).toEqual({ kind: 'adopt', reason })
  })

  it('is not moved by a file that is new on the server', () => {
    const changes = [{ kind: 'missing', path: 'new.conf' }] as const
    expect(rollbackPoint(store(held), running, { ...nothing, changes })).toMatchObject({ kind: 'release' })
  })

  it.each(['disarmed', 'rollback-failed'] as const)('stays the confirmed release after %s', phase => {
    const failed = release(3, { state: 'failed' })
    const found = store(phase === 'disarmed' ? failed : undefined, {
      releases: [held, failed],
      confirmed: held,
      pending: pending(phase, 'r3', 'r2'),
    })
    expect(rollbackPoint(found, running, nothing)).toEqual({ kind: 'release', release: held })
  })

  it('saves what was changed on the server under a release that was kept', () => {
    const failed = release(3, { state: 'failed', env: 'kept' })
    const releases = [held, failed]
    const parts = { releases, confirmed: held, pending: pending('disarmed', 'r3', 'r2') }
    const found = store(failed, { ...parts, differences: [...different('acme.json'), { kind: 'missing', path: 'x' }] })
    expect(rollbackPoint(found, running, nothing)).toEqual({
      kind: 'release',
      release: held,
      save: 'changed on the server: acme.json',
    })
    const save = (incoming: object) => rollbackPoint(store(failed, parts), running, { ...nothing, ...incoming })
    expect(save({ changes: different('mine') })).toMatchObject({
      release: held,
      save: 'these files are not part of release r3: mine',
    })
    expect(save({ env: 'written', hasEnv: true })).toMatchObject({ save: expect.stringContaining('.env') })
    expect(save({ env: 'written', hasEnv: false })).toEqual({ kind: 'release', release: held })
    expect(save({})).toEqual({ kind: 'release', release: held })
  })

  it('saves what is replaced or removed after a rollback that failed, as nobody knows whose it is', () => {
    const failed = release(3, { state: 'failed' })
    const found = store(undefined, {
      releases: [held, failed],
      confirmed: held,
      pending: pending('rollback-failed', 'r3', 'r2'),
    })
    const incoming = { ...nothing, changes: different('a'), leaving: ['b'], env: 'written', hasEnv: true } as const
    expect(rollbackPoint(found, running, incoming)).toEqual({
      kind: 'release',
      release: held,
      save: 'the last switch was not completed; these files are replaced or removed: a, b, .env',
    })
  })

  it('is the release that was adopted for the switch, not the one that was confirmed before', () => {
    const adopted = release(3, { adopted: true })
    const failed = release(4, { state: 'failed' })
    const releases = [held, adopted, failed]
    const found = (target: string, back: string) =>
      rollbackPoint(
        store(failed, { releases, confirmed: held, pending: pending('disarmed', target, back) }),
        running,
        nothing,
      )
    expect(found('r4', 'r3')).toEqual({ kind: 'release', release: adopted })
    // A manual rollback has its target on both sides.
    expect(found('r3', 'r3')).toEqual({ kind: 'release', release: held })
    expect(found('r4', 'r9')).toEqual({ kind: 'release', release: held })
  })

  it('is the empty state again when a first deploy was kept', () => {
    const empty = release(1, { services: [], adopted: true })
    const failed = release(2, { state: 'failed' })
    const found = store(failed, { releases: [empty, failed], pending: pending('disarmed', 'r2', 'r1') })
    expect(rollbackPoint(found, running, nothing)).toEqual({ kind: 'release', release: empty })
  })

  it('is the present state when a release that failed is all there is', () => {
    const failed = release(1, { state: 'failed' })
    expect(rollbackPoint(store(failed), running, nothing)).toMatchObject({ kind: 'adopt' })
  })
})

describe('overwrittenDrift', () => {
  const paths = new Set(['acme.json', 'same.conf'])
  const incoming = { changes: different('acme.json'), paths, env: 'kept' } as const

  it('names what was changed on the server and is replaced or removed now', () => {
    const differences = [
      ...different('acme.json', 'same.conf', 'leaves.conf', '.env'),
      { kind: 'missing', path: 'gone' } as const,
    ]
    expect(overwrittenDrift(store(held, { differences }), incoming)).toEqual(['acme.json', 'leaves.conf'])
  })

  it('names .env where the deploy writes it', () => {
    const found = store(held, { differences: different('.env') })
    expect(overwrittenDrift(found, { ...incoming, env: 'written' })).toEqual(['.env'])
  })
})

describe('missingEnv', () => {
  const point = (parts: Parameters<typeof release>[1]) => ({ kind: 'release', release: release(1, parts) }) as const

  it('warns when the rollback target cannot restore .env, and names the saved release', () => {
    const kept = point({ env: 'kept' })
    const warning = missingEnv(kept, store(release(2, { env: 'kept' })), 'written', 's1')
    expect(warning?.text).toContain('.deploy/releases/s1')
    expect(missingEnv(kept, store(release(2)), 'kept', undefined)).toBeDefined()
  })

  it('is silent when the target has .env, or nobody writes it', () => {
    expect(missingEnv(point({}), store(held), 'written', undefined)).toBeUndefined()
    // The adopted release has a link of that name.
    expect(missingEnv(point({ env: 'kept', adopted: true }), store(held), 'written', undefined)).toBeUndefined()
    const kept = store(release(2, { env: 'kept' }))
    expect(missingEnv(point({ env: 'kept' }), kept, 'kept', undefined)).toBeUndefined()
    const same = release(1, { env: 'kept' })
    expect(missingEnv({ kind: 'adopt', reason: '' }, store(same), 'written', undefined)).toBeUndefined()
  })
})
