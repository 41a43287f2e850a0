import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

// Keeps its arguments and what it finds in its configuration; `docker login` keeps the password there, as Docker does.
const DOCKER = `
  printf '%s\\n' "$*" >>"$HOME/calls"
  [ "$1" != --config ] || { config=$2; shift 2; }
  case $1 in
  login)
    stat -c %a "$config" "$config/config.json" >>"$HOME/modes"
    cat "$config/config.json" >>"$HOME/configs"
    cat >"$config/password"
    [ ! -f "$HOME/killed" ] || cp -a "$config" "\${config%.*}.killed"
    [ ! -f "$HOME/refused" ] || { echo 'unauthorized' >&2; exit 1; } ;;
  context) echo default ;;
  esac`

let project: ProjectFolder
let memory: string
beforeEach(() => {
  project = new ProjectFolder()
  project.tool('docker', DOCKER)
  memory = join(project.path, '../memory')
  mkdirSync(memory)
  project.env = { XDG_RUNTIME_DIR: memory }
})
afterEach(() => project[Symbol.dispose]())

const LOGIN = 'login ghcr.io me\nsecret\n'
const pull = (stdin: string) => {
  project.write('.deploy/tmp/run.1/x', '')
  return project.call('pull', [join(project.path, '.deploy/tmp/run.1'), '60'], `${stdin}.\n`)
}
const calls = () =>
  project
    .read('../calls')
    .replaceAll(/--config \S.*\/(deploy-actions-[0-9a-f]{16})\.\w+ /g, '--config $1 ')
    .trim()
    .split('\n')
    .sort()

describe('pull', () => {
  it('uses the login of the call for its registry, and the own logins of the server for the others', async () => {
    const { status, sections } = await pull(`${LOGIN}pull-with-login ghcr.io/acme/web:1\npull other.example/db:1\n`)
    expect([status, sections.get('failed')]).toEqual([0, ''])
    expect(calls()).toEqual([
      expect.stringMatching(/^--config \S+ login --username me --password-stdin ghcr.io$/),
      expect.stringMatching(/^--config \S+ pull ghcr.io\/acme\/web:1$/),
      'context show',
      'pull other.example/db:1',
    ])
  })

  it('keeps the password in memory, in a private folder that goes with the call', async () => {
    await pull(`${LOGIN}pull-with-login ghcr.io/acme/web:1\n`)
    expect(project.read('../calls')).toContain(`--config ${memory}/deploy-actions-`)
    expect(project.read('../modes')).toBe('700\n600\n')
    expect(readdirSync(memory)).toEqual([])
    expect(readdirSync(join(project.path, '.deploy/tmp/run.1'))).toEqual(['x'])
  })

  it('has docker login look for no credential helper, which would keep the password', async () => {
    await pull(LOGIN)
    expect(Object.keys(JSON.parse(project.read('../configs')).auths)).not.toEqual([])
  })

  it('reports a login that was refused, pulls nothing, and leaves no password', async () => {
    project.write('../refused', '')
    const { sections } = await pull(`${LOGIN}pull other.example/db:1\n`)
    expect(sections.get('failed')).toBe('login ghcr.io\tunauthorized \n')
    expect(project.read('../calls')).not.toContain('pull')
    expect(readdirSync(memory)).toEqual([])
  })

  it('takes the folder of the run where docker reads nothing else', async () => {
    mkdirSync(join(project.path, '../snap/bin'), { recursive: true })
    project.write('../snap/bin/docker', `#!/bin/sh${DOCKER}\n`)
    project.chmod('../snap/bin/docker', 0o755)
    project.env = { ...project.env, PATH: `${join(project.path, '../snap/bin')}:${process.env['PATH']}` }
    await pull(LOGIN)
    expect(project.read('../calls')).toContain(`--config ${project.path}/.deploy/tmp/run.1/deploy-actions-`)
  })

  it('that was killed leaves a password only until the next run, and that of another project stays', async () => {
    project.write('../killed', '')
    await pull(LOGIN)
    expect(readdirSync(memory)).toEqual([expect.stringMatching(/\.killed$/)])
    mkdirSync(join(memory, 'deploy-actions-0123456789abcdef.other'))
    expect((await project.call('open', ['30', '{}', 'me'])).stdout).toContain('locked ')
    expect(readdirSync(memory)).toEqual(['deploy-actions-0123456789abcdef.other'])
  })
})
