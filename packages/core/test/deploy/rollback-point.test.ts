import { overwrittenDrift, rollbackPoint } from '@deploy-actions/core/deploy/rollback-point'
import type { Pending, Phase } from '@deploy-actions/core/release/pending'
import { describe, expect, it } from '@jest/globals'
import { container, release } from '../release/examples.ts'
import { different, store } from './examples.ts'

const nothing = { changes: [], env: 'kept', hasEnv: false } as const
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
    const incoming = { changes: [], env: 'written', hasEnv: true } as const
    expect(rollbackPoint(store(kept), running, incoming)).toMatchObject({ kind: 'adopt' })
    expect(rollbackPoint(store(kept), running, { ...incoming, hasEnv: false })).toMatchObject({ kind: 'release' })
    expect(rollbackPoint(store(held), running, incoming)).toMatchObject({ kind: 'release' })
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
      differences: different('half'),
    })
    expect(rollbackPoint(found, running, nothing)).toEqual({ kind: 'release', release: held })
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
