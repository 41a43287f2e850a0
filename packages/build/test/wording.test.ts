import { readFileSync } from 'node:fs'
import path from 'node:path'
import { linesOf, messagesOf, wordingProblems } from '@deploy-actions/build/wording'
import { filesUnder, root } from '@deploy-actions/build/workspace'
import { describe, expect, it } from '@jest/globals'

describe('wordingProblems', () => {
  it('names each phrase and its usual term', () => {
    expect(wordingProblems('A sick release is rolled back by hand.')).toEqual([
      '"sick": write unhealthy',
      '"by hand": write manually',
    ])
  })

  it('accepts the terms of the field', () => {
    expect(wordingProblems('The unhealthy release was rolled back manually; there is no version 2.')).toEqual([])
  })
})

describe('messagesOf', () => {
  it('finds strings and the parts of templates with their lines, no comments and no single words', () => {
    const source = "// a comment\nconst a = 'a message'\nconst b = `was ${a} at ${a} last`\nconst c = 'name'\n"
    expect(messagesOf(source)).toEqual([
      { line: 2, text: 'a message' },
      { line: 3, text: 'was ' },
      { line: 3, text: ' at ' },
      { line: 3, text: ' last' },
    ])
  })
})

describe('the texts of this project', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md']
  const folders = ['actions', 'docs', 'packages', 'examples', '.github']
  const files = [...folders.flatMap(folder => filesUnder(folder)), ...documents].filter(isForPeople)

  it('are plain technical English', () => {
    expect(files.length).toBeGreaterThan(300)
    expect(files.flatMap(problemsOf)).toEqual([])
  })
})

/** Documents, contracts, workflows and messages; not the tests, whose inputs are what people get wrong. */
function isForPeople(file: string): boolean {
  if (/\.(md|yml)$/.test(file)) return !/(^|\/)tests?\//.test(file)
  return /^(actions\/[^/]+|packages\/core)\/src\/.*\.ts$/.test(file) && !file.endsWith('.generated.ts')
}

function problemsOf(file: string): string[] {
  const content = readFileSync(path.join(root, file), 'utf8')
  return (file.endsWith('.ts') ? messagesOf(content) : linesOf(content)).flatMap(({ line, text }) =>
    wordingProblems(text).map(problem => `${file}:${line}: ${problem}`),
  )
}
