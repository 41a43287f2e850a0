import { parseActionMetadata } from '@deploy-actions/build/action-metadata'
import { metadataProblems } from '@deploy-actions/build/metadata-problems'
import { describe, expect, it } from '@jest/globals'

describe('parseActionMetadata', () => {
  it('has every scalar as text, as the runner has', () => {
    const metadata = parseActionMetadata(
      'inputs:\n  a: { default: 1.10 }\n  b: { default: true, required: false }\n  c:\noutputs:\n',
    )
    expect(metadata.inputs).toEqual({ a: { default: '1.10' }, b: { default: 'true', required: 'false' }, c: {} })
    expect(metadata.outputs).toEqual({})
  })
})

describe('metadataProblems', () => {
  const good = `
name: Deploy
description: Deploys.
branding: { icon: box, color: blue }
inputs:
  health-url: { description: Where health is asked. }
outputs:
  result: { description: What came of it. }
runs: { using: node24, main: dist/index.cjs }
`
  const problems = (text: string, built: readonly string[] = ['dist/index.cjs']) =>
    metadataProblems(parseActionMetadata(text), file => built.includes(file))

  it('finds nothing in a whole one', () => {
    expect(problems(good)).toEqual([])
  })

  it.each([
    ['name: Deploy\n', '', 'has no name'],
    ['description: Deploys.\n', '', 'has no description'],
    ['icon: box, ', '', 'has no branding (icon and color)'],
    ['node24', 'node20', 'runs.using is node20; it is node24'],
    ['main: dist/index.cjs', 'main: dist/main.cjs', 'runs dist/main.cjs, which is not built'],
    ['index.cjs }', 'index.cjs, post: dist/post.cjs }', 'runs dist/post.cjs, which is not built'],
    ['health-url', 'healthUrl', 'input healthUrl is not in kebab-case'],
    ['{ description: What came of it. }', '', 'output result has no description'],
    ['Where health is asked.', '"As ${{ github.sha }}."', 'input health-url has an expression in its description'],
    ['asked. }', 'asked., required: true, default: x }', 'input health-url is required and has a default'],
  ])('with %j as %j says: %s', (from, to, problem) => {
    expect(problems(good.replace(from, to))).toEqual([problem])
  })
})
