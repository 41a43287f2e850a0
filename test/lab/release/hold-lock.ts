import { once } from 'node:events'
import { connectSsh } from '@deploy-actions/core/host/ssh-host'
import { acquireLock } from '@deploy-actions/core/release/lock'
import { ServerProgram } from '@deploy-actions/core/release/program'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { targetOf } from '../host/login.ts'
import type { LabServer } from '../server.ts'

/** A client of its own, to be killed or stopped: takes the lock, prints that, and stays. Its input is the server, as JSON. */
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { server, silence }: { server: LabServer; silence: number } = JSON.parse(Buffer.concat(chunks).toString())

const log = new RecordingLog()
const host = await connectSsh(targetOf(server), { clock: systemClock, log })
const program = new ServerProgram(host, '/opt/locked', 'boundary-of-the-other')
await program.run('survey', { timeout: 60_000 })
const lock = await acquireLock(program, {
  holder: { who: 'the other client', since: new Date().toISOString(), why: 'test' },
  owner: 'the-other',
  wait: 0,
  clock: systemClock,
  log,
  heartbeat: { every: 500, silence },
})
process.stdout.write(`locked ${lock.folder}\n`)
await once(lock.signal, 'abort')
