import { composeCommand, inspectContainersCommand } from '@deploy-actions/core/compose/command'
import { PROGRAM } from '@deploy-actions/core/release/program.generated'

/** What the server's program reads of a container. */
const CONTAINER_FORMAT = /^CONTAINER_FORMAT='(.*)'$/m.exec(PROGRAM)?.[1] ?? ''

/** Prints what parseContainers reads: all containers of a project, as the server's program looks at them. */
export function containersCommand(projectName: string): string[] {
  return inspectContainersCommand(`project=${projectName}`, CONTAINER_FORMAT)
}

/** Stops and removes all containers of a project and its networks, by their labels, as the server's program does. */
export function downCommand(projectName: string): string[] {
  return composeCommand({ projectName, directory: '/', composeFiles: [] }, 'down', '--remove-orphans')
}
