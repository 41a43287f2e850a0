import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { openLab } from '../../lab/lab.ts'
import { errorsOf, expectEnd, openDeployLab, Project } from './fixture.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  lab = await openDeployLab('connection')
})
afterAll(() => lab?.close())

describe('the host key', () => {
  it('must be given: the message shows the lines to set, and nothing was sent', async () => {
    await using project = await Project.create(lab, 'nokey')
    const run = await project.deploy('ok-v1', { 'known-hosts': '' })
    expectEnd(run, 1, 'failed')
    expect(errorsOf(run)).toContain(lab.server().hostKeys.find(line => line.includes('ssh-ed25519')))
    expect(errorsOf(run)).toContain(lab.server().fingerprint)
    expect((await lab.server().exec('ls -d /opt/nokey 2>&1 || true')).stdout).toContain('No such file')
  })

  it('that is another one ends the run before the login', async () => {
    await using project = await Project.create(lab, 'otherkey')
    const other = (lab.server().hostKeys[0] ?? '').replace(
      /AAAA\S+/,
      'AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    )
    const run = await project.deploy('ok-v1', { 'known-hosts': other })
    expect(run.exitCode).toBe(1)
    expect(errorsOf(run)).toMatch(/chang|differ|another/i)
    expect(errorsOf(run)).toContain(lab.server().fingerprint)
  })

  it('may be given as a fingerprint, of whichever of its keys', async () => {
    await using project = await Project.create(lab, 'finger')
    const ecdsa = lab.server().fingerprints.ecdsa
    expect((await project.run({ mode: 'status', 'known-hosts': '', fingerprint: ecdsa })).exitCode).toBe(0)
  })

  it('is not looked at when that is typed out, with a warning', async () => {
    await using project = await Project.create(lab, 'anykey')
    const run = await project.run({ mode: 'status', 'known-hosts': '', 'host-key': 'accept-any' })
    expect(run.exitCode).toBe(0)
    expect(
      run.annotations.some(({ level, message }) => level === 'warning' && /host key|accept-any/.test(message)),
    ).toBe(true)
  })
})

describe('the private key', () => {
  const key = () => lab.server().privateKey
  it.each<[string, () => Record<string, string>, RegExp]>([
    ['with \\n written out', () => ({ key: key().trim().replaceAll('\n', '\\n') }), /\\n/],
    ['that is the public half', () => ({ key: lab.server().publicKey }), /public/],
    ['that was cut', () => ({ key: key().slice(0, 200) }), /END|cut/i],
    ['in quotes', () => ({ key: `"${key().trim()}"` }), /quotes/],
    ['whose passphrase is missing', () => ({ key: encryptedKey() }), /passphrase/],
    ['whose passphrase is wrong', () => ({ key: encryptedKey(), 'key-passphrase': 'wrong' }), /passphrase/],
  ])('%s is reported as such, before any connection', async (_, inputs, expected) => {
    await using project = await Project.create(lab, 'keys')
    const run = await project.run({ mode: 'status', ...inputs() })
    expect(run.exitCode).toBe(1)
    expect(errorsOf(run)).toMatch(expected)
    expect(errorsOf(run)).not.toContain(key().split('\n')[2])
  })

  it('is taken with CRLF', async () => {
    await using project = await Project.create(lab, 'crlf')
    expect((await project.run({ mode: 'status', key: key().replaceAll('\n', '\r\n') })).exitCode).toBe(0)
  })

  it('is taken as PKCS#8', async () => {
    await using project = await Project.create(lab, 'pkcs8')
    const pair = generateKeyPairSync('ed25519')
    const raw = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
    const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]).toString('base64')
    await lab.server().exec(`echo 'ssh-ed25519 ${blob} pkcs8' >> /home/deploy/.ssh/authorized_keys`)
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect((await project.run({ mode: 'status', key: pem })).exitCode).toBe(0)
  })

  it('that the server does not know is reported', async () => {
    await using project = await Project.create(lab, 'stranger')
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const run = await project.run({ mode: 'status', key: pem })
    expect(run.exitCode).toBe(1)
    expect(errorsOf(run)).toMatch(/authorized_keys|refused|login/i)
  })
})

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function encryptedKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' }).toString()
}

describe('the server', () => {
  it('that does not respond is reported', async () => {
    await using project = await Project.create(lab, 'nobody')
    const run = await project.run({ mode: 'status', host: 'deploy@127.0.0.1:9', 'connect-timeout': '2s' })
    expect(run.exitCode).toBe(1)
    expect(errorsOf(run)).toMatch(/refused/)
  })

  it.each([
    ['old', /2\.1\d/],
    ['python', /Python|1\.29/],
    ['none', /not installed|plugin/],
  ] as const)('with Compose "%s" is refused with what to do', async (compose, expected) => {
    const other = await openLab({ name: `compose-${compose}`, servers: [{ name: 'vps1', compose }], registry: true })
    try {
      await using project = await Project.create(other, 'oldcompose')
      const run = await project.deploy('ok-v1')
      expectEnd(run, 1, 'failed')
      expect(errorsOf(run)).toMatch(expected)
      expect((await other.server().exec('ls -d /opt/oldcompose 2>&1 || true')).stdout).toContain('No such file')
    } finally {
      await other.close()
    }
  })
})

