import { type ComposeProject, configCommand } from '@deploy-actions/core/compose/command'
import { docker, tryDocker } from '../docker.ts'
import type { LabServer } from '../server.ts'
import { CommandFailed, type ShellResult } from '../shell.ts'

/** Where the image of a server's projects has its one program. */
export const BUSYBOX = '/busybox'
export const IMAGE = 'busybox:lab'

/** Gives a server an image that holds nothing but busybox, without a registry. */
export async function importBusybox(server: LabServer): Promise<void> {
  await server.exec(`tar -C /bin -c busybox | docker import - ${IMAGE}`)
}

/** Runs an argument list on a server as its user, whose shell has exported some variables. */
export async function runOn(
  server: LabServer,
  argv: readonly string[],
  exported: Readonly<Record<string, string>> = {},
): Promise<ShellResult> {
  const env = Object.entries({ HOME: `/home/${server.user}`, ...exported }).flatMap(([k, v]) => ['--env', `${k}=${v}`])
  const result = await tryDocker(['exec', '--user', server.user, ...env, server.container, ...argv])
  if (result.exitCode !== 0) throw new CommandFailed(argv.join(' '), result)
  return result
}

/** Writes a project's files below /opt and returns it. */
export async function writeProject(
  server: LabServer,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<ComposeProject & { readonly projectName: string }> {
  const directory = `/opt/${name}`
  for (const [path, content] of Object.entries(files)) {
    const argv = ['sh', '-c', 'mkdir -p "$1" && cat > "$1/$2"', 'write', directory, path]
    await docker(['exec', '--interactive', '--user', server.user, server.container, ...argv], { input: content })
  }
  return { projectName: name.toLowerCase().replace(/[^a-z0-9]/g, ''), directory, composeFiles: ['compose.yaml'] }
}

/** The environment that Compose would give a service. */
export async function environmentOf(
  server: LabServer,
  project: ComposeProject,
  service: string,
  exported?: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { stdout } = await runOn(server, configCommand(project), exported)
  const config: { services: Record<string, { environment: Record<string, string> }> } = JSON.parse(
    stdout.split('\n---\n')[0] ?? '',
  )
  const values = Object.entries(config.services[service]?.environment ?? {})
  return Object.fromEntries(values.map(([name, value]) => [name, value.replaceAll('$$', '$')]))
}
