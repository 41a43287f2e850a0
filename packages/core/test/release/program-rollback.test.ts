import { describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const CONTAINER = '0123456789abcdef'
const filesOf = (id: string) => ({ 'compose.yaml': id, [`only-${id}`]: id })

/** Four releases; r2 was confirmed last, and its files are there. */
function project(): ProjectFolder {
  const folder = new ProjectFolder()
  for (const id of ['r0', 'r1', 'r2', 'r3']) folder.release(id, filesOf(id))
  folder.holds('r2', filesOf('r2'), 'r1')
  return folder
}

/** An engine with one container, unless `.deploy/gone` is there. */
function engine(folder: ProjectFolder, inspect: string): string {
  return `cd '${folder.path}'
case "$*" in
'ps -a --no-trunc --filter label=com.docker.compose.project=shop -q') [ -f .deploy/gone ] || echo ${CONTAINER} ;;
'container inspect'*) ${inspect} ;;
'rm '*) echo 'device is busy' >&2; exit 1 ;;
esac`
}

describe('rollback.sh', () => {
  it.each(['/manifest', '/modes', '/paths', ''])(
    'saves what it overwrites where the record of the release there has lost %j',
    async part => {
      using folder = project()
      folder.write('compose.yaml', 'edited on the server')
      folder.remove(`.deploy/releases/r2${part}`)
      const { exitCode, stdout } = await folder.rollbackSh('r1')
      expect([exitCode, folder.phase, folder.read('compose.yaml')]).toEqual([0, 'rolled-back', 'r1'])
      expect(folder.read('.deploy/saved/2/compose.yaml')).toBe('edited on the server')
      expect(stdout).toContain('release r1 runs again, verified')
    },
  )

  it('does not fail as a container goes between the list and the look at it', async () => {
    using folder = project()
    folder.tool('docker', engine(folder, ': >.deploy/gone; exit 1'))
    const { exitCode } = await folder.rollbackSh('r1')
    expect([exitCode, folder.has('.deploy/gone')]).toEqual([0, true])
  })

  it('looks at all containers in one call, and at those that are left when one goes meanwhile', async () => {
    using folder = project()
    const images = [
      { name: 'web', imageId: 'sha256:web' },
      { name: 'db', imageId: 'sha256:db' },
    ]
    folder.release('r1', filesOf('r1'), { services: images, composeFiles: ['compose.yaml'] })
    folder.tool(
      'docker',
      `cd '${folder.path}'
case "$*" in
'ps -a --no-trunc --filter label=com.docker.compose.project=shop -q') echo aaa; [ -f .deploy/gone ] || echo bbb; echo ccc ;;
'container inspect'*' aaa bbb ccc') echo 'sha256:web running 0 False web'; : >.deploy/gone; echo 'no such container bbb' >&2; exit 1 ;;
'container inspect'*' aaa ccc') echo asked >>.deploy/asked; printf '%s\\n' 'sha256:web running 0 False web' 'sha256:other running 0 False db' ;;
'container inspect'*) exit 1 ;;
esac`,
    )
    const { exitCode, stdout } = await folder.rollbackSh('r1')
    expect([exitCode, folder.read('.deploy/asked')]).toEqual([1, 'asked\n'])
    expect(stdout).toContain('service db runs another image\n')
    expect(stdout).not.toContain('service web')
  })

  it('warns of a container that left and cannot be removed, as the release runs', async () => {
    using folder = project()
    folder.write('.deploy/left', `${CONTAINER} shop-worker-1 worker\n`)
    folder.tool('docker', engine(folder, `echo 'sha256:x exited 0 False worker'`))
    const { exitCode, stderr } = await folder.rollbackSh('r1')
    expect([exitCode, folder.phase, folder.files]).toEqual([0, 'rolled-back', filesOf('r1')])
    expect(stderr).toContain('the records of release r1 could not be updated')
  })

  it('leaves no file of two switches that were cut off before it', async () => {
    using folder = project()
    folder.write('only-r3', 'r3')
    folder.pending('r3', 'r2', 'armed')
    // The link `current` comes after the files.
    folder.tool('ln', 'kill -9 "$PPID"')
    expect((await folder.rollbackSh('r0')).exitCode).toBe(137)
    expect([folder.phase, folder.files]).toEqual(['rolling-back', filesOf('r0')])
    folder.repair('ln')
    expect((await folder.rollbackSh('r1')).exitCode).toBe(0)
    expect([folder.phase, folder.files]).toEqual(['rolled-back', filesOf('r1')])
    expect(folder.has('.deploy/may-be-there')).toBe(false)
  })

  it('leaves no file of a rollback that failed and was given up before it', async () => {
    using folder = project()
    folder.tool('ln', 'exit 1')
    expect((await folder.rollback('r0')).status).toBe(66)
    folder.repair('ln')
    expect((await folder.finish('r0', 'rollback-failed')).status).toBe(0)
    expect((await folder.rollbackSh('r1')).exitCode).toBe(0)
    expect([folder.phase, folder.files]).toEqual(['rolled-back', filesOf('r1')])
  })

  it.each([
    ['is damaged', (folder: ProjectFolder) => folder.remove('.deploy/releases/r2/manifest')],
    ['is not known', (folder: ProjectFolder) => folder.pending('r3', 'r2', 'armed')],
  ])('saves an edited file that it removes where the record of what is there %s', async (_, prepare) => {
    using folder = project()
    folder.write('only-r2', 'edited on the server')
    prepare(folder)
    expect((await folder.rollbackSh('r1')).exitCode).toBe(0)
    expect([folder.files, folder.read('.deploy/saved/2/only-r2')]).toEqual([filesOf('r1'), 'edited on the server'])
  })
})
