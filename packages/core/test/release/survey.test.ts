import { formatPending } from '@deploy-actions/core/release/pending'
import { formatRecord } from '@deploy-actions/core/release/record'
import { parseSections } from '@deploy-actions/core/release/sections'
import { certainDifferences, parseServer, parseStore } from '@deploy-actions/core/release/survey'
import { describe, expect, it } from '@jest/globals'
import { release } from './examples.ts'

/** As the program prints sections, with a greeting before them. */
function sections(entries: Record<string, string>): ReadonlyMap<string, string> {
  const text = Object.entries(entries).map(([name, content]) => `\nM7 ${name}\n${content}${content ? '\n' : ''}`)
  return parseSections(`Welcome\n${text.join('')}\nM7 end\n`, 'M7')
}

describe('parseServer', () => {
  it('reads what the program prints', () => {
    const server = parseServer(
      sections({
        user: 'deploy',
        time: '1796002597',
        missing: 'flock',
        endpoint: 'unix:///var/run/docker.sock',
        engine: '26.1.5 linux/amd64',
        client: '',
        'snap-home': '/home/deploy',
        'file-system': 'nfs',
        compose: '2.26.1-4',
        'python-compose': '',
        writable: 'yes',
        real: '/data/app-real',
        disk: '/dev/vda1        1000  900   100      90% /',
        projects: 'shop\t/opt/app\t/data/app-real\nold\t/opt/gone\t',
      }),
    )
    expect(server).toEqual({
      user: 'deploy',
      time: 1_796_002_597_000,
      missingTools: ['flock'],
      endpoint: 'unix:///var/run/docker.sock',
      engine: '26.1.5 linux/amd64',
      client: '',
      snapHome: '/home/deploy',
      fileSystem: 'nfs',
      compose: '2.26.1-4',
      pythonCompose: '',
      writable: true,
      realPath: '/data/app-real',
      disk: { sizeBytes: 1_024_000, freeBytes: 102_400 },
      dockerDisk: undefined,
      projects: [
        { project: 'shop', directory: '/opt/app', realDirectory: '/data/app-real' },
        { project: 'old', directory: '/opt/gone', realDirectory: '' },
      ],
    })
  })
})

describe('parseStore', () => {
  const { state: _state, ...record } = release(2)
  const pending = {
    owner: 'me',
    target: 'r2',
    rollbackTarget: 'r1',
    phase: 'confirmed',
    confirm: 'none',
    confirmTimeout: 0,
    wallDeadline: 0,
    attempts: 0,
  } as const

  it('reads the releases with their states, and the one that is held', () => {
    const store = parseStore(
      sections({
        epoch: '4',
        pending: formatPending(pending).trimEnd(),
        current: 'r2',
        confirmed: 'r2',
        held: 'r2',
        'release-ids': 'r2',
        'release r2': formatRecord(record).trimEnd(),
        'state r2': 'state confirmed\nat 2026-11-30T04:16:01Z\nreason ',
        manifest: `${'a'.repeat(64)}  a b.txt`,
        modes: '644 a b.txt',
        plan: 'project shop',
        differences: 'changed a b.txt\nunreadable data/x\nextra .env\nnew-kind x',
      }),
    )
    expect(store).toMatchObject({ pending, damaged: [], held: { id: 'r2' }, confirmed: { state: 'confirmed' } })
    expect(store.manifest).toBe(`${'a'.repeat(64)}  a b.txt\n`)
    expect(store.differences).toEqual([
      { kind: 'changed', path: 'a b.txt' },
      { kind: 'unreadable', path: 'data/x' },
      { kind: 'extra', path: '.env' },
    ])
    expect(certainDifferences(store.differences).map(({ path }) => path)).toEqual(['a b.txt', '.env'])
  })

  it('leaves a damaged release out and names it', () => {
    const store = parseStore(
      sections({
        held: 'r1',
        'release-ids': 'r1\nr2',
        'release r1': '{"format":2,',
        'state r1': 'state confirmed',
        'release r2': formatRecord(record).trimEnd(),
      }),
    )
    expect(store.releases.map(({ id, state }) => [id, state])).toEqual([['r2', 'staged']])
    expect(store.damaged).toEqual([{ id: 'r1', why: expect.stringContaining('is not JSON') }])
    expect(store).toMatchObject({ held: undefined, heldId: 'r1', ids: ['r1', 'r2'] })
  })

  it('leaves a release out that does not tell which files belong to it', () => {
    const text = formatRecord({ ...record, id: 'r1' }).trimEnd()
    const store = parseStore(sections({ held: 'r1', 'release-ids': 'r1', 'release r1': text, damaged: 'r1' }))
    expect(store).toMatchObject({ held: undefined, heldId: 'r1', releases: [] })
    expect(store.damaged).toEqual([{ id: 'r1', why: expect.stringContaining('its manifest') }])
  })

  it('reports a pending that it cannot read', () => {
    expect(parseStore(sections({ pending: 'format 9' }))).toMatchObject({
      pending: undefined,
      pendingProblem: 'is of format "9", not 1',
    })
  })

  it('is empty on a fresh server', () => {
    expect(parseStore(sections({}))).toMatchObject({
      releases: [],
      held: undefined,
      heldId: undefined,
      differences: [],
    })
  })
})
