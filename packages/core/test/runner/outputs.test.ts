import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setOutputs } from '@deploy-actions/core/runner/outputs'
import { afterAll, describe, expect, it } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'outputs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('setOutputs', () => {
  it('appends every output as the runner reads it, whatever is in it', () => {
    const file = join(folder, 'output')
    writeFileSync(file, 'before=1\n')
    setOutputs({ result: 'deployed', empty: undefined, lines: 'a\nb=c\nd<<EOF' }, { GITHUB_OUTPUT: file })
    const text = readFileSync(file, 'utf8')
    const [end = ''] = /ghadelimiter_[0-9a-f-]{36}/.exec(text) ?? []
    expect(text.replaceAll(end, 'END')).toBe(
      'before=1\nresult<<END\ndeployed\nEND\nempty<<END\n\nEND\nlines<<END\na\nb=c\nd<<EOF\nEND\n',
    )
  })
})
