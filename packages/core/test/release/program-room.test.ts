import { statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const CONTAINER = '0123456789abcdef'
const MiB = 1024 * 1024
const filesOf = (id: string) => ({ 'compose.yaml': id, [`only-${id}`]: id })

const DOCKER = (folder: ProjectFolder) => `cd '${folder.path}'
echo "$(/bin/cat compose.yaml): $*" >>asked
case "$*" in 'ps -a '*' -q'*) echo ${CONTAINER} ;; esac`

/** r2 was switched to from r1, and its container runs; Docker writes down what it is asked. */
function project(): ProjectFolder {
  const folder = new ProjectFolder()
  folder.release('r1', filesOf('r1'))
  folder.release('r2', filesOf('r2'))
  folder.holds('r2', filesOf('r2'), 'r1')
  folder.pending('r2', 'r1', 'started')
  folder.write('.deploy/reserve', 'room')
  folder.write('.deploy/spare/reserve', 'room')
  folder.write('.deploy/stopped', '\n'.repeat(200))
  folder.tool('docker', DOCKER(folder))
  return folder
}

/** Until one of the files is deleted, nothing can be written to the disk of the project. */
function fill(folder: ProjectFolder, ...reserves: string[]): void {
  const there = reserves.map(file => `[ -f '${join(folder.path, file)}' ]`).join(' && ')
  for (const [tool, path, writes] of [
    ['mktemp', '/usr/bin/mktemp', `case "$*" in *'${folder.path}'*) true ;; *) false ;; esac`],
    ['cat', '/bin/cat', '[ -f /dev/stdout ]'],
  ] as const)
    folder.tool(
      tool,
      `if ${there} && ${writes}; then echo "${tool}: No space left on device" >&2; exit 1; fi\nexec ${path} "$@"`,
    )
}

const size = (folder: ProjectFolder, path: string) => statSync(join(folder.path, path)).size
const asked = (folder: ProjectFolder, what: string) =>
  folder
    .read('asked')
    .split('\n')
    .filter(line => line.includes(what))

describe('a rollback on a full disk', () => {
  it.each([
    ['by a run', (folder: ProjectFolder) => folder.rollback('r1').then(({ status }) => status)],
    ['by a person', (folder: ProjectFolder) => folder.rollbackSh('r1').then(({ exitCode }) => exitCode)],
  ])('%s stops the containers, then uses the reserve, then switches', async (_, rollBack) => {
    using folder = project()
    fill(folder, '.deploy/reserve', '.deploy/spare/reserve')
    expect(await rollBack(folder)).toBe(0)
    expect(folder.files).toEqual({ ...filesOf('r1'), asked: expect.any(String) })
    expect(asked(folder, ' stop ')).toEqual([`r2: stop ${CONTAINER}`])
    expect(folder.has('.deploy/reserve') && folder.has('.deploy/spare/reserve')).toBe(false)
  })

  it('starts the containers again when it is refused', async () => {
    using folder = project()
    folder.pending('r2', 'r1', 'confirmed')
    folder.write('.deploy/releases/r1/files/compose.yaml', 'modified')
    fill(folder, '.deploy/reserve')
    const { status } = await folder.rollback('r1')
    expect([status, folder.phase, folder.read('compose.yaml')]).toEqual([65, 'confirmed', 'r2'])
    expect([...asked(folder, ' stop '), ...asked(folder, ' start ')]).toEqual([
      `r2: stop ${CONTAINER}`,
      `r2: start ${CONTAINER}`,
    ])
  })

  it('goes on where a container cannot be stopped, as it has just gone', async () => {
    using folder = project()
    folder.tool('docker', `${DOCKER(folder)}; case "$1" in stop) exit 1 ;; esac`)
    fill(folder, '.deploy/reserve')
    expect((await folder.rollback('r1')).status).toBe(0)
  })

  it('starts the containers again when it fails', async () => {
    using folder = project()
    folder.tool('ln', 'exit 1')
    fill(folder, '.deploy/reserve')
    expect((await folder.rollback('r1')).status).toBe(66)
    expect(asked(folder, ' start ')).toEqual([`r1: start ${CONTAINER}`])
  })

  it('starts what it stopped and no release has, also where only the copy of a person needed the room', async () => {
    using folder = project()
    folder.write('compose.yaml', 'edited on the server')
    fill(folder, '.deploy/reserve')
    expect((await folder.rollbackSh('r1')).exitCode).toBe(0)
    expect(asked(folder, ' start ')).toEqual([`r1: start ${CONTAINER}`])
  })

  it('that was killed has the containers started by the next run', async () => {
    using folder = project()
    folder.pending('r2', 'r1', 'confirmed')
    folder.tool('rm', 'case "$*" in */reserve) kill -9 "$PPID" ;; *) exec /bin/rm "$@" ;; esac')
    fill(folder, '.deploy/reserve')
    await folder.rollback('r1')
    expect([asked(folder, ' stop '), asked(folder, ' start ')]).toEqual([[`r2: stop ${CONTAINER}`], []])
    folder.repair('rm')
    folder.pending('r2', 'r1', 'confirmed')
    await folder.call('open', ['90', '{"who":"a test"}', 'me'])
    expect(asked(folder, ' start ')).toEqual([`r2: start ${CONTAINER}`])
    await folder.call('open', ['90', '{"who":"a test"}', 'me'])
    expect(asked(folder, ' start ')).toHaveLength(1)
  })

  it('that was killed keeps the list for the next one', async () => {
    using folder = project()
    folder.write('.deploy/stopped', `${CONTAINER}\n${'\n'.repeat(200)}`)
    folder.pending('r2', 'r1', 'confirmed')
    await folder.call('open', ['90', '{"who":"a test"}', 'me'])
    expect(asked(folder, ' start ')).toHaveLength(1)
    expect(folder.read('.deploy/stopped').trim()).toBe('')
  })

  it('that was killed leaves no list of containers behind that another deploy has started or replaced', async () => {
    using folder = project()
    const other = CONTAINER.replace('0', '9')
    folder.write('.deploy/stopped', `${CONTAINER}\n${other}\n${'\n'.repeat(200)}`)
    folder.pending('r2', 'r1', 'confirmed')
    folder.tool(
      'docker',
      `${DOCKER(folder)}; case "$*" in 'ps -a '*' -q'*) echo ${other} ;; 'start ${other}') echo busy >&2; exit 1 ;; esac`,
    )
    const before = size(folder, '.deploy/stopped')
    const open = async () => {
      folder.write('asked', '')
      const { stdout } = await folder.call('open', ['90', '{"who":"a test"}', 'me'])
      return { epoch: /^locked (\d+)/m.exec(stdout)?.[1] ?? '', started: asked(folder, ' start ') }
    }
    expect((await open()).started).toEqual([`r2: start ${CONTAINER}`, `r2: start ${other}`])
    const { epoch, started } = await open()
    expect(started).toEqual([`r2: start ${other}`])
    folder.release('r3', filesOf('r3'))
    expect((await folder.call('activate', [epoch, 'me', 'r3', 'r2'])).status).toBe(0)
    expect((await folder.call('finish', [epoch, 'me', 'r3', 'confirmed'])).status).toBe(0)
    expect((await open()).started).toEqual([])
    expect(size(folder, '.deploy/stopped')).toBeGreaterThanOrEqual(before)
  })

  it('is left the room that a copy of the present state did not need in the end', async () => {
    using folder = project()
    const copy = join(folder.path, '.deploy/tmp/run.mine')
    folder.tool('sort', 'echo "sort: write failed: No space left on device" >&2; exit 2')
    const { status, stderr } = await folder.call('adopt', [copy, ''], 'compose.yaml\n.\n')
    expect([status, folder.has('.deploy/tmp/run.mine/adopted')]).toEqual([2, false])
    expect(stderr).toContain('No space left on device')
  })

  it('that fails where there is room enough uses no reserve, whatever its size', async () => {
    using folder = project()
    folder.write('.deploy/reserve', 'x'.repeat(MiB))
    folder.tool('df', 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 %s 50%% /\\n" 2000')
    folder.tool('ln', 'exit 1')
    expect((await folder.rollback('r1')).status).toBe(66)
    expect(folder.has('.deploy/reserve')).toBe(true)
    folder.tool('df', 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 %s 50%% /\\n" 1000')
    await folder.rollback('r1')
    expect(folder.has('.deploy/reserve')).toBe(false)
  })

  it('that failed before it was on record as begun has nothing to record', async () => {
    using folder = project()
    folder.pending('r2', 'r1', 'confirmed')
    expect((await folder.finish('r2', 'rollback-failed')).status).toBe(0)
    expect(folder.phase).toBe('confirmed')
  })

  it('stops the containers of a project that was renamed', async () => {
    using folder = project()
    folder.release('r2', filesOf('r2'), { project: 'newshop' })
    fill(folder, '.deploy/reserve')
    await folder.rollback('r1')
    expect(asked(folder, 'status=running')).toEqual([
      expect.stringContaining('project=newshop'),
      expect.stringContaining('project=shop'),
    ])
  })

  it('stops nothing for a run that has lost the lock', async () => {
    using folder = project()
    folder.write('.deploy/epoch', '2\n')
    fill(folder, '.deploy/reserve')
    expect((await folder.rollback('r1')).status).toBe(75)
    expect(folder.has('asked')).toBe(false)
    expect(folder.has('.deploy/reserve')).toBe(true)
  })

  it('that fails for another reason uses no reserve and stops nothing', async () => {
    using folder = project()
    folder.tool('ln', 'exit 1')
    expect((await folder.rollback('r1')).status).toBe(66)
    expect([folder.has('.deploy/reserve'), asked(folder, ' stop ')]).toEqual([true, []])
  })
})

describe('a run on a full disk', () => {
  it('takes the lock', async () => {
    using folder = project()
    fill(folder, '.deploy/spare/reserve')
    for (const epoch of [2, 3]) {
      const { stdout } = await folder.call('open', ['90', '{"who":"a test"}', 'me'])
      expect(stdout).toMatch(new RegExp(`^locked ${epoch} `, 'm'))
      expect(folder.read('.deploy/epoch')).toBe(`${epoch}\n`)
    }
    expect(folder.has('.deploy/reserve')).toBe(true)
  })

  it('can verify a release', async () => {
    using folder = project()
    fill(folder, '.deploy/reserve')
    const { status, sections } = await folder.call('verify', ['r2'])
    expect([status, sections.get('differences')?.trim()]).toEqual([0, ''])
  })
})

describe('a deploy', () => {
  /** r3 is to come after r2. */
  function next(): ProjectFolder {
    const folder = project()
    folder.pending('r2', 'r1', 'confirmed')
    for (const reserve of ['.deploy/reserve', '.deploy/spare']) folder.remove(reserve)
    folder.release('r3', filesOf('r3'))
    return folder
  }

  it('keeps room for a rollback, and for what that copies', async () => {
    using folder = next()
    folder.release('r2', { ...filesOf('r2'), big: 'x'.repeat(MiB) })
    expect((await folder.activate('r3', 'r2')).status).toBe(0)
    expect(size(folder, '.deploy/reserve')).toBe(7 * MiB)
    expect(size(folder, '.deploy/spare/reserve')).toBe(64 * 1024)
  })

  it('does not write through a link that a container has made', async () => {
    using folder = next()
    folder.write('victim', 'mine')
    for (const name of ['pending.new', 'reserve.new', 'stopped.new', 'epoch.new'])
      symlinkSync('../victim', join(folder.path, '.deploy', name))
    expect((await folder.activate('r3', 'r2')).status).toBe(0)
    expect(folder.read('victim')).toBe('mine')
  })

  it('makes a reserve smaller that is many times too large', async () => {
    using folder = next()
    folder.write('.deploy/reserve', 'x'.repeat(16 * MiB))
    expect((await folder.activate('r3', 'r2')).status).toBe(0)
    expect(size(folder, '.deploy/reserve')).toBe(5 * MiB)
  })

  it('leaves a reserve that is large enough as it is', async () => {
    using folder = next()
    folder.write('.deploy/reserve', 'x'.repeat(5 * MiB))
    expect((await folder.activate('r3', 'r2')).status).toBe(0)
    expect(folder.read('.deploy/reserve')).toBe('x'.repeat(5 * MiB))
  })

  it('is refused with nothing changed where there is no room for it', async () => {
    using folder = next()
    folder.tool(
      'head',
      'case "$*" in *urandom) echo "No space left on device" >&2; exit 1 ;; esac; exec /usr/bin/head "$@"',
    )
    const { status, stdout } = await folder.activate('r3', 'r2')
    expect([status, folder.phase, folder.read('compose.yaml')]).toEqual([65, 'confirmed', 'r2'])
    expect(stdout).toContain('there is no room on the disk')
    expect(folder.has('.deploy/reserve.new')).toBe(false)
    expect(folder.has('.deploy/reserve')).toBe(false)
  })
})
