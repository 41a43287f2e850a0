import {
  formatRecord,
  formatState,
  nameOf,
  parseRecord,
  parseState,
  type ReleaseRecord,
  releaseStates,
} from '@deploy-actions/core/release/record'
import { describe, expect, it } from '@jest/globals'
import { release } from './examples.ts'

const { state: _state, ...plain } = release(3, { sha: 'a'.repeat(40), version: 'v3', by: 'a run' })
const record: ReleaseRecord = {
  ...plain,
  services: plain.services.map(service => ({ ...service, digest: 'd', mounts: 'm' })),
}

describe('parseRecord', () => {
  it('reads what formatRecord writes', () => {
    expect(parseRecord(formatRecord(record), 'r3')).toStrictEqual(record)
  })

  it('reads a record that somebody indented', () => {
    expect(parseRecord(JSON.stringify(record, null, 2), 'r3')).toStrictEqual(record)
  })

  it('leaves out what it does not know', () => {
    expect(parseRecord(JSON.stringify({ ...record, later: 1 }), 'r3')).toStrictEqual(record)
  })

  it.each<[string, string, string]>([
    ['an empty file', '', 'is empty'],
    ['a cut file', formatRecord(record).slice(0, 40), 'is not JSON'],
    ['a list', '[]', 'is not a JSON object'],
    ['an older format', JSON.stringify({ ...record, format: 1 }), 'is of format 1, not 2'],
    ['another release', JSON.stringify({ ...record, id: 'r9' }), 'names another release'],
    ['no sequence', JSON.stringify({ ...record, sequence: '3' }), 'has no sequence number'],
    ['no list of services', JSON.stringify({ ...record, services: {} }), 'has no list in services'],
    ['a service without an image', JSON.stringify({ ...record, services: [{ name: 'a' }] }), 'has no text in image'],
    ['an unknown policy', JSON.stringify({ ...record, env: 'x' }), 'has an env that is not one of'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseRecord(text, 'r3')).toThrow(message)
  })
})

describe('parseState', () => {
  it.each(releaseStates)('reads %s with its time and reason', state => {
    const text = formatState(state, new Date('2026-11-30T04:16:06.123Z'), 'web:\nunhealthy')
    expect(parseState(text)).toStrictEqual({ state, stateAt: '2026-11-30T04:16:06Z', stateReason: 'web: unhealthy' })
  })

  it('takes a release without a state for one that nobody verified', () => {
    expect(parseState('')).toStrictEqual({ state: 'staged' })
    expect(parseState('state live\n')).toStrictEqual({ state: 'staged' })
  })
})

describe('nameOf', () => {
  it('adds the version', () => {
    expect(nameOf(release(1))).toBe('r1')
    expect(nameOf(release(1, { version: 'v1.2' }))).toBe('r1 (v1.2)')
  })
})
