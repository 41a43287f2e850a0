import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isReusableWorkflow, parseReusableWorkflow } from '@deploy-actions/build/reusable-workflows'
import { workflowsShownIn } from '@deploy-actions/build/workflow-files'
import { root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

describe('isReusableWorkflow', () => {
  it.each([
    ['on: push', false],
    ['on: workflow_call', true],
    ['on: [push, workflow_call]', true],
    ['on:\n  workflow_call:\n', true],
    ['on:\n  workflow_run:\n', false],
    ['name: x', false],
  ])('%j: %s', (text, expected) => {
    expect(isReusableWorkflow(text)).toBe(expected)
  })
})

describe('parseReusableWorkflow', () => {
  it('gives inputs, secrets and outputs, with each value as text', () => {
    const text = `on:
  workflow_call:
    inputs:
      cache: { type: boolean, default: true }
    secrets:
      KEY: { required: true }
    outputs:
      result: { value: x }
`
    expect(parseReusableWorkflow(text)).toEqual({
      inputs: { cache: { type: 'boolean', default: 'true' } },
      secrets: { KEY: { required: 'true' } },
      outputs: { result: { value: 'x' } },
    })
    expect(parseReusableWorkflow('on: workflow_call\n')).toEqual({ inputs: {}, secrets: {}, outputs: {} })
  })

  it('refuses a workflow that nobody can call', () => {
    expect(() => parseReusableWorkflow('on: push\n')).toThrow('is not a reusable workflow')
  })
})

describe('a caller that the documents show', () => {
  const document = readFileSync(path.join(root, 'docs/reusable-workflows.md'), 'utf8')
  const callers = workflowsShownIn(document).map(text => text.trim())

  it.each(callers.map(text => [parse(text).name, text]))('is short and sets no group: %s', (_, text) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(30)
    expect(parse(text)).toMatchObject({ permissions: {} })
    expect(text).not.toContain('concurrency')
  })

  it('is there for each workflow', () => {
    for (const name of ['build-image', 'deploy-ssh', 'deploy-coolify', 'health-check']) {
      expect(callers.join('\n')).toContain(`org/actions/.github/workflows/${name}.yml@v1`)
    }
  })
})
