import { formatPending, isFinal, type Pending, parsePending } from '@deploy-actions/core/release/pending'
import { describe, expect, it } from '@jest/globals'

const pending: Pending = {
  owner: '3f0c9a6e',
  target: '20261130T010623Z-12c26b6',
  rollbackTarget: '20261130T010615Z-32a149d',
  phase: 'waiting',
  confirm: 'ci',
  confirmTimeout: 1_800,
  wallDeadline: 1_796_002_597,
  attempts: 0,
}

describe('pending', () => {
  it('is the frozen format 1', () => {
    expect(formatPending(pending)).toBe(
      [
        'format 1',
        'owner 3f0c9a6e',
        'target 20261130T010623Z-12c26b6',
        'rollback-target 20261130T010615Z-32a149d',
        'phase waiting',
        'confirm ci',
        'confirm-timeout 1800',
        'wall-deadline 1796002597',
        'attempts 0',
        '',
      ].join('\n'),
    )
  })

  it('is read as it was written', () => {
    expect(parsePending(formatPending(pending))).toStrictEqual(pending)
  })

  it('is nothing before the first switch', () => {
    expect(parsePending('')).toBeUndefined()
    expect(parsePending('\n')).toBeUndefined()
  })

  it('takes an owner with spaces, and an empty rollback target', () => {
    const read = parsePending('format 1\nowner me on pts/0\ntarget r1\nrollback-target \nphase started\n')
    expect(read).toMatchObject({ owner: 'me on pts/0', rollbackTarget: '', phase: 'started', confirm: 'none' })
  })

  it.each([
    ['another format', 'format 2\ntarget a\nphase armed\n', 'is of format "2", not 1'],
    ['an unknown phase', 'format 1\ntarget a\nphase flying\n', 'unknown phase "flying"'],
    ['no target', 'format 1\nphase armed\n', 'names no target'],
    ['another file', 'hello\n', 'is of format ""'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parsePending(text)).toThrow(message)
  })

  it.each([
    ['armed', false],
    ['started', false],
    ['waiting', false],
    ['rolling-back', false],
    ['confirmed', true],
    ['disarmed', true],
    ['rolled-back', true],
    ['rollback-failed', true],
  ] as const)('%s is final: %s', (phase, expected) => {
    expect(isFinal(phase)).toBe(expected)
  })
})
