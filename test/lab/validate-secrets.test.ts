import { join } from 'node:path'
import { type BundleResult, runBundle } from '@deploy-actions/testkit/run-bundle'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { type Lab, openLab } from './lab.ts'

jest.setTimeout(300_000)

let lab: Lab
beforeAll(async () => {
  lab = await openLab({ name: 'secrets', servers: [{ name: 'vps1', docker: false }], registry: true })
})
afterAll(() => lab?.close())

const RULES = `
secrets:
  REGISTRY_PASSWORD: { min-length: 8 }
  SSH_KEY: ssh-private-key
vars:
  REGISTRY: { pattern: "[0-9.]+:[0-9]+" }
  REGISTRY_USER: { pattern: "[a-z]+" }
  SSH_HOST: host
  SSH_PORT: port
  SSH_USER: { pattern: "[a-z]+" }
  SSH_KNOWN_HOSTS: known-hosts
  SSH_FINGERPRINT: { starts-with: "SHA256:" }
checks:
  - registry-login: { registry: REGISTRY, username: REGISTRY_USER, password: REGISTRY_PASSWORD, repository: acme/shop, access: pull }
  - ssh-reachable: { host: SSH_HOST, port: SSH_PORT }
  - ssh-host-key: { host: SSH_HOST, port: SSH_PORT, fingerprint: SSH_FINGERPRINT }
  - ssh-login: { host: SSH_HOST, port: SSH_PORT, user: SSH_USER, key: SSH_KEY, known-hosts: SSH_KNOWN_HOSTS }
`

type Env = Readonly<Record<string, string>>

async function check(changes: Env = {}, inputs: Env = {}): Promise<BundleResult> {
  const { registry } = lab
  const server = lab.server()
  return runBundle('validate-secrets', {
    inputs: { rules: RULES, 'remote-checks': 'true', 'connect-timeout': '3s', ...inputs },
    env: {
      // As a team with a registry of its own sets it on its runners.
      NODE_EXTRA_CA_CERTS: join(lab.folder, 'ca.crt'),
      REGISTRY: registry.pushAddress,
      REGISTRY_USER: registry.username,
      REGISTRY_PASSWORD: registry.password,
      SSH_HOST: server.host,
      SSH_PORT: String(server.port),
      SSH_USER: server.user,
      SSH_KEY: server.privateKey,
      SSH_KNOWN_HOSTS: server.hostKeys.join('\n'),
      SSH_FINGERPRINT: server.fingerprint,
      ...changes,
    },
  })
}

/** What the log says of each remote check. */
function remoteLines({ stdout }: BundleResult): string[] {
  return stdout.split('\n').filter(line => /^(registry-login|ssh-[a-z-]+): /.test(line))
}

function messageOf({ annotations }: BundleResult): string {
  return annotations.find(({ title }) => /problems? with/.test(title))?.message ?? ''
}

describe('remote checks against a real registry and a real sshd', () => {
  it('pass with right values', async () => {
    const result = await check()
    expect(remoteLines(result)).toEqual([
      'registry-login: passed: the registry takes the login',
      'ssh-reachable: passed: a server that speaks SSH answers',
      'ssh-host-key: passed: the server shows the expected host key',
      'ssh-login: passed: the server lets the user in with the key',
    ])
    expect(result.exitCode).toBe(0)
  })

  it('are not made unless asked for', async () => {
    const result = await check({ REGISTRY_PASSWORD: 'wrong-password-1' }, { 'remote-checks': 'false' })
    expect(result.exitCode).toBe(0)
    expect(remoteLines(result)).toHaveLength(4)
    expect(remoteLines(result).every(line => line.includes('skipped: not asked for'))).toBe(true)
  })

  it('tell a wrong password and a key that the server does not know, in one message', async () => {
    const result = await check({ REGISTRY_PASSWORD: 'wrong-password-1', SSH_KEY: makeSshKey('ed25519').private })
    expect(result.exitCode).toBe(1)
    expect(messageOf(result)).toContain('(refused): registry-login: was refused by the registry (status 401).')
    expect(messageOf(result)).toContain('(refused): ssh-login: is not let in with this key.')
    expect(result.maskedStdout).not.toContain('wrong-password-1')
  })

  it('have one try: sshd sees one connection', async () => {
    const log = async () => (await lab.server().readFile('/var/log/lab/sshd.log')).split('\n')
    const before = (await log()).length
    const rules = RULES.replace(/ {2}- (registry-login|ssh-reachable|ssh-host-key):.*\n/g, '')
    const result = await check({ SSH_KEY: makeSshKey('ed25519').private }, { rules })
    expect(remoteLines(result)).toEqual(['ssh-login: failed: is not let in with this key'])
    const said = (await log()).slice(before - 1).join('\n')
    expect(said.match(/authenticating user deploy/g) ?? [said]).toHaveLength(1)
  })

  it('tell a server with another host key, and log in to none', async () => {
    const [, type = '', body = ''] = (lab.server().hostKeys[0] ?? '').split(' ')
    const other = makeSshKey('ed25519').public.split(' ')[1] ?? body
    const name = `[${lab.server().host}]:${lab.server().port}`
    const result = await check({
      SSH_KNOWN_HOSTS: `${name} ${type} ${other}`,
      SSH_FINGERPRINT: `SHA256:${'A'.repeat(43)}`,
    })
    expect(messageOf(result)).toContain(
      'ssh-host-key: names a server that shows a host key that is not among the expected ones',
    )
    expect(messageOf(result)).toContain(
      'ssh-login: names a server that shows another host key than the one that is known of it',
    )
    expect(messageOf(result)).toContain(lab.server().fingerprint)
  })

  it('tell a port on which nothing listens, and one that speaks no SSH', async () => {
    const [, registryPort = ''] = lab.registry.pushAddress.split(':')
    const closed = await check({ SSH_PORT: '1' })
    expect(messageOf(closed)).toContain(
      'ssh-reachable: got no SSH server: the connection was refused: nothing listens on that port.',
    )
    const web = await check({ SSH_PORT: registryPort })
    expect(messageOf(web)).toMatch(
      /ssh-reachable: got no SSH server: (the response on that port is not SSH|no response|the connection was closed)/,
    )
  })

  it('do not start with values that are wrong by their rules', async () => {
    const result = await check({ SSH_KEY: lab.server().publicKey, REGISTRY_USER: 'Deployer' })
    expect(remoteLines(result)[0]).toBe('registry-login: skipped: not tried, since `REGISTRY_USER` is missing or wrong')
    expect(remoteLines(result)[3]).toBe('ssh-login: skipped: not tried, since `SSH_KEY` is missing or wrong')
  })

  it('end at their time limit when a server hangs', async () => {
    await lab.server().pause()
    try {
      const result = await check({}, { 'connect-timeout': '1s' })
      expect(messageOf(result)).toContain('ssh-login: got no login: no response within the time limit')
    } finally {
      await lab.server().unpause()
    }
  })

  it('tell a registry that is down, and one whose certificate nobody vouches for', async () => {
    const untrusted = await check({ NODE_EXTRA_CA_CERTS: '' })
    expect(messageOf(untrusted)).toContain(
      'registry-login: got no response: its certificate is not signed by an authority that is known here.',
    )
    await lab.registry.stop()
    try {
      expect(messageOf(await check())).toMatch(
        /registry-login: got no response: the connection was (refused|reset|closed)/,
      )
    } finally {
      await lab.registry.start()
    }
  })
})
