import {
  filesToLint,
  isWorkflow,
  scriptsShownIn,
  withLocalActions,
  workflowsShownIn,
} from '@deploy-actions/build/workflow-files'
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
    const { workflows, actions, scripts, documents } = filesToLint()
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/start.md', 'actions/smoke-test/README.md']))
    expect(workflows).toContain('.github/workflows/ci.yml')
    expect(scripts).toContain('.ci/run')
    expect(actions.every(file => file.endsWith('/action.yml'))).toBe(true)
  })
})

describe('workflowsShownIn', () => {
  const block = (text: string) => `\`\`\`yaml\n${text}\`\`\`\n`

  it('keeps the numbers of the lines', () => {
    const [workflow = ''] = workflowsShownIn(`# Title\n\n${block('on: push\njobs: {}\n')}`)
    expect(workflow.split('\n').indexOf('jobs: {}') + 1).toBe(5)
  })

  it.each([
    ['jobs', 'jobs: {}\n', 'on: push\njobs: {}\n'],
    [
      'steps that begin with a script',
      '- run: a\n- uses: x\n',
      expect.stringMatching(/ steps:\n {6}- run: a\n {6}- uses: x\n$/),
    ],
    [
      'steps',
      '- uses: x\n  with:\n    a: 1\n',
      expect.stringMatching(/ steps:\n {6}- uses: x\n {8}with:\n {10}a: 1\n$/),
    ],
  ])('adds what is left out around %s', (_, shown, workflow) => {
    expect(workflowsShownIn(block(shown))).toEqual([workflow])
  })

  it.each(['services: {}\n', 'jobs: {\n', '- a list\n', 'text\n'])('leaves out %j', text => {
    expect(workflowsShownIn(block(text))).toEqual([])
  })
})

describe('scriptsShownIn', () => {
  it('keeps the numbers of the lines, and takes shell scripts only', () => {
    const markdown = '# Title\n\n```sh\nls\n```\n\n```text\nls: output\n```\n'
    expect(scriptsShownIn(markdown)).toEqual(['\n\n\nls\n'])
  })
})
