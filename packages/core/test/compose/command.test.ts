import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { composeCommand, configCommand } from '@deploy-actions/core/compose/command'
import { describe, expect, it } from '@jest/globals'

const afterScript = (argv: readonly string[]) => argv.slice(4)

describe('composeCommand', () => {
  it('builds an argument list', () => {
    const project = { projectName: 'shop', directory: '/opt/my app', composeFiles: ['compose.yml', 'a b.yml'] }
    expect(afterScript(composeCommand(project, 'up', '-d'))).toStrictEqual([
      '/opt/my app',
      ...['docker', 'compose', '--project-name', 'shop', '--project-directory', '/opt/my app'],
      ...['--file', 'compose.yml', '--file', 'a b.yml', 'up', '-d'],
    ])
  })

  it('takes a time limit and an environment file', () => {
    const project = { directory: '/opt/app', composeFiles: [], envFile: '.env', timeout: 60 }
    expect(afterScript(composeCommand(project, 'ps'))).toStrictEqual([
      ...['/opt/app', 'timeout', '-k', '10', '60', 'docker', 'compose', '--project-directory', '/opt/app'],
      ...['--env-file', '.env', 'ps'],
    ])
  })

  it('runs in the directory, with only the variables that Docker needs', async () => {
    const directory = await mkdtemp(join(tmpdir(), "it's a $test "))
    try {
      const [sh = '', ...args] = composeCommand({ directory, composeFiles: [] })
      const script = args.slice(0, 4)
      const env = {
        PATH: process.env['PATH'],
        HOME: '/a b',
        DOCKER_HOST: '',
        DOCKER_TAG: 'evil',
        TAG: 'evil',
        LANG: 'fr',
      }
      const { stdout } = await promisify(execFile)(sh, [...script, 'sh', '-c', 'pwd -P; env'], { env })
      const [place, ...variables] = stdout.trim().split('\n')
      expect(place).toContain("it's a $test ")
      const names = variables
        .map(line => line.split('=')[0])
        .filter(name => name !== '_' && !/PWD|SHLVL/.test(name ?? ''))
      expect(names.sort()).toStrictEqual(['DOCKER_HOST', 'HOME', 'PATH'])
      expect(variables).toContain('HOME=/a b')
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('configCommand', () => {
  it('adds nothing of its own after the project', () => {
    expect(afterScript(configCommand({ directory: '/opt/app', composeFiles: ['c.yml'] }))).toStrictEqual([
      ...['/opt/app', 'docker', 'compose', '--project-directory', '/opt/app', '--file', 'c.yml'],
    ])
  })
})
