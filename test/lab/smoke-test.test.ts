import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { docker } from './docker.ts'
import { pushFaultImages, pushOfficialImages } from './example-images.ts'
import { closeLab, type Lab, openLab } from './lab.ts'
import type { LabServer } from './server.ts'

jest.setTimeout(300_000)

const LAB = 'smoke-checks'
const HERE = `smoke-checks-${process.pid}`

let lab: Lab
let server: LabServer
beforeAll(async () => {
  lab = await openLab({ name: LAB, servers: ['vps1'], registry: true })
  server = lab.server()
  const [faults, official] = await Promise.all([pushFaultImages(lab), pushOfficialImages(lab)])
  const { registry } = lab
  await server.exec(`docker login ${registry.address} --username ${registry.username} --password-stdin`, {
    input: `${registry.password}\n`,
  })
  await server.writeFile('/opt/shop/compose.yaml', composeFile(official.postgres.reference))
  await server.exec(`docker pull --quiet ${faults['ok-v2'].reference}`)
  await compose('up --detach --wait --quiet-pull')
  await server.exec('docker compose --project-name blog --project-directory /opt/shop up --detach web')
}, 900_000)
afterAll(async () => {
  await docker(['rm', '--force', HERE])
  await closeLab(LAB)
}, 120_000)

const composeFile = (postgres: string) => `
name: shop
services:
  web:
    image: registry.lab:5000/app:\${TAG:-ok-v1}
  published:
    image: registry.lab:5000/app:ok-v1
    ports: ["127.0.0.1:18080:8080"]
  on-host:
    image: registry.lab:5000/app:ok-v1
    network_mode: host
  alone:
    image: registry.lab:5000/app:ok-v1
    network_mode: none
  db:
    image: ${postgres}
    environment: { POSTGRES_PASSWORD: of-the-lab, POSTGRES_DB: shop }
    healthcheck: { test: [CMD, pg_isready, -h, 127.0.0.1], interval: 1s, retries: 60 }
`

const compose = (args: string, tag = 'ok-v1') =>
  server.exec(`cd /opt/shop && TAG=${tag} docker compose --progress quiet ${args}`)

const run = (checks: string, { inputs, ...more }: BundleRun = {}) =>
  runBundle('smoke-test', {
    timeout: 120_000,
    ...more,
    inputs: {
      checks,
      attempts: '3',
      interval: '300ms',
      host: `${server.user}@${server.host}:${server.port}`,
      key: server.privateKey,
      'known-hosts': server.hostKeys.join('\n'),
      'project-name': 'shop',
      ...inputs,
    },
  })

const untilRuns = (command: string) => `until pgrep -f '^${command}$'; do sleep 0.1; done`

/** The log, without the masks of the key. */
const told = ({ stdout }: BundleResult) => stdout.replace(/^::add-mask::.*\n/gm, '')

const logins = async () => (await server.readFile('/var/log/lab/sshd.log')).match(/Accepted publickey/g)?.length ?? 0

