/** What a Compose command is about. */
export interface ComposeProject {
  /** Undefined takes the compose file's `name:`, else the directory's name. */
  readonly projectName?: string | undefined
  /** The absolute path that relative ones in the compose files and here begin at. */
  readonly directory: string
  readonly composeFiles: readonly string[]
  /** Undefined takes the directory's `.env`, if there is one. */
  readonly envFile?: string | undefined
  /** Seconds after which the server itself ends the command (exit status 124), even when nobody is connected any more. */
  readonly timeout?: number | undefined
}

/**
 * The variables of the login shell that Docker needs to find its engine, its plugins and its logins. No other passes, because
 * Compose prefers a shell's variable to the one in `.env`: a forgotten `export TAG=…` would deploy another version.
 * Not even a proxy's: what speaks to registries is the engine, which has its own.
 * https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/
 */
export const passedVariables = [
  'PATH',
  'HOME',
  'XDG_RUNTIME_DIR',
  'DOCKER_CONFIG',
  'DOCKER_CONTEXT',
  'DOCKER_HOST',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_API_VERSION',
] as const

/** A shell function: `clean COMMAND …` runs it with nothing but the variables above. */
export const cleanEnvironment = `clean() { env -i ${passedVariables.map(name => `\${${name}+"${name}=$${name}"}`).join(' ')} "$@"; }`

/** `$1` is the directory, the rest the command. `cd` too, since some versions also read the `.env` of where they are. */
const runScript = `${cleanEnvironment}
cd -- "$1" && shift && clean "$@"`

const configScript = `${cleanEnvironment}
cd -- "$1" && shift && clean "$@" config --format json && printf '\\n%s\\n' --- && clean "$@" config`

/** The argument list of `docker compose … ARGS`, run in a clean environment. Needs no more than a POSIX shell. */
export function composeCommand(project: ComposeProject, ...args: readonly string[]): string[] {
  return [
    'sh',
    '-c',
    runScript,
    'compose',
    project.directory,
    ...limited(project.timeout),
    ...compose(project),
    ...args,
  ]
}

/**
 * Prints what parseComposeConfig reads: the configuration as JSON and, after a line `---`, as YAML, for only there stand
 * the services' `x-` keys. Both hold the environment's values: never to be logged.
 */
export function configCommand(project: ComposeProject): string[] {
  return ['sh', '-c', configScript, 'config', project.directory, ...limited(project.timeout), ...compose(project)]
}

/** `$1` is a label with its value, `$2` what to print. A container that goes between the two looks makes the second one fail: then both are done again. */
const containersScript = `
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
for try in 1 2 3; do
  ids=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.$1") || exit
  [ -n "$ids" ] || exit 0
  status=0
  found=$(docker container inspect --format "$2" $ids) || status=$?
  [ "$status" = 0 ] || continue
  printf '%s\\n' "$now" "$found"
  exit 0
done
exit "$status"`

/**
 * Prints the server's time, then a line for each container with a label (`service=web`) in whatever state, in a format of `docker inspect`; nothing
 * when there is none.
 */
export function inspectContainersCommand(label: string, format: string): string[] {
  return ['sh', '-c', containersScript, 'containers', label, format]
}

const addressFormat = `{${fields({
  id: '.ID',
  name: '.Name',
  created: '.Created',
  labels: '.Config.Labels',
  status: '.State.Status',
  networkMode: '.HostConfig.NetworkMode',
  networks: '.NetworkSettings.Networks',
})}}`

/** Prints what parseServiceContainers reads: the containers of a service in whatever project, with their addresses. */
export function serviceContainersCommand(service: string): string[] {
  return inspectContainersCommand(`service=${service}`, addressFormat)
}

/** Prints what parseServices reads: the services of all projects that have containers here. */
export function servicesCommand(): string[] {
  const label = (name: string) => `{{.Label "com.docker.compose.${name}"}}`
  const format = [label('service'), label('project'), label('project.working_dir')].join('\t')
  return ['docker', 'ps', '--all', '--filter', 'label=com.docker.compose.service', '--format', format]
}

function fields(byKey: Readonly<Record<string, string>>): string {
  return Object.entries(byKey)
    .map(([key, field]) => `"${key}":{{json ${field}}}`)
    .join(',')
}

function compose({ projectName, directory, composeFiles, envFile }: ComposeProject): string[] {
  return [
    'docker',
    'compose',
    ...(projectName === undefined ? [] : ['--project-name', projectName]),
    '--project-directory',
    directory,
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
    ...composeFiles.flatMap(file => ['--file', file]),
  ]
}

function limited(seconds: number | undefined): string[] {
  return seconds === undefined ? [] : ['timeout', '-k', '10', String(seconds)]
}
