import { describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const OLD = { 'compose.yaml': 'old' }
const NEW = { 'compose.yaml': 'new' }

/** Release r1 is there, r2 is staged. */
function project({ old = OLD, fresh = NEW }: { old?: Record<string, string>; fresh?: Record<string, string> } = {}) {
  const folder = new ProjectFolder()
  folder.release('r0', {})
  folder.release('r1', old)
  folder.release('r2', fresh)
  folder.holds('r1', old, 'r0')
  return folder
}

const breakages: [string, (folder: ProjectFolder) => void][] = [
  ['is missing', folder => folder.lacks('sha256sum')],
  ['is killed', folder => folder.tool('sha256sum', 'kill -9 $$')],
]

describe.each(breakages)('where sha256sum %s', (_, break_) => {
  it('does not report a file that was changed as equal', async () => {
    using folder = project()
    folder.write('compose.yaml', 'changed')
    break_(folder)
    const { status, sections } = await folder.call('survey')
    expect([status, sections.get('damaged')?.trim()]).toEqual([0, 'r1'])
  })

  it('refuses a rollback to a release with a file that was modified', async () => {
    using folder = project()
    folder.write('.deploy/releases/r1/files/compose.yaml', 'modified')
    folder.write('compose.yaml', 'changed')
    break_(folder)
    const { status } = await folder.rollback('r1')
    expect([status, folder.files, folder.phase]).toEqual([65, { 'compose.yaml': 'changed' }, 'confirmed'])
  })
})

describe('the comparison with a record', () => {
  it.each([
    ['that is there', 'r1'],
    ['that a rollback could lead to', 'r0'],
  ])('reports a release %s as damaged where its plan is missing', async (_, id) => {
    using folder = project()
    folder.remove(`.deploy/releases/${id}/plan`)
    const { status, sections } = await folder.call('survey')
    expect([status, sections.get('damaged')?.trim(), sections.has('end')]).toEqual([0, id, true])
  })

  it('reports a release without its list of paths as damaged, and the rest of the survey', async () => {
    using folder = project()
    folder.release('r1', OLD, { env: 'none' })
    folder.write('.env', 'A=1')
    folder.remove('.deploy/releases/r1/paths')
    const { status, sections } = await folder.call('survey')
    expect([status, sections.get('damaged')?.trim(), sections.has('end')]).toEqual([0, 'r1', true])
  })

  it('does not call a release damaged because a file went between two looks', async () => {
    using folder = project({ old: { ...OLD, 'app.pid': '1' } })
    folder.tool('stat', 'rm -f app.pid; PATH=${PATH#*:}; exec stat "$@"')
    const { status, sections } = await folder.call('survey')
    expect(folder.has('app.pid')).toBe(false)
    expect([status, sections.has('damaged'), sections.has('end')]).toEqual([0, false, true])
  })
})

describe('activate', () => {
  const withFolder = { old: { ...OLD, 'conf/web.conf': 'x' } }

  it('removes a directory that a deploy made and that is empty now', async () => {
    using folder = project(withFolder)
    expect((await folder.activate('r2', 'r1')).status).toBe(0)
    expect([folder.has('conf'), folder.read('.deploy/directories')]).toEqual([false, ''])
  })

  it('names a directory that cannot be removed, keeps it on record, and succeeds', async () => {
    using folder = project(withFolder)
    folder.tool('rmdir', 'exit 1')
    const { status, stdout } = await folder.activate('r2', 'r1')
    expect([status, folder.files, folder.read('.deploy/directories')]).toEqual([0, NEW, 'conf\n'])
    expect(stdout).toContain('the directory conf is empty now and could not be removed')
  })

  it('does not fail as a container goes between the list and the look at it', async () => {
    using folder = project(withFolder)
    folder.write('.deploy/listed', '')
    folder.tool('docker', engineWith(folder, 'rm .deploy/listed; exit 1'))
    expect((await folder.activate('r2', 'r1')).status).toBe(0)
    expect([folder.has('.deploy/listed'), folder.has('conf')]).toEqual([false, false])
  })

  it('fails where a container that is there cannot be looked at: nobody knows what it mounts', async () => {
    using folder = project(withFolder)
    folder.write('.deploy/listed', '')
    folder.tool('docker', engineWith(folder, 'exit 1'))
    expect((await folder.activate('r2', 'r1')).status).toBe(66)
    expect(folder.has('conf')).toBe(true)
  })

  it('removes what a failed takeover had overwritten, and leaves what no deploy has touched', async () => {
    using folder = new ProjectFolder()
    const team = { ...OLD, 'web.conf': 'of the team', 'own.key': 'of the team' }
    folder.release('taken', team, { foreign: Object.keys(team) })
    for (const [path, text] of Object.entries(team)) folder.write(path, text)
    folder.release('r1', { ...OLD, 'web.conf': 'of r1' })
    folder.release('r2', NEW)
    expect((await folder.activate('r1', 'taken')).status).toBe(0)
    expect((await folder.finish('r1', 'disarmed')).status).toBe(0)
    expect((await folder.activate('r2', 'taken')).status).toBe(0)
    expect(folder.files).toEqual({ ...NEW, 'own.key': 'of the team' })
  })

  it('refuses a file in place of a directory with something of the team, and changes nothing', async () => {
    using folder = project({ ...withFolder, fresh: { ...NEW, conf: 'a file' } })
    folder.write('conf/data', 'of the team')
    const before = folder.files
    const { status, stdout } = await folder.activate('r2', 'r1')
    expect([status, folder.files, folder.phase]).toEqual([65, before, 'confirmed'])
    expect(stdout).toContain('conf is a directory on the server, and a file in this release')
  })

  it('refuses a rollback target without a plan, for which nothing could be checked or held, and changes nothing', async () => {
    using folder = project()
    folder.remove('.deploy/releases/r1/plan')
    const { status, stdout } = await folder.activate('r2', 'r1')
    expect([status, folder.files, folder.phase]).toEqual([65, OLD, 'confirmed'])
    expect(stdout).toContain('the record of the rollback target r1 is damaged')
  })

  it('refuses a release where its paths cannot be compared, and changes nothing', async () => {
    using folder = project({ ...withFolder, fresh: { ...NEW, conf: 'a file' } })
    folder.tool('grep', 'exit 2')
    const before = folder.files
    const { status } = await folder.activate('r2', 'r1')
    expect([status, folder.files, folder.phase]).toEqual([65, before, 'confirmed'])
  })

  it('refuses a file in place of a directory that it cannot look into', async () => {
    const old = { ...OLD, 'conf/a/web.conf': 'x' }
    using folder = project({ old, fresh: { ...NEW, conf: 'a file' } })
    folder.write('.deploy/directories', 'conf\nconf/a\n')
    folder.write('conf/a/data', 'of the team')
    folder.dropPrivileges()
    folder.chmod('conf/a', 0)
    const { status, stdout } = await folder.activate('r2', 'r1')
    folder.chmod('conf/a', 0o755)
    expect([status, folder.files, folder.phase]).toEqual([65, { ...old, 'conf/a/data': 'of the team' }, 'confirmed'])
    expect(stdout).toContain('conf is a directory on the server, and a file in this release')
  })
})

describe('rollback', () => {
  it('leaves a file of the team that could not be read as its release was adopted', async () => {
    using folder = project({ old: { ...OLD, key: 'x' }, fresh: { ...NEW, key: 'x' } })
    folder.release('taken', OLD, { foreign: ['key'] })
    folder.dropPrivileges()
    folder.chmod('key', 0)
    expect((await folder.activate('r2', 'taken')).status).toBe(0)
    expect((await folder.rollback('taken')).status).toBe(0)
    folder.chmod('key', 0o600)
    expect(folder.files).toEqual({ ...OLD, key: 'x' })
  })
})

/** An engine with one container while the file `.deploy/listed` is there. */
function engineWith(folder: ProjectFolder, inspect: string): string {
  return `cd '${folder.path}'
case "$*" in
'ps -a --no-trunc --filter label=com.docker.compose.project=shop -q') [ ! -f .deploy/listed ] || echo 0123456789abcdef ;;
'container inspect'*) ${inspect} ;;
esac`
}
