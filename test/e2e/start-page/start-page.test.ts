import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { blocksOf } from '@deploy-actions/build/documents'
import { quoteArgument } from '@deploy-actions/core/host/quote'
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { docker, engineAddress } from '../../lab/docker.ts'
import { pushBusybox } from '../../lab/example-images.ts'
import { closeLab, type Lab, openLab } from '../../lab/lab.ts'
import { checkout } from '../../lab/names.ts'
import { progressTo, toStderr } from '../../lab/progress.ts'
import { command } from '../../lab/shell.ts'
import { ensureAct } from '../../lab/tools.ts'
import type { GitHubRun, GitHubState } from './gh.ts'

jest.setTimeout(300_000)

const LAB = 'start'
const RELEASE = join(checkout, 'release')

let lab: Lab
let act: string
let folder: string

beforeAll(async () => {
  if (!existsSync(RELEASE)) throw new Error('release/ is missing: run pnpm build && pnpm release-tree')
  const progress = progressTo(toStderr)
  ;[act, lab] = await Promise.all([
    ensureAct(progress),
    openLab({ name: LAB, servers: ['vps1'], registry: true, builder: true }, progress),
  ])
  await pushBusybox(lab)
  folder = await mkdtemp(join(tmpdir(), 'start-page-'))
}, 600_000)
afterAll(async () => {
  await closeLab(LAB)
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

interface Scripts {
  readonly toTheFirstDeploy: string
  readonly rollback: string
  /** Blocks that are neither: the page shows them only. */
  readonly others: readonly string[]
}

/** What a reader of the page does with its blocks: runs the shell's, and writes the files that it names. */
function scriptsOf(page: string): Scripts {
  const lines = page.split('\n')
  const rollback = lines.findIndex(line => line.startsWith('## 7.'))
  const before: string[] = []
  const after: string[] = []
  const others: string[] = []
  for (const { language, line, text } of blocksOf(page)) {
    const target = line > rollback ? after : before
    const [, file] = /^`([^`]+)`/.exec(lines[line - 4] ?? '') ?? []
    if (language === 'sh') target.push(text)
    else if (file === undefined) others.push(text)
    else target.push(`mkdir -p "$(dirname ${file})"\ncat > ${file} << 'END OF THE FILE'\n${text}END OF THE FILE\n`)
  }
  return { toTheFirstDeploy: before.join('\n'), rollback: after.join('\n'), others }
}

/** The page's values in place of those of its example; no image comes from the network. */
function inLab(script: string, server: string): string {
  return script
    .replace('SERVER=shop.example.org', `SERVER=${server}`)
    .replaceAll('ghcr.io', lab.registry.address)
    .replace('FROM busybox:', `FROM ${lab.registry.address}/busybox:`)
}

/** A machine on which nobody has prepared anything but Docker, sshd and root's key. Its address on this machine. */
async function freshServer(): Promise<string> {
  const server = lab.server()
  await server.exec(
    'pkill -KILL -u deploy; userdel --remove --force deploy 2>/dev/null; chown root:root /opt; ! id deploy 2>/dev/null',
  )
  return docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', server.container])
}

/** The developer's machine: a home, a repository, and the programs that the page needs. */
async function developer(address: string): Promise<Record<string, string>> {
  const [home, programs, repository] = ['home', 'programs', 'shop'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const directory of [join(home, '.ssh'), programs, repository]) await mkdir(directory, { recursive: true })
  const server = lab.server()
  await writeFile(join(home, 'known_hosts'), server.hostKeys.map(line => `${line.replace(/^\S+/, address)}\n`).join(''))
  await writeFile(
    join(home, 'ssh_config'),
    `UserKnownHostsFile ${home}/known_hosts\nStrictHostKeyChecking yes\nBatchMode yes\nMatch user root\n  IdentityFile ${server.privateKeyPath}\n`,
  )
  const gh = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'gh.ts')]
  await program('ssh', `exec /usr/bin/ssh -F ${quoteArgument(join(home, 'ssh_config'))} "$@"`)
  await program('gh', `exec ${gh.map(quoteArgument).join(' ')} "$@"`)
  await writeFile(
    join(home, '.gitconfig'),
    `[user]\n  name = team\n  email = team@example.org\n[url "${folder}/origin.git"]\n  insteadOf = https://github.com/acme/shop.git\n`,
  )
  const state: GitHubState = {
    act,
    actor: lab.registry.username,
    repositories: { 'org/actions@v1': RELEASE },
    env: { LAB_BUILDER: lab.builder.container, DOCKER_HOST: await engineAddress() },
    secrets: { GITHUB_TOKEN: lab.registry.password },
    variables: {},
    environments: [],
  }
  await writeFile(join(folder, 'state.json'), JSON.stringify(state), { mode: 0o600 })
  const env = { HOME: home, GH_STATE: folder, PATH: [programs, process.env['PATH'] ?? ''].join(delimiter) }
  await command('git', ['init', '--quiet', '--bare', 'origin.git'], { cwd: folder, env })
  await command('git', ['init', '--quiet', '--initial-branch', 'main'], { cwd: repository, env })
  await command('git', ['remote', 'add', 'origin', 'https://github.com/acme/shop.git'], { cwd: repository, env })
  return env

  async function program(name: string, script: string): Promise<void> {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(programs, name), 0o755)
  }
}

it('every block of docs/start.md, in order, ends with a version that responds, and with a rollback', async () => {
  const page = await readFile(join(checkout, 'docs/start.md'), 'utf8')
  const { toTheFirstDeploy, rollback, others } = scriptsOf(page)
  expect(others).toEqual([expect.stringMatching(/^env: \|\n/)])
  const server = await freshServer()
  const env = await developer(server)
  const cwd = join(folder, 'shop')
  const bash = (script: string) => command('bash', ['-euo', 'pipefail', '-c', inLab(script, server)], { cwd, env })
  const head = () => command('git', ['rev-parse', 'HEAD'], { cwd })

  const printed = await bash(toTheFirstDeploy)
  const first = await head()
  expect(printed.trimEnd().split('\n').at(-1)).toBe(`{"status": "healthy", "commit": "${first}"}`)

  await bash('git commit --quiet --allow-empty --message "A change"; git push --quiet origin main; gh run watch 1')
  expect(await bash(`curl --silent http://${server}/health`)).toContain(await head())

  await bash(rollback)
  expect(await bash(`curl --silent http://${server}/health`)).toContain(first)

  const runs = (await readFile(join(folder, 'runs.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as GitHubRun)
  expect(runs.map(({ workflow, exitCode }) => [workflow, exitCode])).toEqual([
    ['deploy.yml', 0],
    ['deploy.yml', 0],
    ['rollback.yml', 0],
    ['rollback.yml', 0],
  ])
  const state: GitHubState = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8'))
  expect(Object.keys(state.variables).sort()).toEqual(['APP_URL', 'SSH_HOST', 'SSH_KNOWN_HOSTS'])
})
