import { command, type ShellOptions, type ShellResult, tryCommand } from './shell.ts'

/** Runs the Docker CLI against whatever engine it is set to, and gives what it wrote. */
export function docker(args: readonly string[], options: ShellOptions = {}): Promise<string> {
  return command('docker', args, options)
}

export function tryDocker(args: readonly string[], options: ShellOptions = {}): Promise<ShellResult> {
  return tryCommand('docker', args, options)
}

export async function imageExists(image: string): Promise<boolean> {
  return (await tryDocker(['image', 'inspect', image])).exitCode === 0
}

export interface ContainerState {
  readonly running: boolean
  readonly paused: boolean
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
}

interface Inspected {
  readonly State: { readonly Running: boolean; readonly Paused: boolean }
  readonly Image: string
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
}

/** The state of a container, or undefined when there is none of that name. */
export async function inspectContainer(name: string): Promise<ContainerState | undefined> {
  const result = await tryDocker(['container', 'inspect', name])
  const [found] = result.exitCode === 0 ? (JSON.parse(result.stdout) as Inspected[]) : []
  if (found === undefined) return undefined
  const { State: state, Image: image, Config: config } = found
  return { running: state.Running, paused: state.Paused, image, labels: config.Labels ?? {} }
}

/** The port of this machine's loopback that a port of a container is published on. */
export async function publishedPort(container: string, port: number): Promise<number> {
  const output = await docker(['port', container, `${port}/tcp`])
  const found = /^127\.0\.0\.1:(\d+)$/m.exec(output)
  if (found === null) throw new Error(`Port ${port} of ${container} is not published on 127.0.0.1: ${output}`)
  return Number(found[1])
}

/** The names of everything of a kind that carries a label. */
export async function labelled(kind: 'container' | 'volume' | 'network' | 'image', label: string): Promise<string[]> {
  const query = {
    container: ['ps', '--all', '--format', '{{.Names}}'],
    volume: ['volume', 'ls', '--quiet'],
    network: ['network', 'ls', '--format', '{{.Name}}'],
    image: ['image', 'ls', '--quiet', '--no-trunc'],
  }[kind]
  const output = await docker([...query, '--filter', `label=${label}`])
  return [...new Set(output.split('\n').filter(name => name !== ''))]
}

/** Where the engine listens that the Docker CLI is set to, for a program that does not know the CLI's settings. */
export function engineAddress(): Promise<string> {
  return docker(['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])
}
