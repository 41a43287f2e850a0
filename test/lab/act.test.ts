import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runWorkflow, type WorkflowResult } from './act.ts'
import { progressTo, toStderr } from './progress.ts'
import { command } from './shell.ts'
import { ensureAct } from './tools.ts'

const KEY = '-----BEGIN KEY-----\nline "two" $three\n-----END KEY-----\n'

const ACTION = `
const { appendFileSync } = require('node:fs')
console.log('node ' + process.versions.node.split('.')[0])
console.log('key arrived: ' + (process.env.INPUT_KEY === ${JSON.stringify(KEY)}))
for (let line = 1; line <= 300; line++) console.log('line ' + line)
console.log('::error title=Sick::no answer%0Aat all')
appendFileSync(process.env.GITHUB_OUTPUT, 'result=failed\\n')
appendFileSync(process.env.GITHUB_STEP_SUMMARY, '### it failed\\n')
process.exitCode = 1
`

const WORKFLOW = `
on:
  workflow_dispatch:
    inputs:
      to: { type: string }
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: echo "to $TO from $FROM, $(cat file)"
        env: { TO: "\${{ inputs.to }}", FROM: "\${{ vars.FROM }}" }
      - id: deploy
        uses: org/actions/stand-in@v1
        with: { key: "\${{ secrets.KEY }}" }
`

let folder: string
let result: WorkflowResult

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'act-test-'))
  await write('release/stand-in/action.yml', 'inputs: { key: {} }\nruns: { using: node24, main: index.cjs }\n')
  await write('release/stand-in/index.cjs', ACTION)
  await write('team/.github/workflows/deploy.yml', WORKFLOW)
  await write('team/file', 'in the repository\n')
  const git = (...args: string[]) => command('git', args, { cwd: join(folder, 'team') })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('add', '--all')
  await git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--quiet', '--message', 'one')
  const act = await ensureAct(progressTo(toStderr))
  await mkdir(join(folder, 'temporary'))
  process.env['TMPDIR'] = join(folder, 'temporary')
  result = await runWorkflow({
    act,
    repository: join(folder, 'team'),
    workflow: '.github/workflows/deploy.yml',
    event: 'workflow_dispatch',
    payload: { inputs: { to: 'v1' } },
    vars: { FROM: 'v2' },
    secrets: { KEY },
    repositories: { 'org/actions@v1': join(folder, 'release') },
  })
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('runWorkflow', () => {
  it('tells the exit status, the outputs and the summary', () => {
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toEqual({ deploy: { result: 'failed' } })
    expect(result.summaries).toEqual(['### it failed\n'])
  })

  it('tells what the steps print, to the last line of one that fails', () => {
    expect(result.lines.map(({ kind, title, text }) => [kind, title, text])).toEqual([
      ['text', undefined, 'to v1 from v2, in the repository'],
      ['text', undefined, 'node 24'],
      ['text', undefined, 'key arrived: true'],
      ...Array.from({ length: 300 }, (_, index) => ['text', undefined, `line ${index + 1}`]),
      ['error', 'Sick', 'no answer\nat all'],
    ])
    expect(result.log).not.toContain('~~~')
  })

  it('leaves nothing behind', async () => {
    expect(await readdir(join(folder, 'temporary'))).toEqual([])
    expect((await readdir(join(folder, 'team'))).sort()).toEqual(['.git', '.github', 'file'])
  })
})