describe('checks through OpenSSH', () => {
  const through = { through: 'ssh' }

  it('see what only the server reaches, over one connection', async () => {
    const checks = `
- { http: http://127.0.0.1:18080/, expect: { body: v1 } }
- { http: http://localhost:18080/health, expect: { body: ok } }
- tcp: 127.0.0.1:18080
- tcp: registry.lab:5000
- tls: { host: registry.lab, port: 5000, insecure-skip-verify: true }
- { dns: { name: vps1.lab, type: A }, expect: { records: { length: 1 } } }
- { command: [docker, version, --format, "{{.Server.Os}}"], expect: { stdout: linux } }
- { command: { run: [pwd], cwd: /opt/shop }, expect: { stdout: { eq: /opt/shop } } }
- { command: [whoami], expect: { stdout: deploy } }
`
    const before = await logins()
    const result = await run(checks, { inputs: through })
    expect(told(result)).toContain('9 checks passed')
    expect(result.exitCode).toBe(0)
    expect((await logins()) - before).toBe(1)
  })

  it('tell why the server cannot connect', async () => {
    const result = await run('http://127.0.0.1:1/\nhttp://no-such-host.lab/\n', {
      inputs: { ...through, attempts: '1' },
    })
    expect(told(result)).toContain('the connection was refused on the server; nothing listens there')
    expect(told(result)).toMatch(/no-such-host\.lab.*: the server (does not find the name|could not connect to it)/)
  })

  it('begin a command in the project directory when one is named', async () => {
    const result = await run('- { command: [pwd], expect: { stdout: { eq: /opt/shop } } }', {
      inputs: { ...through, path: '/opt/shop' },
    })
    expect(result.exitCode).toBe(0)
  })

  it('show a command’s environment to nobody', async () => {
    const checks = `- { name: slow, command: { shell: 'test \${#DB_PASSWORD} = 15 && echo begun && { sleep 64 || true; }', env: { DB_PASSWORD: "\${DB_PASSWORD}" } } }`
    const running = run(checks, { inputs: through, env: { DB_PASSWORD: 'hunter2-hunter2' } })
    // The arguments of everything, once the command runs.
    const listed = await server.exec(`${untilRuns('sleep 64')}; ps -e -o args; pkill -f '^sleep 64$'`)
    const { exitCode } = await running
    expect(exitCode).toBe(0)
    expect(listed.stdout).toContain('sleep 64')
    expect(listed.stdout).not.toContain('hunter2-hunter2')
  })

  it('end a command with all that it started when its time is up', async () => {
    const result = await run(`- command: { shell: 'sleep 71 & sleep 72' }`, {
      inputs: { ...through, timeout: '1s', attempts: '1' },
    })
    expect(told(result)).toContain('it did not end within 1.0 s')
    await server.exec('while pgrep -f "^sleep 7[12]$"; do sleep 0.2; done')
  })

  it('connect again when sshd has dropped the session', async () => {
    const before = await logins()
    const running = run('- { name: there, command: { shell: "echo asked >&2; test -e /tmp/there" } }', {
      inputs: { ...through, attempts: '100', interval: '500ms', deadline: '60s' },
    })
    const login = async (number: number) => {
      while ((await logins()) < before + number) await server.exec('sleep 0.2')
    }
    await login(1)
    await server.dropSessions()
    await login(2)
    await server.exec('touch /tmp/there')
    const result = await running
    expect(result.exitCode).toBe(0)
  })
})

