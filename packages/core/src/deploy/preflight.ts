import { checkCompose } from '../compose/version.ts'
import type { ServerSurvey } from '../release/survey.ts'
import { ActionError } from '../values/action-error.ts'
import { formatBytes } from '../values/bytes.ts'

const DISK_WARNING = 0.8
/** Below this a pull of anything real cannot fit, and a full disk stops the database with it. */
const LEAST_FREE_BYTES = 200_000_000

export interface Preflight {
  readonly warnings: readonly string[]
}

/** Whether a server has what every run needs; throws one error with everything that is missing. */
export function checkServer(server: ServerSurvey, hostName: string, path: string): Preflight {
  const problems = [
    ...server.missingTools.map(toolProblem),
    ...engineProblems(server, hostName),
    ...snapProblems(server, path),
    ...(server.writable
      ? []
      : [
          `${server.user} has no permission to write ${path}; change its owner (sudo install -d -o ${server.user} ${path}), and that of its .deploy, if another user has deployed there (sudo chown -R ${server.user} ${path}/.deploy)`,
        ]),
  ]
  refuse(problems, hostName)
  return { warnings: [...diskWarnings(server), ...fileSystemWarnings(server, path)] }
}

/** The packages of tools that every distribution has under these names; the others are in coreutils. */
const PACKAGES: Readonly<Record<string, string>> = {
  cmp: 'diffutils',
  find: 'findutils',
  flock: 'util-linux',
  grep: 'grep',
  sed: 'sed',
  setsid: 'util-linux',
  tar: 'tar',
  xargs: 'findutils',
}

/** The name of a tool that is missing, or a use of one that does not work: `find -mmin`. */
function toolProblem(use: string): string {
  const [tool = '', option] = use.split(' ')
  if (option === undefined) return `\`${tool}\` is not installed`
  return `\`${use}\` does not work: the \`${tool}\` of this server (perhaps of busybox) lacks it; install the package ${PACKAGES[tool] ?? 'coreutils'}`
}

/** Whether there is room for a new release; throws when there is not. A rollback has its own room, and needs no image. */
export function checkDisk({ dockerDisk }: ServerSurvey, hostName: string): void {
  if (dockerDisk === undefined || dockerDisk.freeBytes >= LEAST_FREE_BYTES) return
  const free = formatBytes(dockerDisk.freeBytes)
  refuse(
    [`the disk of Docker's data has only ${free} left; free some space, for example with docker image prune`],
    hostName,
  )
}

function refuse(problems: readonly string[], hostName: string): void {
  if (problems.length === 0) return
  throw new ActionError({
    title: `${hostName} is not ready for a deploy`,
    message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
    next: 'Correct this on the server, then run the job again.',
  })
}

function engineProblems(
  { endpoint, engine, client, compose, pythonCompose, user }: ServerSurvey,
  hostName: string,
): string[] {
  if (!isLocal(endpoint))
    return [
      `the docker command of ${user} uses the engine at ${endpoint}: the files would be on ${hostName}, and the containers on that engine; choose the local engine (docker context use default, and no DOCKER_HOST), or deploy to that machine`,
    ]
  if (/\bpodman\b/i.test(`${client} ${engine}`))
    return [
      'The docker command is Podman, and a deploy needs features that only Docker has; install Docker Engine with its Compose plugin (https://docs.docker.com/engine/install), and remove podman-docker or the DOCKER_HOST that leads to Podman',
    ]
  if (/permission denied/i.test(engine))
    return [
      `${user} has no permission to use Docker without sudo; add it to the group: sudo usermod -aG docker ${user} (it takes effect at the next login)`,
    ]
  if (!/^\d+\./.test(engine))
    return [`the Docker engine does not respond: ${lastLine(engine) || 'docker is not installed'}`]
  const problem = checkCompose({ plugin: compose, python: pythonCompose })
  return problem === undefined ? [] : [problem]
}

/** A socket, or a port of the machine itself, such as that of a proxy that filters calls. */
function isLocal(endpoint: string): boolean {
  return endpoint === '' || /^(unix:|tcp:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?\/?$)/.test(endpoint)
}

/**
 * Docker from snap reads what is below the home directory and not hidden there, and other disks if that was connected.
 * https://github.com/canonical/docker-snap
 */
function snapProblems({ snapHome, realPath }: ServerSurvey, path: string): string[] {
  const place = realPath ?? path
  if (snapHome === undefined || (place.startsWith(`${snapHome}/`) && !place.startsWith(`${snapHome}/.`))) return []
  if (/^(\/media|\/mnt|\/run\/media)\//.test(place)) return []
  return [
    `Docker comes from snap here and cannot read ${place}, only directories below ${snapHome} that are not hidden; choose such a \`path\`, or replace the snap: https://docs.docker.com/engine/install`,
  ]
}

const REMOTE_FILE_SYSTEM = /^(nfs|cifs|smb|fuse|v9fs|9p|ceph|afs|lustre)/

function fileSystemWarnings({ fileSystem }: ServerSurvey, path: string): string[] {
  if (!REMOTE_FILE_SYSTEM.test(fileSystem)) return []
  return [
    `${path} is on a file system of the type ${fileSystem}. The lock that keeps two deploys apart can be lost there without notice; use a local disk for the project directory.`,
  ]
}

function diskWarnings({ disk, dockerDisk }: ServerSurvey): string[] {
  return [disk, dockerDisk]
    .filter(found => found !== undefined)
    .filter(({ sizeBytes, freeBytes }) => freeBytes < (1 - DISK_WARNING) * sizeBytes)
    .map(
      ({ sizeBytes, freeBytes }) =>
        `The server's disk is ${Math.round((1 - freeBytes / sizeBytes) * 100)} % full: ${formatBytes(freeBytes)} left of ${formatBytes(sizeBytes)}.`,
    )
    .slice(-1)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
