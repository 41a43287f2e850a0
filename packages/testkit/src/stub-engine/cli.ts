import { appendFileSync, writeSync } from 'node:fs'
import { type Call, Ended } from './call.ts'
import { clientCommands, engineCommands } from './commands.ts'
import { CallFailed, DOWN, NotImitated, pause, Store } from './store.ts'

/** `docker ARGS` on a stub engine: `node cli.ts STATE CALLS COMPOSE ARGS`. */
async function main(statePath: string, callsPath: string, composeBinary: string, args: string[]): Promise<number> {
  const store = new Store(statePath)
  const call: { -readonly [Key in keyof Call]: Call[Key] } = {
    store,
    composeBinary,
    configFolder: process.env['DOCKER_CONFIG'] ?? `${process.env['HOME'] ?? ''}/.docker`,
    out: line => write(1, line),
    err: line => write(2, line),
  }
  try {
    const rest = [...args]
    while (rest[0]?.startsWith('-') && rest[0] !== '--version') {
      const [name = '', inline] = rest.shift()?.split('=') ?? []
      if (name !== '--config') throw new NotImitated(`the flag ${name} before docker's command`)
      call.configFolder = inline ?? rest.shift() ?? ''
    }
    const command = nameOf(rest)
    appendFileSync(callsPath, `${JSON.stringify({ command: plainCall(rest), args })}\n`)
    meetFault(store, plainCall(rest))
    await run(call, command, rest)
    return 0
  } catch (error) {
    return report(call, error)
  }
}

function report(call: Call, error: unknown): number {
  if (error instanceof Ended) return error.exitStatus
  if (!(error instanceof CallFailed)) throw error
  try {
    if (error.message !== '') call.err(error.message)
  } catch {
    // Standard error is closed.
  }
  return error.exitStatus
}

const groups = ['container', 'image', 'volume', 'network', 'system', 'context']
const aliases: Readonly<Record<string, string>> = {
  'container ls': 'ps',
  'container rm': 'rm',
  'container start': 'start',
  'container stop': 'stop',
  'container create': 'create',
  'container rename': 'rename',
  'image ls': 'images',
  'image rm': 'rmi',
  'image tag': 'tag',
  'image pull': 'pull',
}

function nameOf(args: readonly string[]): string {
  const [first = '', second = ''] = args
  return groups.includes(first) ? `${first} ${second}` : first
}

async function run(call: Call, name: string, args: readonly string[]): Promise<void> {
  const rest = args.slice(name.split(' ').length)
  const client = clientCommands[name]
  if (client !== undefined) return client(call, rest)
  const command = engineCommands[aliases[name] ?? name]
  if (command === undefined) throw new NotImitated(`docker ${name}`)
  if (call.store.read().isDown) {
    // Docker's own list of what it found.
    if (name.endsWith('inspect') && !rest.some(arg => /^(-f|--format)/.test(arg))) call.out('[]')
    throw new CallFailed(DOWN)
  }
  return command(call, rest)
}

/** The call without Compose's global options: what faults and tests name it by. */
function plainCall(args: readonly string[]): string {
  if (args[0] !== 'compose') return args.join(' ')
  const rest = args.slice(1)
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() ?? ''
    if (!flag.includes('=')) rest.shift()
  }
  return ['compose', ...rest].join(' ')
}

function meetFault(store: Store, call: string): void {
  if (!store.read().faults.some(fault => call.startsWith(fault.command))) return
  const met = store.change(state => {
    const fault = state.faults.find(({ command, times, skip }) => call.startsWith(command) && times + skip > 0)
    if (fault === undefined) return undefined
    const isSkipped = fault.skip > 0
    const next = { ...fault, ...(isSkipped ? { skip: fault.skip - 1 } : { times: fault.times - 1 }) }
    state.faults = state.faults.map(other => (other === fault ? next : other)).filter(({ times }) => times > 0)
    return isSkipped ? undefined : fault
  })
  if (met !== undefined) store.disturb(met)
}

/** Without a buffer: a call can be killed at any moment, and what it has printed by then counts. */
function write(stream: 1 | 2, line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(stream, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A program in Go ends when it writes to a closed pipe; node would only see an error.
      if (code === 'EPIPE') throw new Ended(141)
      if (code !== 'EAGAIN') throw error
      pause(5)
    }
  }
}

const [, , statePath = '', callsPath = '', composeBinary = '', ...args] = process.argv
process.exitCode = await main(statePath, callsPath, composeBinary, args)
