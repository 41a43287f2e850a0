// Stands for GitHub's `gh` in the commands of docs/start.md: keeps secrets and variables, and runs workflows under act. Whatever else it is
// called with is an error. https://cli.github.com/manual
import { existsSync } from 'node:fs'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { runWorkflow, type WorkflowRun } from '../../lab/act.ts'
import { standInsFor } from '../../lab/stand-ins.ts'

/** What the test gives, and what is set. */
export interface GitHubState extends Required<Pick<WorkflowRun, 'act' | 'actor' | 'repositories' | 'env'>> {
  secrets: Record<string, string>
  variables: Record<string, string>
  environments: string[]
}

/** A run, as a line of JSON in runs.jsonl. */
export interface GitHubRun {
  readonly workflow: string
  readonly exitCode: number
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly summaries: readonly string[]
  readonly log: string
}

const WORKFLOWS = '.github/workflows'
const folder = process.env['GH_STATE'] ?? ''
const stateFile = join(folder, 'state.json')
const state: GitHubState = JSON.parse(await readFile(stateFile, 'utf8'))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    env: { type: 'string' },
    body: { type: 'string' },
    method: { type: 'string' },
    silent: { type: 'boolean' },
    workflow: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'string' },
    jq: { type: 'string' },
    field: { type: 'string', short: 'f', multiple: true },
  },
})
const [group = '', verb = '', name = ''] = positionals

switch (`${group} ${verb.replace(/\/environments\/.*$/, '/environments')}`) {
  case 'api repos/{owner}/{repo}/environments':
    if (values.method !== 'PUT') fail()
    state.environments.push(verb.replace(/^.*\//, ''))
    break
  case 'secret set':
    state.secrets[name] = await body()
    break
  case 'variable set':
    state.variables[name] = await body()
    break
  case 'run list':
    if (values.json !== 'databaseId' || values.jq !== '.[0].databaseId') fail()
    if (!existsSync(join(WORKFLOWS, values.workflow ?? ''))) fail()
    console.log('1')
    break
  case 'run watch':
    if (name !== '1') fail()
    process.exitCode = await run('deploy.yml', 'push', {})
    break
  case 'workflow run':
    process.exitCode = await run(name, 'workflow_dispatch', Object.fromEntries((values.field ?? []).map(pair)))
    break
  default:
    fail()
}
await writeFile(stateFile, JSON.stringify(state))

function fail(): never {
  throw new Error(`gh ${process.argv.slice(2).join(' ')}: this does not exist here`)
}

function pair(field: string): [string, string] {
  const index = field.indexOf('=')
  return [field.slice(0, index), field.slice(index + 1)]
}

/** As gh does: without the line breaks at the end. */
async function body(): Promise<string> {
  if (!state.environments.includes(values.env ?? '')) fail()
  return values.body ?? (await text(process.stdin)).replace(/[\r\n]+$/, '')
}

async function run(
  workflow: string,
  event: 'push' | 'workflow_dispatch',
  inputs: Record<string, string>,
): Promise<number> {
  const file = join(WORKFLOWS, workflow)
  const result = await runWorkflow({
    ...state,
    repository: process.cwd(),
    workflow: file,
    event,
    payload: { ref: 'refs/heads/main', inputs, repository: { full_name: 'acme/shop', default_branch: 'main' } },
    vars: state.variables,
    repositories: { ...state.repositories, ...(await standInsFor(file)) },
    onLine: ({ step, text: line }) => console.log(`${step}: ${line}`),
  })
  const { exitCode, outputs, summaries, log } = result
  await appendFile(
    join(folder, 'runs.jsonl'),
    `${JSON.stringify({ workflow, exitCode, outputs, summaries, log } satisfies GitHubRun)}\n`,
  )
  return exitCode
}
