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

/** Whether a server can take a deploy; throws one error with everything that prevents it. */
export function checkServer(server: ServerSurvey, hostName: string, path: string): Preflight {
  const problems = [
    ...server.missingTools.map(tool => `\`${tool}\` is not installed`),
    ...engineProblems(server),
    ...(server.writable
      ? []
      : [
          `${server.user} has no permission to write ${path}; change its owner: sudo install -d -o ${server.user} ${path}`,
        ]),
    ...diskProblems(server),
  ]
  if (problems.length > 0) {
    throw new ActionError({
      title: `${hostName} is not ready for a deploy`,
      message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
      next: 'Correct this on the server, then run the job again.',
    })
  }
  return { warnings: diskWarnings(server) }
}

function engineProblems({ engine, compose, pythonCompose, user }: ServerSurvey): string[] {
  if (/permission denied/i.test(engine))
    return [`${user} has no permission to use Docker; add it to the group: sudo usermod -aG docker ${user}`]
  if (!/^\d+\./.test(engine))
    return [`the Docker engine does not respond: ${lastLine(engine) || 'docker is not installed'}`]
  const problem = checkCompose({ plugin: compose, python: pythonCompose })
  return problem === undefined ? [] : [problem]
}

function diskProblems({ dockerDisk }: ServerSurvey): string[] {
  if (dockerDisk === undefined || dockerDisk.freeBytes >= LEAST_FREE_BYTES) return []
  return [
    `the disk of Docker's data has only ${formatBytes(dockerDisk.freeBytes)} left; free some, for example with docker image prune`,
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
