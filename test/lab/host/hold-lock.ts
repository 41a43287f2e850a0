import { acquireLock } from '@deploy-actions/core/host/lock'
import { connectSsh } from '@deploy-actions/core/host/ssh-host'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import type { LabServer } from '../server.ts'
import { targetOf } from './login.ts'

/** A client of its own, to be killed or stopped: takes the lock, says so, and stays. Its input is the server, as JSON. */
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { server, silence }: { server: LabServer; silence: number } = JSON.parse(Buffer.concat(chunks).toString())

const log = new RecordingLog()
const host = await connectSsh(targetOf(server), { clock: systemClock, log })
const lock = await acquireLock(host, {
  path: '/opt/lock',
  temporary: '/opt/temporary',
  holder: { who: 'the other client', since: new Date().toISOString(), why: 'test' },
  wait: 0,
  clock: systemClock,
  log,
  heartbeat: { every: 500, silence },
})
process.stdout.write(`locked ${lock.tempDir}\n`)
await lock.lost
