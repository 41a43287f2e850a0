import type { Clock } from '../flow/clock.ts'
import type { Log } from '../runner/log.ts'
import { ActionError } from '../values/action-error.ts'
import { formatDuration } from '../values/duration.ts'
import type { HeldProcess, Host } from './host.ts'

export interface Holder {
  readonly who: string
  /** ISO 8601, UTC. */
  readonly since: string
  readonly why: string
}

export interface LockOptions {
  /** The file that is locked; its folder exists. */
  readonly path: string
  /** The folder, which exists, for the private folder of whoever holds the lock. */
  readonly temporary: string
  readonly holder: Holder
  /** Milliseconds to wait for another holder. */
  readonly wait: number
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal
}

export interface Lock {
  /** A private folder that goes with the lock, also when nobody releases it. */
  readonly tempDir: string
  /** Gives the lock back, and the folder. Harmless when the connection has gone. */
  release(): Promise<void>
}

/** The server's own patience with a client that has gone without a goodbye, in seconds, and how often ours shows itself. */
const SILENCE = 90
const HEARTBEAT = 20_000
const ANSWER_TIMEOUT = 30_000

/**
 * The kernel gives the lock to a process on the server that lives as long as the connection: it reads its input, where the
 * client writes a line now and then. When the input ends, or stays silent because the client vanished (sshd may take hours
 * to notice), it removes its folder and ends, and the kernel takes the lock back. A dead holder leaves nothing behind.
 * Arguments: lock file, folder for temporary ones, holder, seconds to wait, seconds of silence.
 */
const lockScript = `
for tool in flock timeout mktemp; do
  command -v "$tool" >/dev/null 2>&1 || { echo "missing $tool"; exit 1; }
done
umask 077
exec 9>>"$1" || exit 1
if ! flock -n 9; then
  echo "held $(head -c 2000 "$1" | tr '\\n' ' ')"
  flock -w "$4" 9 || { echo "still $(head -c 2000 "$1" | tr '\\n' ' ')"; exit 0; }
fi
printf '%s\\n' "$3" >"$1"
# Whoever was killed had no chance to tidy up, and holds the lock no more.
rm -rf "$2"/run.*
folder=$(mktemp -d "$2/run.XXXXXX") || exit 1
trap 'rm -rf "$folder"; : >"$1"' EXIT
trap 'exit 143' HUP INT TERM
echo "locked $folder"
while timeout "$5" sh -c 'IFS= read -r _' 9>&-; do :; done
`

/** Takes the lock, waiting for another holder, who is named; fails with who holds it when the wait is over. */
export async function acquireLock(host: Host, options: LockOptions): Promise<Lock> {
  const { path, temporary, holder, wait, clock, log, signal } = options
  const seconds = String(Math.ceil(wait / 1_000))
  const argv = ['sh', '-c', lockScript, 'lock', path, temporary, JSON.stringify(holder), seconds, String(SILENCE)]
  const held = await host.hold({ argv, timeout: ANSWER_TIMEOUT, ...(signal ? { signal } : {}) })
  let line = await held.nextLine(ANSWER_TIMEOUT)
  if (line?.startsWith('held ')) {
    const text = describe(line.slice(5), clock.now())
    if (wait > 0) log.info(`  waiting up to ${formatDuration(wait)}: the project is locked by ${text}`)
    line = await held.nextLine(wait + ANSWER_TIMEOUT)
  }
  if (line?.startsWith('locked ')) return keep(held, line.slice(7))
  const { stderr } = await held.close()
  if (line?.startsWith('still ')) throw stillHeld(describe(line.slice(6), clock.now()), wait)
  throw new ActionError({
    title: 'The project cannot be locked',
    message: `${host.name} could not lock ${path}: ${line ?? (stderr.trim() || 'it gave no reason')}.`,
    next: 'The server needs flock, timeout and mktemp (util-linux and coreutils), and the login must own the project directory.',
  })
}

function keep(held: HeldProcess, tempDir: string): Lock {
  // A line every now and then, from a timer that does not keep this process alive.
  const heartbeat = setInterval(() => held.write('\n'), HEARTBEAT)
  heartbeat.unref()
  void held.ended.finally(() => clearInterval(heartbeat))
  return {
    tempDir,
    async release() {
      clearInterval(heartbeat)
      await held.close().catch(() => {})
    },
  }
}

function describe(json: string, now: number): string {
  try {
    const holder: Partial<Holder> = JSON.parse(json)
    const age = formatDuration(Math.max(0, now - Date.parse(holder.since ?? '')))
    return `${holder.who} (${holder.why}, since ${holder.since}, ${age} ago)`
  } catch {
    // By hand, or by a tool of the team's own.
    return 'someone who did not leave a name'
  }
}

function stillHeld(holder: string, wait: number): ActionError {
  return new ActionError({
    title: 'Another deploy of this project is under way',
    message: `The project is locked by ${holder}; it was not free within ${formatDuration(wait)}.`,
    next: 'Wait for that run, or cancel it: its lock goes with it. A longer `lock-timeout` waits longer; `concurrency:` in the workflow queues runs.',
  })
}
