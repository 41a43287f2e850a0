import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const CONTAINER = '0123456789abcdef'
const filesOf = (id: string) => ({ 'compose.yaml': id, [`${id}/only`]: id })

/** Files of `.deploy` that the program writes, replaces or adds to, without those that it has to read first. */
const FILES = [
  'lock',
  'yield',
  'activating',
  'activation.log',
  'activation.result',
  'state.lock',
  'journal.jsonl',
  'may-be-there',
  'reserve',
  'spare/reserve',
  'stopped',
  'left',
  'directories',
  ...['pending', 'epoch', 'current', 'reserve', 'stopped'].map(name => `${name}.new`),
  'releases/r2/state',
  'releases/r2/state.new',
]

/** A project whose directory a container can write, and a place beside it that only the login user can. */
class Attacked extends ProjectFolder {
  readonly victims = join(this.path, '../victims')

  constructor() {
    super()
    mkdirSync(this.victims)
    for (const id of ['r1', 'r2', 'r3']) this.release(id, filesOf(id))
    this.holds('r1', filesOf('r1'), 'r1')
  }

  /** Puts a link in the place of a file or a directory of `.deploy`. */
  plant(name: string, victim: string): void {
    rmSync(join(this.path, '.deploy', name), { recursive: true, force: true })
    mkdirSync(join(this.path, '.deploy', name, '..'), { recursive: true })
    symlinkSync(join(this.victims, victim), join(this.path, '.deploy', name))
  }

  open() {
    return this.call('open', ['90', '{"who":"a test"}', 'me'])
  }

  epoch(): string {
    return this.read('.deploy/epoch').trim()
  }
}

const victimOf = (name: string): string => name.replaceAll('/', ' ')

describe('a link in the place of a file of .deploy', () => {
  it.each([
    ['a file', (file: string) => writeFileSync(file, 'mine'), (file: string) => readFileSync(file, 'utf8'), 'mine'],
    ['a directory', (file: string) => mkdirSync(file), (file: string) => readdirSync(file), []],
    ['nothing', () => {}, existsSync, false],
  ])('that leads to %s leads no write there', async (_, make, look, untouched) => {
    using project = new Attacked()
    for (const name of FILES) make(join(project.victims, victimOf(name)))
    const plant = () => {
      for (const name of FILES) project.plant(name, victimOf(name))
    }
    const steps = [
      () => project.open(),
      () => project.call('activate', [project.epoch(), 'me', 'r2', 'r1']),
      () => project.call('finish', [project.epoch(), 'me', 'r2', 'confirmed']),
      () => project.call('rollback', [project.epoch(), 'me', 'r1']),
      () => project.call('finish', [project.epoch(), 'me', 'r1', 'rolled-back']),
    ]
    for (const step of steps) {
      plant()
      expect((await step()).status).toBe(0)
    }
    plant()
    expect((await project.rollbackSh('r3')).exitCode).toBe(0)
    expect([project.phase, project.files]).toEqual(['rolled-back', filesOf('r3')])
    for (const name of FILES) expect([name, look(join(project.victims, victimOf(name)))]).toEqual([name, untouched])
  })

  it('keeps the number of an epoch', async () => {
    using project = new Attacked()
    project.plant('epoch', 'epoch')
    writeFileSync(join(project.victims, 'epoch'), '7\n')
    expect((await project.open()).stdout).toMatch(/^locked 8 /m)
    expect([project.epoch(), readFileSync(join(project.victims, 'epoch'), 'utf8')]).toEqual(['8', '7\n'])
  })

  it('has nothing printed that it leads to, and nothing added to it, when it comes in the middle of the switch', async () => {
    using project = new Attacked()
    writeFileSync(join(project.victims, 'key'), 'a secret\n')
    const files = ['activation.log', 'activation.result'].map(name => `'${join(project.path, '.deploy', name)}'`)
    const plant = files.map(file => `ln -sf '${join(project.victims, 'key')}' ${file}`).join('; ')
    project.tool('docker', `${plant}; echo 'the engine was called'`)
    const { status, stdout, sections } = await project.activate('r2', 'r1')
    expect(status).toBe(0)
    expect(stdout).not.toContain('a secret')
    expect(sections.get('result')).toContain('step complete')
    expect(readFileSync(join(project.victims, 'key'), 'utf8')).toBe('a secret\n')
  })

  it('does not make a list of containers of what it leads to', async () => {
    using project = new Attacked()
    writeFileSync(join(project.victims, 'list'), `${CONTAINER}\n`)
    project.tool('docker', `echo "$*" >>'${project.path}/asked'; case "$*" in *' -q'*) echo ${CONTAINER} ;; esac`)
    project.plant('stopped', 'list')
    expect((await project.open()).status).toBe(0)
    expect(project.read('asked')).not.toContain('start')
  })
})

