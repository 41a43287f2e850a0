import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HASH_FILE, isFresh } from '@deploy-actions/build/input-hash'
import { judgeStart } from '@deploy-actions/build/start-check'
import { actionFolder, actionNames } from '@deploy-actions/build/workspace'
import { type BundleResult, runBundle } from '@deploy-actions/testkit/run-bundle'
import { describe, expect, it } from '@jest/globals'

/** Inputs with a mistake in each, for what can run without any. */
const MISTAKES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'compute-tags': { tags: 'type=nonsense' },
  'discord-notify': { status: 'deployed', webhook: 'https://example.com/no/webhook', 'on-error': 'fail' },
  'smoke-test': { checks: '- url: [' },
  'validate-secrets': { rules: '- [' },
}

/** What a run with a mistake in its inputs does not need, by a text that only undici has, and one that only ssh2 has. */
const HEAVY = ["debuglog('undici')", 'SSH-2.0-ssh2js']

/** Shows at the end which files of the bundle were loaded. */
const LOADED_FILES = `process.on('exit', () => {
  const { basename, dirname } = require('node:path')
  const files = Object.keys(require.cache).filter(file => basename(dirname(file)) === 'dist')
  process.stderr.write('loaded ' + files.map(file => basename(file)).join(' ') + '\\n')
})
`

const OLD_NODE = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`

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

  it('loads no HTTP or SSH library before it needs one', async () => {
    const { stderr } = await withPreload(LOADED_FILES, name)
    const loaded = /^loaded (.*)$/m.exec(stderr)?.[1]?.split(' ') ?? []
    expect(loaded).toContain('index.cjs')
    const code = loaded.map(file => readFileSync(path.join(dist, file), 'utf8')).join('')
    expect(HEAVY.filter(text => code.includes(text))).toEqual([])
  })

  it('has failed as its result when it ends with a mistake in an input', async () => {
    const { exitCode, outputs } = await runBundle(name, { inputs: MISTAKES[name] ?? {} })
    expect({ exitCode, result: outputs['result'] }).toEqual({ exitCode: 1, result: 'failed' })
  })

  it('leaves its result in a file for the other steps of the job', async () => {
    const temp = mkdtempSync(path.join(tmpdir(), 'temp-'))
    try {
      await runBundle(name, { inputs: MISTAKES[name] ?? {}, temp, step: 'the-step' })
      const folder = path.join(temp, 'deploy-actions/1658821493-1-deploy')
      expect(readdirSync(folder)).toEqual([`01-${name}.json`])
      const left: unknown = JSON.parse(readFileSync(path.join(folder, `01-${name}.json`), 'utf8'))
      expect(left).toMatchObject({ format: 1, action: name, step: 'the-step', stage: 'main', result: 'failed' })
    } finally {
      rmSync(temp, { recursive: true })
    }
  })

  it('ends as it would when its result file cannot be written', async () => {
    const temp = mkdtempSync(path.join(tmpdir(), 'temp-'))
    try {
      writeFileSync(path.join(temp, 'deploy-actions'), 'in the way')
      const { exitCode, annotations } = await runBundle(name, { inputs: MISTAKES[name] ?? {}, temp })
      expect(exitCode).toBe(1)
      expect(annotations.filter(({ title }) => title === 'No result file')).toMatchObject([{ level: 'warning' }])
    } finally {
      rmSync(temp, { recursive: true })
    }
  })

  it('says in one line that it needs a newer node', async () => {
    const { exitCode, outputs, annotations, stderr } = await withPreload(OLD_NODE, name)
    expect({ exitCode, result: outputs['result'], stderr }).toEqual({ exitCode: 1, result: 'failed', stderr: '' })
    expect(annotations).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringContaining('started with node 20.20.2') }),
    ])
  })

  it('has failed as its result when it is killed early', async () => {
    const { signal, outputs } = await withPreload(ENDED_EARLY, name)
    expect({ signal, result: outputs['result'] }).toEqual({ signal: 'SIGKILL', result: 'failed' })
  })
})

/** Runs a bundle without inputs, with code that is run in its process first. */
async function withPreload(code: string, name: string): Promise<BundleResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'preload-'))
  try {
    writeFileSync(path.join(folder, 'first.cjs'), code)
    return await runBundle(name, { env: { NODE_OPTIONS: `--require ${path.join(folder, 'first.cjs')}` } })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
