import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HASH_FILE, isFresh } from '@deploy-actions/build/input-hash'
import { judgeStart } from '@deploy-actions/build/start-check'
import { actionFolder, actionNames } from '@deploy-actions/build/workspace'
import { runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'

/** Inputs with a mistake in each, for what can run without any. */
const MISTAKES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'compute-tags': { tags: 'type=nonsense' },
  'discord-notify': { status: 'deployed', webhook: 'https://example.com/no/webhook', 'on-error': 'fail' },
  'smoke-test': { checks: '- url: [' },
  'validate-secrets': { rules: '- [' },
}

/** Ends the process, as a runner that is out of memory does, right after its first output. */
const ENDED_EARLY = `const fs = require('node:fs')
const { appendFileSync } = fs
fs.appendFileSync = (file, ...rest) => {
  appendFileSync(file, ...rest)
  if (file === process.env.GITHUB_OUTPUT) process.kill(process.pid, 'SIGKILL')
}
`

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

  it('has failed as its result when it ends with a mistake in an input', async () => {
    const { exitCode, outputs } = await runBundle(name, { inputs: MISTAKES[name] ?? {} })
    expect({ exitCode, result: outputs['result'] }).toEqual({ exitCode: 1, result: 'failed' })
  })

  it('has failed as its result when it is killed early', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ended-early-'))
    try {
      writeFileSync(path.join(folder, 'kill.cjs'), ENDED_EARLY)
      const { signal, outputs } = await runBundle(name, {
        env: { NODE_OPTIONS: `--require ${path.join(folder, 'kill.cjs')}` },
      })
      expect({ signal, result: outputs['result'] }).toEqual({ signal: 'SIGKILL', result: 'failed' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
