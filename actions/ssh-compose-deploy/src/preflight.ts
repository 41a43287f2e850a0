import { checkCompose } from '@deploy-actions/core/compose/version'
import type { ServerSurvey } from '@deploy-actions/core/release/survey'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { formatBytes } from '@deploy-actions/core/values/bytes'

const DISK_WARNING = 0.8
/** Below this a pull of anything real cannot fit, and a full disk takes the database down with it. */
const LEAST_FREE_BYTES = 200_000_000

export interface Preflight {
  readonly warnings: readonly string[]
}

/** Whether a server can take a deploy; throws one error with everything that is in the way. */
export function checkServer(server: ServerSurvey, hostName: string, path: string): Preflight {
  const problems = [
    ...server.missingTools.map(tool => `\`${tool}\` is not installed`),
    ...engineProblems(server),
    ...(server.writable
      ? []
      : [
          `${path} cannot be written by ${server.user}; give it to that user: sudo install -d -o ${server.user} ${path}`,
        ]),
    ...diskProblems(server),
  ]
  if (problems.length > 0) {
    throw new ActionError({
      title: `${hostName} is not ready for a deploy`,
      message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
      next: 'Nothing was changed on the server.',
    })
  }
  return { warnings: diskWarnings(server) }
}

function engineProblems({ engine, compose, pythonCompose, user }: ServerSurvey): string[] {
  if (/permission denied/i.test(engine))
    return [`${user} may not use Docker; add it to the group: sudo usermod -aG docker ${user}`]
  if (!/^\d+\./.test(engine))
    return [`the Docker engine does not answer: ${lastLine(engine) || 'docker is not installed'}`]
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
