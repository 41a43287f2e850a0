import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { ServerProgram } from '@deploy-actions/core/release/program'
import { PROGRAM, PROGRAM_HASH } from '@deploy-actions/core/release/program.generated'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const MARK = 'boundary-of-a-test'
const TIMEOUT = 60_000

let home: string
let host: LocalHost
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'))
  host = new LocalHost({ PATH: process.env['PATH'], HOME: home })
})
afterEach(async () => {
  await host[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

const folder = () => join(home, '.local/share/deploy-actions')
const installed = () => join(folder(), `${PROGRAM_HASH}.sh`)
const program = () => new ServerProgram(host, join(home, 'project'), MARK)

describe('ServerProgram', () => {
  it('installs the program where it is missing, readable for its owner only, and answers', async () => {
    const answer = await program().run('survey', { timeout: TIMEOUT })
    expect(answer.status).toBe(0)
    expect(answer.sections.has('end')).toBe(true)
    expect(await readFile(installed(), 'utf8')).toBe(PROGRAM)
    expect(await readdir(folder())).toEqual([`${PROGRAM_HASH}.sh`])
    expect((await stat(installed())).mode & 0o077).toBe(0)
  })

  it('reads no environment variables of containers, which are secrets', () => {
    expect(PROGRAM).not.toMatch(/Config\.Env|json \.(Host)?Config\}/)
  })

  it('does not send it again while it is there', async () => {
    await program().run('survey', { timeout: TIMEOUT })
    await chmod(folder(), 0o500)
    const argvs: (readonly string[])[] = []
    const run = host.run.bind(host)
    host.run = command => {
      argvs.push(command.argv)
      return run(command)
    }
    await program().run('survey', { timeout: TIMEOUT })
    expect(argvs).toHaveLength(1)
    await chmod(folder(), 0o700)
  })

  it('never runs a program that was changed on the server: it is replaced first', async () => {
    await program().run('survey', { timeout: TIMEOUT })
    await writeFile(installed(), `touch ${home}/was-run\n${PROGRAM}`)
    await program().run('survey', { timeout: TIMEOUT })
    expect(await readFile(installed(), 'utf8')).toBe(PROGRAM)
    expect(await readdir(home)).not.toContain('was-run')
  })

  it('says what to do where the home directory cannot be written', async () => {
    const readOnly = new LocalHost({ PATH: process.env['PATH'], HOME: '/proc' })
    await expect(
      new ServerProgram(readOnly, '/nowhere', MARK).run('survey', { timeout: TIMEOUT }),
    ).rejects.toMatchObject({ title: 'The deploy program cannot be installed on this runner', next: /home directory/ })
  })

  it('changes nothing in a survey', async () => {
    await program().run('survey', { timeout: TIMEOUT })
    expect(await readdir(home)).toEqual(['.local'])
  })

  it('reports a call that it does not know', async () => {
    await program().run('survey', { timeout: TIMEOUT })
    const { exitCode, stderr } = await host.run({ argv: ['sh', installed(), 'destroy', MARK, '/x'], timeout: TIMEOUT })
    expect(exitCode).toBe(64)
    expect(stderr).toContain('unknown verb: destroy')
  })
})
