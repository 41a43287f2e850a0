import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { HASH_FILE, isFresh } from '@deploy-actions/build/input-hash'
import { judgeStart } from '@deploy-actions/build/start-check'
import { actionFolder, actionNames } from '@deploy-actions/build/workspace'
import { runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'

describe.each(actionNames())('the bundle of %s', name => {
  const dist = path.join(actionFolder(name), 'dist')
  const files = () => readdirSync(dist).filter(file => file !== HASH_FILE)

  it('is made from the sources as they are', () => {
    expect(isFresh(name) ? '' : 'run pnpm build').toBe('')
  })

  it('is code and licences only', () => {
    expect(files()).toEqual(expect.arrayContaining(['index.cjs', 'licenses.txt']))
    expect(files().filter(file => !/\.c?js$|^package\.json$/.test(file))).toEqual(['licenses.txt'])
  })

  it('has at most one copy of undici', () => {
    const code = files().map(file => readFileSync(path.join(dist, file), 'utf8'))
    // Each copy of the library opens its debug log once.
    expect(code.join('').split("debuglog('undici')").length - 1).toBeLessThanOrEqual(1)
  })

  it('names no folder of the machine that it was made on', () => {
    for (const file of files()) expect(readFileSync(path.join(dist, file), 'utf8')).not.toContain(path.dirname(dist))
  })

  it('starts as a step without inputs, and says what it needs', async () => {
    // An address that nothing answers on, for any proxy-minded client: a start needs no network.
    const nowhere = 'http://127.0.0.1:9'
    const { exitCode, signal, stdout, stderr, durationMs } = await runBundle(name, {
      env: { HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, https_proxy: nowhere, http_proxy: nowhere },
    })
    expect(judgeStart({ status: exitCode, signal, output: stdout + stderr })).toBeUndefined()
    const bytes = files().reduce((sum, file) => sum + readFileSync(path.join(dist, file)).length, 0)
    process.stdout.write(
      `  ${name}: ${(bytes / 1024 / 1024).toFixed(2)} MB, started and ended in ${durationMs.toFixed(0)} ms\n`,
    )
  })
})
