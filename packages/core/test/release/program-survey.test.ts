import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseServer } from '@deploy-actions/core/release/survey'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
beforeEach(() => {
  project = new ProjectFolder()
})
afterEach(() => project[Symbol.dispose]())

const survey = async () => parseServer((await project.call('survey')).sections)
/** Docker's client, with the cases of its commands. */
const docker = (cases: string) => `case "$1 $2" in ${cases} esac`

describe('survey', () => {
  it('reports the engine, and takes no more than one call each for it and its endpoint', async () => {
    project.tool(
      'docker',
      `echo "$1 $2" >>"$HOME/calls"
       ${docker("'context inspect') echo unix:///var/run/docker.sock ;; 'version --format') echo '26.1.5 linux/amd64' ;;")}`,
    )
    expect(await survey()).toMatchObject({
      endpoint: 'unix:///var/run/docker.sock',
      engine: '26.1.5 linux/amd64',
      client: '',
      snapHome: undefined,
    })
    expect(project.read('../calls').trim().split('\n').sort()).toEqual([
      'compose version',
      'context inspect',
      'info --format',
      'ps -a',
      'version --format',
    ])
  })

  it('names the client where no engine responds', async () => {
    project.tool(
      'docker',
      docker(
        "'--version ') echo 'podman version 4.9.3' ;; 'version --format') printf '5.4.2 linux/'; echo 'Error: template' >&2; exit 125 ;;",
      ),
    )
    expect(await survey()).toMatchObject({
      endpoint: '',
      engine: '5.4.2 linux/Error: template',
      client: 'podman version 4.9.3',
    })
  })

  it('does not wait long for an engine on another machine', async () => {
    project.tool('docker', docker("'context inspect') echo ssh://other.example ;;"))
    project.tool('timeout', '[ "$3" = 60 ] || printf "%s\\n" "$3" >>"$HOME/limits"; shift 3; exec "$@"')
    expect(await survey()).toMatchObject({ endpoint: 'ssh://other.example' })
    expect(new Set(project.read('../limits').trim().split('\n'))).toEqual(new Set(['10']))
  })

  it('finds Docker from snap, and the type of the file system', async () => {
    mkdirSync(join(project.path, '../snap/bin'), { recursive: true })
    project.write('../snap/bin/docker', '#!/bin/sh\n')
    project.chmod('../snap/bin/docker', 0o755)
    project.tool('stat', '[ "$1 $2 $3" = "-f -c %T" ] || exit 1; echo nfs')
    project.env = {
      PATH: ['snap/bin', 'bin']
        .map(folder => join(project.path, '..', folder))
        .join(':')
        .concat(`:${process.env['PATH']}`),
    }
    expect(await survey()).toMatchObject({ snapHome: join(project.path, '..'), fileSystem: 'nfs' })
  })
})