describe('checks in a container', () => {
  const inside = { through: 'container', service: 'web' }

  it('connect to it as its neighbours do, and run commands in it', async () => {
    const checks = `
- { http: http://localhost:8080/, expect: { body: v1 } }
- { http: http://web:8080/health }
- { tcp: "localhost:8080" }
- { command: [busybox, cat, /www/health], expect: { stdout: ok } }
- { command: { shell: 'busybox printf "%s|%s" "$TOKEN" "$PATH"', env: { TOKEN: "a 'b' \\"c\\" $d", PATH: /bin } }, expect: { stdout: "a 'b' \\"c\\" $d|/bin" } }
- { command: { run: [busybox, pwd], cwd: /www }, expect: { stdout: { eq: /www } } }
- { service: db, tcp: localhost:5432 }
- { service: db, database: postgres }
- { service: db, name: a query, command: [psql, -h, 127.0.0.1, -U, postgres, -d, shop, -tAc, select 1 + 1], expect: { stdout: "2" } }
- { service: db, dns: { name: web, type: A }, expect: { records: { length: 1 } } }
- { service: on-host, http: http://localhost:8080/ }
`
    const result = await run(checks.replace('psql,', 'env, PGPASSWORD=of-the-lab, psql,'), { inputs: inside })
    expect(told(result)).toContain('11 checks passed')
    expect(result.exitCode).toBe(0)
  })

  it('say what is wrong with the container', async () => {
    await compose('stop published')
    const checks = `
- { service: gone, tcp: localhost:80 }
- { service: published, tcp: localhost:8080 }
- { service: alone, tcp: localhost:8080 }
- { service: web, tcp: localhost:1 }
- { service: web, command: [no-such-program] }
`
    const result = await run(checks, { inputs: { through: 'container', attempts: '1' } })
    await compose('start published')
    expect(told(result)).toContain('there is no container of the service gone of the project shop')
    expect(told(result)).toContain('no container of the service published runs (shop-published-1 is exited)')
    expect(told(result)).toContain('the container shop-alone-1 has no network')
    expect(told(result)).toContain('the connection was refused on the server; nothing listens there')
    expect(told(result)).toMatch(/the exit status is 12[67], not 0/)
    expect(result.outputs).toMatchObject({ failed: '5' })
  })

  it('say so when the service is in two projects', async () => {
    const result = await run('- tcp: localhost:8080', { inputs: { ...inside, 'project-name': '' } })
    expect(told(result)).toContain('several projects have a service web (blog, shop); say which by `project-name`')
    expect(told(result)).not.toContain('attempt 2')
  })

  it('find the new container of a deploy that comes between two attempts', async () => {
    const { promise: tried, resolve } = Promise.withResolvers<void>()
    const running = run('- { http: http://localhost:8080/, expect: { body: v2 } }', {
      inputs: { ...inside, attempts: '200', deadline: '90s' },
      onOutput: output => output.includes('attempt 1: ') && resolve(),
    })
    await tried
    await compose('up --detach web', 'ok-v2')
    const result = await running
    expect(told(result)).toMatch(/✗ attempts? 1\b.*"v1"/)
    expect(result.exitCode).toBe(0)
  })

  it('show the environment of a command to nobody', async () => {
    const checks = `- { service: db, command: { shell: 'test \${#DB_PASSWORD} = 15 && { sleep 65 || true; }', env: { DB_PASSWORD: "\${DB_PASSWORD}" } } }`
    const running = run(checks, { inputs: { through: 'container' }, env: { DB_PASSWORD: 'hunter2-hunter2' } })
    const listed = await server.exec(`${untilRuns('sleep 65')}; ps -e -o args; pkill -f '^sleep 65$'`)
    expect((await running).exitCode).toBe(0)
    expect(listed.stdout).toMatch(/docker exec .*--env DB_PASSWORD /)
    expect(listed.stdout).not.toContain('hunter2-hunter2')
  })

  it('end a command in it when its time is up', async () => {
    const result = await run(`- { service: db, command: { shell: 'sleep 73 & sleep 74' } }`, {
      inputs: { through: 'container', timeout: '2s', attempts: '1' },
    })
    expect(told(result)).toContain('it did not end within 2.0 s')
    await server.exec('while pgrep -f "^sleep 7[34]$"; do sleep 0.2; done')
  })

  it('tell a Docker engine that is down', async () => {
    await server.stopService('dockerd')
    try {
      const result = await run('- tcp: localhost:8080', { inputs: { ...inside, attempts: '1' } })
      expect(told(result)).toContain('the Docker engine does not run on the server')
    } finally {
      await server.startService('dockerd')
    }
  })

  it('are made on the runner’s own machine with `host: local`', async () => {
    const labels = ['project=shop', 'service=web', 'oneoff=False'].flatMap(label => [
      '--label',
      `com.docker.compose.${label}`,
    ])
    const serve = 'mkdir /www && echo here > /www/index.html && exec busybox httpd -f -p 8080 -h /www'
    await docker(['run', '--detach', '--name', HERE, ...labels, '--entrypoint', 'sh', lab.machineImage, '-c', serve])
    const checks = `
- { http: http://localhost:8080/, expect: { body: here } }
- { command: [cat, /www/index.html], expect: { stdout: here } }
`
    const result = await run(checks, { inputs: { ...inside, host: 'local' } })
    expect(told(result)).toContain('2 checks passed')
    expect(result.exitCode).toBe(0)
  })
})
