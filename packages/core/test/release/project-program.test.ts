import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandTimeout } from '@deploy-actions/core/host/host-error'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { Fenced } from '@deploy-actions/core/release/program-failure'
import { ProjectProgram } from '@deploy-actions/core/release/project-program'
import { BANNER, FakeHost } from '@deploy-actions/testkit/fake-host'
import { type FakeProgramOptions, fakeProgram } from '@deploy-actions/testkit/fake-program'
import { describe, expect, it } from '@jest/globals'

const signal = new AbortController().signal

function programWith(verbs: FakeProgramOptions['verbs'] = {}, held: FakeProgramOptions['held'] = {}) {
  const host = new FakeHost()
  const fake = fakeProgram(host, { verbs, held })
  return { host, fake, program: new ProjectProgram(host, '/opt/shop', 'boundary') }
}

const request = { epoch: '3', owner: 'me', id: 'r2', timeout: 1_000 }

describe('ProjectProgram', () => {
  it('reports the lines of a switch, and none of its answer', async () => {
    const { program, fake } = programWith({
      activate: { before: 'Container web Started\n', sections: { result: 'step done\nstatus 0' } },
    })
    const lines: string[] = []
    const onLine = (line: string) => lines.push(line)
    const answer = await program.activate({ ...request, rollbackTarget: 'r1', onLine })
    expect(answer).toEqual({ step: 'done', status: 0, output: 'Container web Started' })
    expect(lines).toEqual(['Container web Started'])
    expect(fake.calls[0]?.args).toEqual(['3', 'me', 'r2', 'r1'])
  })

  it('gives every failed switch to its caller, but not a lost lock', async () => {
    const failed = programWith({ rollback: { status: 66, sections: { result: 'step files\nstatus 66' } } })
    expect(await failed.program.rollback({ ...request, onLine: () => {} })).toMatchObject({ step: 'files', status: 66 })
    const fenced = programWith({ rollback: { status: 75, before: 'another run has taken the lock\n' } })
    const failing = fenced.program.rollback({ ...request, onLine: () => {} })
    await expect(failing).rejects.toThrow(Fenced)
    await expect(failing).rejects.toThrow('another run has taken the lock')
  })

  it('refuses an answer that was cut off', async () => {
    const { program } = programWith({ verify: { sections: { differences: '' }, isCut: true } })
    await expect(program.verify('r1')).rejects.toThrow('could not inspect release r1')
  })

  it('explains a failure that it knows, and claims nothing about what was changed', async () => {
    const { program } = programWith({ store: { status: 1, stderr: 'write error: No space left on device' } })
    await expect(program.store('3', '/tmp/run/staged', 'r2', [])).rejects.toMatchObject({
      title: "The server's disk is full",
      exitStatus: 1,
    })
    const unknown = programWith({ store: { status: 1, stderr: 'oops' } })
    await expect(unknown.program.store('3', '/tmp/run/staged', 'r2', [])).rejects.toMatchObject({
      title: 'Could not store release r2',
      next: undefined,
    })
  })

  it('sends passwords and names by stdin, and uses a login for its own registry only', async () => {
    const { program, fake } = programWith({ pull: { sections: { images: 'a\tnull' } } })
    const logins = [
      { registry: '', username: 'me', password: 'hunter2' },
      { registry: 'https://ghcr.io/acme', username: 'you', password: 'hunter3' },
    ]
    await program.pull({
      folder: '/tmp/run',
      logins,
      pull: ['a', 'index.docker.io/acme/b:1', 'ghcr.io/acme/c', 'registry.acme.example:5000/d', 'No Reference'],
      look: ['a'],
      timeout: 1_500,
      onLine: () => {},
      signal,
    })
    expect(fake.calls[0]).toMatchObject({
      args: ['/tmp/run', '2'],
      stdin: [
        'login - me',
        'hunter2',
        'login https://ghcr.io/acme you',
        'hunter3',
        'pull-with-login a',
        'pull-with-login index.docker.io/acme/b:1',
        'pull-with-login ghcr.io/acme/c',
        'pull registry.acme.example:5000/d',
        'pull No Reference',
        'look a',
        '.\n',
      ].join('\n'),
    })
  })

  it('writes the reason of an end on one line', async () => {
    const { program, fake } = programWith({ finish: { sections: {} } })
    await program.finish({ epoch: '3', owner: 'me', id: 'r2', phase: 'confirmed', reason: 'web:\n unhealthy' })
    expect(fake.calls[0]).toMatchObject({ args: ['3', 'me', 'r2', 'confirmed'], stdin: 'web: unhealthy\n' })
  })

  it('finds its scratch folder behind the greeting of a login shell', async () => {
    const { program, host } = programWith({}, { scratch: { lines: ['Welcome', 'folder /tmp/tmp.1'] } })
    await using scratch = await program.openScratch()
    expect(scratch.folder).toBe('/tmp/tmp.1')
    expect(host.held).toHaveLength(1)
  })

  it('leaves no process behind that made no scratch folder in time', async () => {
    const { program, host } = programWith({}, { scratch: { lines: ['Welcome'] } })
    await expect(program.openScratch()).rejects.toThrow(CommandTimeout)
    await expect(host.held[0]?.nextLine(0)).resolves.toBeUndefined()
  })

  it('reads a configuration behind the greeting of a login shell', async () => {
    const { program, host } = programWith()
    host.on(['sh', '-c'], ({ argv }) => ({ stdout: `${BANNER}\n${argv[4]}\n{"name":"shop"}\n---\nname: shop\n` }))
    expect(await program.readConfig(['compose.yaml'], 'shop')).toEqual({ config: '{"name":"shop"}\n---\nname: shop' })
    host.on(['sh', '-c'], ({ argv }) => ({ stdout: `${argv[4]}\n{}\n---\n\0A=1\n\0A=2\n` }))
    const envs = [{ id: 'r1' }, { id: 'r2' }] as const
    expect(await program.readConfig(['compose.yaml'], 'shop', envs)).toEqual({
      config: '{}\n---\n',
      envs: ['A=1\n', 'A=2'],
    })
    host.on(['sh', '-c'], { exitCode: 1, stderr: 'yaml: line 3' })
    expect(await program.readConfig(['compose.yaml'], 'shop')).toEqual({ error: 'yaml: line 3' })
  })

  it('reads the values of variables, of which no argument holds any', async () => {
    const { program, host } = programWith()
    const config = { services: { service: { environment: { TOKEN: 'hunter2', GONE: '' } } } }
    host.on(['sh', '-c'], ({ argv }) => ({ stdout: `${BANNER}\n${argv[4]}\n${JSON.stringify(config)}` }))
    const values = await program.readVariables('/tmp/run/preview/shop', ['TOKEN', 'GONE'])
    expect([...values]).toEqual([
      ['TOKEN', 'hunter2'],
      ['GONE', ''],
    ])
    expect(JSON.parse(host.calls[0]?.stdin ?? '')).toEqual({
      services: { service: { image: 'none', environment: { TOKEN: '${TOKEN-}', GONE: '${GONE-}' } } },
    })
    host.on(['sh', '-c'], { exitCode: 1, stderr: 'no such file' })
    await expect(program.readVariables('/tmp', ['TOKEN'])).rejects.toThrow('could not read the variables')
  })

  it('finds the paths that are not in a directory, and reads texts of .env, with a shell', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'missing '))
    await writeFile(join(folder, 'a b'), '')
    await symlink('nowhere', join(folder, 'link'))
    const host = new LocalHost(process.env)
    const program = new ProjectProgram(host, folder, 'boundary')
    expect(await program.missingIn(folder, ['a b', '-n', 'link', 'gone/x'])).toEqual(['-n', 'gone/x'])
    expect(await program.missingIn(folder, ['a b'])).toEqual([])
    await mkdir(join(folder, '.deploy/releases/r 1'), { recursive: true })
    await writeFile(join(folder, '.deploy/releases/r 1/env'), "A='1\n\n2'\n")
    expect(await program.readEnvs(['present', { id: 'r 1' }])).toEqual(['', "A='1\n\n2'"])
    await rm(folder, { recursive: true })
    await expect(program.readEnvs(['present', { id: 'r 1' }])).rejects.toThrow('could not compare .env')
    await expect(program.missingIn(folder, ['a b'])).rejects.toThrow('could not look for the files')
  })
})
