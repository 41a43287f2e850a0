import { spawn } from 'node:child_process'
import type { Call } from './call.ts'
import { removeContainer, stopContainer } from './containers.ts'
import type { StubContainer, StubState } from './state.ts'
import { CallFailed, DOWN } from './store.ts'

/** The global options of a call of Compose, which stand before its command. */
export interface ComposeCall {
  readonly call: Call
  /** All global options, for the real Compose. */
  readonly globals: readonly string[]
  readonly projectName: string | undefined
  readonly workingDir: string
  readonly files: readonly string[]
  readonly envFiles: readonly string[]
}

/** The output of the real Compose. When it fails, so does this call, with its message. */
export async function runCompose(
  { call, globals }: Pick<ComposeCall, 'call' | 'globals'>,
  args: readonly string[],
  input = '',
): Promise<string> {
  const child = spawn(call.composeBinary, [...globals, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  // A Compose that ends early does not read it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let printed = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    printed += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    errors += chunk
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('close', resolve)
  const status = await promise
  if (status === 0) return printed
  throw new CallFailed(errors.trimEnd(), status ?? 1)
}

/** A line of Compose's progress. */
export function progress(call: Call, what: string, state: string): void {
  call.err(` ${what} ${state} `)
}

export function refuseWhenDown(call: Call): void {
  // Since version 5 Compose contains a newer client.
  if (call.store.read().isDown) throw new CallFailed(isNew(call) ? UNREACHABLE : DOWN)
}

/** Whether Compose is of version 5 or later, which is the one that is imitated in detail. */
export function isNew(call: Call): boolean {
  return Number.parseInt(call.store.read().composeVersion, 10) >= 5
}

const UNREACHABLE =
  'failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory'

export function containersOf(state: StubState, project: string): StubContainer[] {
  return Object.values(state.containers)
    .filter(({ labels }) => labels['com.docker.compose.project'] === project)
    .sort((a, b) => a.order - b.order)
}

/** Stops and removes one container, as two steps. */
export function takeDown(call: Call, { id, name }: StubContainer, withVolumes = false): void {
  const step = (doing: string, done: string, work: (state: StubState, container: StubContainer) => void) => {
    progress(call, `Container ${name}`, doing)
    call.store.change(state => {
      const container = state.containers[id]
      if (container !== undefined) work(state, container)
    })
    progress(call, `Container ${name}`, done)
  }
  step('Stopping', 'Stopped', stopContainer)
  step('Removing', 'Removed', (state, container) => removeContainer(state, container, withVolumes))
}

/** A line of Compose's log. */
export function warn(call: Call, message: string): void {
  const time = new Date().toISOString().replace(/\.\d+/, '')
  call.err(`time="${time}" level=warning msg=${JSON.stringify(message)}`)
}
