import { expect, it, test } from '@jest/globals'
import { consequenceOf, type Policies } from '../src/consequence.ts'

const DEFAULTS: Policies = { onFailure: 'rollback', onTimeout: 'hold', onNoChecks: 'hold' }
const of = (kind: Parameters<typeof consequenceOf>[0]['kind'], more: Partial<Policies> = {}) =>
  consequenceOf({ kind }, { ...DEFAULTS, ...more })

test.each([
  ['success', 'validate'],
  ['failure', 'rollback'],
  ['superseded', 'leave'],
  ['pending', 'wait'],
  ['timeout', 'fail'],
  ['no-checks', 'fail'],
  ['nothing-executed', 'fail'],
  ['unreachable', 'fail'],
] as const)('%s leads to %s unless a policy says otherwise', (kind, consequence) => {
  expect(of(kind)).toBe(consequence)
})

it('follows the policies', () => {
  expect(of('failure', { onFailure: 'report' })).toBe('fail')
  expect(of('timeout', { onTimeout: 'rollback' })).toBe('rollback')
  expect(of('timeout', { onTimeout: 'accept' })).toBe('accept')
  expect(of('no-checks', { onNoChecks: 'rollback' })).toBe('rollback')
  expect(of('nothing-executed', { onNoChecks: 'accept' })).toBe('accept')
})

it('never rolls back what it could not see', () => {
  expect(of('unreachable', { onFailure: 'rollback', onTimeout: 'rollback', onNoChecks: 'rollback' })).toBe('fail')
})
