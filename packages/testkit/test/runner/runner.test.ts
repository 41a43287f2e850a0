import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { CommandFiles, parseKeyValueFile } from '@deploy-actions/testkit/runner/command-files'
import { resolveDefault } from '@deploy-actions/testkit/runner/default-expression'
import { githubContext } from '@deploy-actions/testkit/runner/github-context'
import { annotationsIn, maskLog, masksIn } from '@deploy-actions/testkit/runner/workflow-commands'
import { describe, expect, it } from '@jest/globals'

describe('resolveDefault', () => {
  const github = githubContext({ event: { pull_request: { head: { sha: 'head' } } }, sha: 'merge' })
  it.each([
    ['plain', 'plain'],
    ['${{ github.sha }}', 'merge'],
    ['${{ github.event.pull_request.head.sha || github.sha }}', 'head'],
    ['${{ github.event.workflow_run.head_sha || github.sha }}', 'merge'],
    ["${{ github.event.none || 'text' }}", 'text'],
    ['${{ github.event.none }}', ''],
    ['${{ github.server_url }}/${{ github.repository }}', 'https://github.com/octo-org/shop'],
    ['${{ job.status }}', 'success'],
  ])('%s is %s', (text, expected) => {
    expect(resolveDefault(text, { github, job: { status: 'success' } })).toBe(expected)
  })

  it('does not guess what it does not know', () => {
    expect(() => resolveDefault('${{ toJSON(github) }}', { github })).toThrow('beyond this harness')
  })
})

describe('workflow commands', () => {
  const log = [
    'before: s3cret',
    '::add-mask::s3cret%0Asecond line',
    'after: s3cret, second line',
    '::error title=A title%2C with a comma,file=a.ts::first%0Asecond: 100%25 ::x',
    '::notice::told',
    'a ::warning::in a line',
  ].join('\n')

  it('reads annotations', () => {
    expect(annotationsIn(log)).toEqual([
      { level: 'error', title: 'A title, with a comma', message: 'first\nsecond: 100% ::x' },
      { level: 'notice', title: '', message: 'told' },
    ])
  })

  it('masks a value and its lines from there on, not before', () => {
    expect(masksIn(log)).toEqual(['s3cret\nsecond line'])
    expect(maskLog(log).split('\n').slice(0, 3)).toEqual(['before: s3cret', '::add-mask::***', 'after: ***, ***'])
  })
})

describe('parseKeyValueFile', () => {
  it('reads both forms', () => {
    expect(parseKeyValueFile('a=b=c\nlong<<END\none\n\ntwo=2\nEND\nempty=\n')).toEqual({
      a: 'b=c',
      long: 'one\n\ntwo=2',
      empty: '',
    })
  })

  it.each([
    ['a<<END\none\n', 'has no end'],
    ['nonsense\n', 'Invalid format'],
  ])('refuses %j', (text, message) => {
    expect(() => parseKeyValueFile(text)).toThrow(message)
  })
})

describe('CommandFiles', () => {
  it('starts with empty files', () => {
    const folder = mkdtempSync(`${tmpdir()}/files-`)
    const files = new CommandFiles(folder)
    expect(files.text('GITHUB_STEP_SUMMARY')).toBe('')
    expect(files.pairs('GITHUB_OUTPUT')).toEqual({})
    rmSync(folder, { recursive: true })
  })
})
