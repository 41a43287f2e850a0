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
    ...server.missingTools.map(tool => `\`${tool}\` is not installed`),
    ...engineProblems(server),
    ...(server.writable
      ? []
      : [
          `${server.user} has no permission to write ${path}; change its owner: sudo install -d -o ${server.user} ${path}`,
        ]),
  ]
  refuse(problems, hostName)
  return { warnings: diskWarnings(server) }
}

/** Whether there is room for a new release; throws when there is not. A rollback has its own room, and needs no image. */
export function checkDisk({ dockerDisk }: ServerSurvey, hostName: string): void {
  if (dockerDisk === undefined || dockerDisk.freeBytes >= LEAST_FREE_BYTES) return
  const free = formatBytes(dockerDisk.freeBytes)
  refuse([`the disk of Docker's data has only ${free} left; free some, for example with docker image prune`], hostName)
}

function refuse(problems: readonly string[], hostName: string): void {
  if (problems.length === 0) return
  throw new ActionError({
    title: `${hostName} is not ready for a deploy`,
    message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
    next: 'Correct this on the server, then run the job again.',
  })
}

function engineProblems({ engine, compose, pythonCompose, user }: ServerSurvey): string[] {
  if (/permission denied/i.test(engine))
    return [`${user} has no permission to use Docker; add it to the group: sudo usermod -aG docker ${user}`]
  if (!/^\d+\./.test(engine))
    return [`the Docker engine does not respond: ${lastLine(engine) || 'docker is not installed'}`]
  const problem = checkCompose({ plugin: compose, python: pythonCompose })
  return problem === undefined ? [] : [problem]
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
