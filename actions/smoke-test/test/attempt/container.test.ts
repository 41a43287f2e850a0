import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalHost } from '@deploy-actions/core/host/local-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { serve } from '@deploy-actions/testkit/loopback-server'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Server } from '../../src/attempt/server.ts'
import { runCheck } from '../../src/run-check.ts'
import { checkOf, httpSubject, ONCE, observerWorld, worldOf } from '../making.ts'

const CONTAINER = {
  id: 'c0ffee',
  name: '/shop-web-1',
  created: '2026-11-25T10:00:00Z',
  status: 'running',
  networkMode: 'shop_default',
  labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
  networks: { shop_default: { IPAddress: '127.0.0.1', GlobalIPv6Address: '' } },
}

const SERVICES = 'web\\tshop\\t/opt/shop\\ndb\\tshop\\t/opt/shop\\n'

let folder = ''
beforeAll(async () => {
  // A machine whose Docker has one container, at an address of this machine.
  folder = await mkdtemp(join(tmpdir(), 'docker-'))
  const inspected = `cat <<'END'\n${JSON.stringify(CONTAINER)}\nEND`
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/sh\ncase "$*" in *inspect*) ${inspected}\n;; *service=web*) echo ${CONTAINER.id} ;; *working_dir*) printf '${SERVICES}' ;; esac\n`,
  )
  await chmod(join(folder, 'docker'), 0o755)
})
afterAll(() => rm(folder, { recursive: true }))

async function make(url: string, service = 'web') {
  await using host = new LocalHost({ PATH: `${folder}:${process.env['PATH']}` })
  await using server = new Server({ connect: async () => host, clock: systemClock, log: new RecordingLog() })
  const frame = { start: Date.now(), end: Date.now() + 60_000, signal: new AbortController().signal, secrets: [] }
  const from = { kind: 'container', service } as const
  const check = checkOf({ subject: httpSubject(url), from, retry: ONCE, timeout: 5_000 })
  return runCheck(check, frame, worldOf({}, observerWorld({ server })))
}

describe('a connection in a container', () => {
  it('follows a redirect within it', async () => {
    await using web = await serve((request, response) => {
      if (request.url !== '/') return response.end('ok')
      return response.writeHead(302, { location: `http://web:${web.port}/home` }).end()
    })
    expect((await make(`http://localhost:${web.port}/`)).outcome).toBe('passed')
  })

  it('does not take its own answer for that of another host', async () => {
    await using web = await serve((request, response) => {
      if (request.url !== '/') return response.end('ok')
      return response.writeHead(302, { location: `http://login.example.org:${web.port}/` }).end()
    })
    expect(await make(`http://localhost:${web.port}/`)).toMatchObject({
      outcome: 'failed',
      reason: 'it redirects to login.example.org, but a connection in a container goes to that container',
    })
  })

  it('names the services that there are when the named one is not', async () => {
    expect(await make('http://localhost/', 'wbe')).toMatchObject({
      outcome: 'failed',
      reason: 'there is no container of the service wbe; this machine has db, web',
    })
  })
})
