import { filesToLint, isWorkflow, withLocalActions } from '@deploy-actions/build/lint-workflows'
import { describe, expect, it } from '@jest/globals'

describe('isWorkflow', () => {
  it.each([
    ['on: push\njobs: {}', true],
    ['services: {}', false],
    ['- a list', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isWorkflow(text)).toBe(expected)
  })
})

describe('withLocalActions', () => {
  it.each([
    ['  - uses: org/actions/smoke-test@v1', '  - uses: ./actions/smoke-test'],
    ['uses: org/actions/.github/workflows/deploy.yml@v1', 'uses: ./.github/workflows/deploy.yml'],
    ['uses: org/actions-of-others/x@v1', 'uses: org/actions-of-others/x@v1'],
    ['uses: actions/checkout@v7', 'uses: actions/checkout@v7'],
  ])('%s becomes %s', (from, to) => {
    expect(withLocalActions(from)).toBe(to)
  })
})

describe('filesToLint', () => {
  it("finds this repository's own", () => {
    const { workflows, actions, scripts } = filesToLint()
    expect(workflows).toContain('.github/workflows/ci.yml')
    expect(scripts).toContain('.ci/run')
    expect(actions.every(file => file.endsWith('/action.yml'))).toBe(true)
  })
})
