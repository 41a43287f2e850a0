import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { latestOutputs, setOutputs } from '@deploy-actions/core/runner/outputs'
import { parseKeyValueFile } from '@deploy-actions/testkit/runner/command-files'
import { afterAll, describe, expect, it, jest } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'outputs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('setOutputs', () => {
  it('appends every output as the runner reads it, whatever is in it', () => {
    const file = join(folder, 'output')
    writeFileSync(file, 'before=1\n')
    setOutputs({ result: 'deployed', empty: undefined, lines: 'a\nb=c\nd<<EOF' }, { GITHUB_OUTPUT: file })
    const text = readFileSync(file, 'utf8')
    const [end = ''] = /ghadelimiter_[0-9a-z]+/.exec(text) ?? []
    expect(text.replaceAll(end, 'END')).toBe(
      'before=1\nresult<<END\ndeployed\nEND\nempty<<END\n\nEND\nlines<<END\na\nb=c\nd<<EOF\nEND\n',
    )
  })
  it('ends a value with a text that no value has, even when one guesses it', () => {
    const file = join(folder, 'guessed')
    const random = jest.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValueOnce(0.25)
    const guess = `ghadelimiter_${(0.5).toString(36).slice(2)}`
    setOutputs({ a: `1\n${guess}\nresult=passed`, b: '2' }, { GITHUB_OUTPUT: file })
    random.mockRestore()
    expect(parseKeyValueFile(readFileSync(file, 'utf8'))).toEqual({ a: `1\n${guess}\nresult=passed`, b: '2' })
  })

  it('remembers them where no runner reads them', () => {
    setOutputs({ url: 'https://a.example' }, {})
    expect(latestOutputs()).toMatchObject({ url: 'https://a.example' })
  })
})
