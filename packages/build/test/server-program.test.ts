import { spawnSync } from 'node:child_process'
import { programModule, serverProgram } from '@deploy-actions/build/server-program'
import { describe, expect, it } from '@jest/globals'

describe('the server program', () => {
  it('is read by every POSIX shell of this machine', () => {
    for (const shell of ['sh', 'dash', 'bash']) {
      const { status, error, stderr } = spawnSync(shell, ['-n'], { input: serverProgram(), encoding: 'utf8' })
      if (error) console.log(`skipped ${shell}: it is not on this machine`)
      else expect({ shell, status, stderr }).toEqual({ shell, status: 0, stderr: '' })
    }
  })

  it('defines each function once: a second definition would replace the first without a word', () => {
    const names = [...serverProgram().matchAll(/^([a-z_]+)\(\) [{(]/gm)].map(match => match[1])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('is the same text in the module, whatever characters it has', async () => {
    const text = 'a `b` ${c} \\n \\\\ $(d)\n'
    const module = programModule(text)
    const { PROGRAM } = await import(`data:text/javascript,${encodeURIComponent(module)}`)
    expect(PROGRAM).toBe(text)
  })
})