describe('the docker command of the login user', () => {
  const refused = async (name: string, prepare: string, restore: string) => {
    await using project = await Project.create(lab, name)
    await lab.server().exec(prepare)
    try {
      const run = await project.deploy('ok-v1')
      expectEnd(run, 1, 'failed')
      return errorsOf(run)
    } finally {
      await lab.server().exec(restore)
    }
  }

  it('that uses the engine of another machine is refused', async () => {
    const prepare =
      "su deploy -c 'docker context create away --docker host=tcp://192.0.2.1:2375 && docker context use away'"
    const restore = "su deploy -c 'docker context use default && docker context rm away'"
    expect(await refused('away', prepare, restore)).toContain(
      'uses the engine at tcp://192.0.2.1:2375: the files would be on',
    )
  })

  it('that needs sudo is refused with the command that helps', async () => {
    const errors = await refused('sudoer', 'gpasswd -d deploy docker', 'usermod -aG docker deploy')
    expect(errors).toContain('sudo usermod -aG docker deploy')
  })
})

describe('the lock', () => {
  it('makes a second deploy wait, and reports who holds it when it gives up', async () => {
    await using project = await Project.create(lab, 'locked')
    const slow = project.deploy('ok-v1', { 'stable-for': '12s' })
    await project.until('grep -q activated .deploy/journal.jsonl')
    const second = await project.deploy('ok-v2', { 'lock-timeout': '1s' })
    expectEnd(second, 1, 'failed')
    expect(errorsOf(second)).toMatch(/since|held|holds/)
    expect((await slow).outputs['result']).toBe('deployed')
    expect(await project.version()).toBe('v1')
  })

  it('goes with a run that is killed', async () => {
    await using project = await Project.create(lab, 'killed')
    const killed = await project.deploy(
      'ok-v1',
      { 'stable-for': '20s' },
      { signalAfter: { output: /▸ Start/, signal: 'SIGKILL' } },
    )
    expect(killed.signal).toBe('SIGKILL')
    const next = await project.deploy('ok-v2', { 'lock-timeout': '30s' })
    expect(next.outputs['result']).toBe('deployed')
    expect(await project.version()).toBe('v2')
    expect(await project.on('ls -A .deploy/tmp')).toBe('')
  })
})

describe('a run that is suspended for longer than the server waits', () => {
  it('leaves the release of another run alone, and reports that the state is not known', async () => {
    await using project = await Project.create(lab, 'suspended')
    await project.deploy('ok-v1')
    let pid = 0
    const suspended = project.deploy(
      'ok-v2',
      { 'stable-for': '60s' },
      {
        timeout: 400_000,
        onStart: started => {
          pid = started
        },
        signalAfter: { output: /inspecting again/, signal: 'SIGSTOP' },
      },
    )
    await project.until("grep -q '^phase started' .deploy/pending")
    // Its lock becomes free after a silence of 90 s.
    const env = 'TAG=ok-v2\nGREETING=other'
    expectEnd(await project.deploy('', { env, 'lock-timeout': '150s' }, { timeout: 300_000 }), 0, 'deployed')
    process.kill(pid, 'SIGCONT')
    const run = await suspended
    expectEnd(run, 2, 'failed')
    expect(errorsOf(run)).toContain('It is not known what runs now.')
    expect(await project.on('cat .env')).toContain("GREETING='other'")
    expect((await project.deploy('', { env })).outputs['result']).toBe('unchanged')
  }, 600_000)
})

describe('a connection that is cut', () => {
  it('in the middle of the start is made again, and the deploy goes on', async () => {
    await using project = await Project.create(lab, 'cut')
    await project.deploy('ok-v1')
    const running = project.deploy('ok-v2', { 'stable-for': '6s' })
    await project.until('[ "$(grep -c event.:.armed .deploy/journal.jsonl)" = 2 ]')
    await lab.server().dropSessions()
    const run = await running
    expectEnd(run, 0, 'deployed')
    expect(await project.version()).toBe('v2')
  })

  it('by cancelling the job says that the state is not known, and how to go on', async () => {
    await using project = await Project.create(lab, 'cancelled')
    await project.deploy('ok-v1')
    const run = await project.deploy(
      'ok-v2',
      { 'stable-for': '20s' },
      { signalAfter: { output: /inspecting again/, signal: 'SIGINT' } },
    )
    expectEnd(run, 2, 'failed')
    expect(errorsOf(run)).toContain('rollback.sh')
    expect((await project.run({ mode: 'rollback' })).outputs['result']).toBe('rolled-back')
    expect(await project.version()).toBe('v1')
  })
})