describe('what rollback.sh saves', () => {
  it.each(['saved/2', 'saved/2.tar', 'saved/2/compose.yaml'])('does not go through a link at %s', async place => {
    using project = new Attacked()
    project.write('compose.yaml', 'edited on the server')
    writeFileSync(join(project.victims, 'file'), 'mine')
    mkdirSync(join(project.victims, 'folder'))
    project.plant(place, place === 'saved/2' ? 'folder' : 'file')
    const { exitCode, stdout } = await project.rollbackSh('r2')
    expect(exitCode).toBe(0)
    const copy = /^copied to (.*) first/m.exec(stdout)?.[1] ?? ''
    expect(readFileSync(join(copy, 'compose.yaml'), 'utf8')).toBe('edited on the server')
    expect(readFileSync(join(project.victims, 'file'), 'utf8')).toBe('mine')
    expect(readdirSync(join(project.victims, 'folder'))).toEqual([])
  })
})

describe('a release that is being stored', () => {
  it.each(['paths', 'rollback.sh', '../stored'])('is not written through a link at %s', async name => {
    using project = new Attacked()
    const folder = join(project.path, '.deploy/tmp/run.upload/r4')
    for (const document of ['release.json', 'state', 'plan', 'manifest', 'modes', 'images.yml'])
      project.write(`.deploy/tmp/run.upload/r4/${document}`, '')
    writeFileSync(join(project.victims, 'file'), 'mine')
    symlinkSync(join(project.victims, 'file'), join(folder, name))
    project.tool('tar', 'exit 0')
    expect((await project.call('store', ['1', folder, 'r4'])).status).toBe(0)
    expect(project.has('.deploy/releases/r4/rollback.sh')).toBe(true)
    expect(readFileSync(join(project.victims, 'file'), 'utf8')).toBe('mine')
  })
})

describe('a link in the place of a directory of .deploy', () => {
  it.each(['', 'releases', 'tmp', 'spare', 'saved'])('at .deploy/%s has every call refused', async name => {
    using project = new Attacked()
    mkdirSync(join(project.victims, 'folder/run.mine'), { recursive: true })
    writeFileSync(join(project.victims, 'folder/run.mine/file'), 'mine')
    project.plant(name, 'folder')
    for (const verb of ['survey', 'open', 'activate', 'rollback', 'finish']) {
      const { status, stderr } = await project.call(verb, ['1', 'me', 'r2', 'r1'])
      expect([verb, status]).toEqual([verb, 65])
      expect(stderr).toContain('is a symbolic link, and no deploy creates one there')
    }
    expect(readdirSync(join(project.victims, 'folder'), { recursive: true })).toEqual(['run.mine', 'run.mine/file'])
  })

  it.each(['tmp', 'spare', 'saved'])('at .deploy/%s has rollback.sh refused', async name => {
    using project = new Attacked()
    mkdirSync(join(project.victims, 'folder'))
    project.plant(name, 'folder')
    expect((await project.rollbackSh('r2')).exitCode).toBe(65)
    expect([project.phase, project.files]).toEqual(['confirmed', filesOf('r1')])
  })
})
