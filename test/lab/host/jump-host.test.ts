import { connectTo, readServerInputs } from '@deploy-actions/core/host/server-inputs'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { InputReader } from '@deploy-actions/core/runner/inputs'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { type Lab, openLab } from '../lab.ts'

jest.setTimeout(240_000)

let lab: Lab
beforeAll(async () => {
  const servers = ['vps1', 'bastion'].map(name => ({ name, docker: false }))
  lab = await openLab({ name: 'jump', servers })
}, 600_000)
afterAll(() => lab?.close(), 60_000)

/** The inputs of a step that reaches the server by its name in the lab, which only the jump host can look up. */
function inputs(): Record<string, string> {
  const [server, bastion] = [lab.server('vps1'), lab.server('bastion')]
  return {
    host: `${server.user}@${server.address}`,
    port: '22',
    key: server.privateKey,
    'known-hosts': server.hostKeys.map(line => line.replace(/^\S+/, server.address)).join('\n'),
    'host-key': 'check',
    'connect-timeout': '60s',
    'jump-host': `${bastion.user}@${bastion.host}:${bastion.port}`,
    'jump-fingerprint': bastion.fingerprint,
  }
}

async function connect(given: Readonly<Record<string, string>> = {}) {
  const all = Object.entries({ ...inputs(), ...given }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const read = new InputReader(Object.fromEntries(all))
  const world = { clock: systemClock, log: new RecordingLog(), signal: new AbortController().signal }
  return connectTo(readServerInputs(read, {}), {}, world)
}

describe('a jump host with a real sshd', () => {
  it('is passed through on the way to the server', async () => {
    await using host = await connect()
    const hostname = await lab.server('vps1').exec('hostname')
    expect((await host.run({ argv: ['hostname'], timeout: 60_000 })).stdout).toBe(hostname.stdout)
  })

  it('whose host key is not known is refused, with the line to set', async () => {
    await expect(connect({ 'jump-fingerprint': '' })).rejects.toThrow(
      `jump-fingerprint: ${lab.server('bastion').fingerprint}`,
    )
  })

  it('that cannot connect to the server is named with what its sshd reports', async () => {
    await expect(connect({ host: `${inputs()['host']}:9` })).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^The jump host deploy@.* could not connect to vps1\.lab:9 \(.+\)\.$/),
    })
  })

  it('that forbids forwarding is named with the setting', async () => {
    const { exec } = lab.server('bastion')
    const authorized = '/home/deploy/.ssh/authorized_keys'
    await exec(`cp ${authorized} /root/keys && sed -i 's/^ssh-/no-port-forwarding ssh-/' ${authorized}`)
    try {
      await expect(connect()).rejects.toMatchObject({
        kind: 'refused',
        next: expect.stringContaining('AllowTcpForwarding'),
      })
    } finally {
      await exec(`cat /root/keys > ${authorized}`)
    }
  })
})
