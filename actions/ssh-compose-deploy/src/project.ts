import type { ContainerState } from '@deploy-actions/core/compose/containers'
import type { Host } from '@deploy-actions/core/host/host'
import { layoutOf } from '@deploy-actions/core/release/layout'
import { prepareProject } from '@deploy-actions/core/release/store'
import { surveyServer } from '@deploy-actions/core/release/survey'
import { ActionError } from '@deploy-actions/core/values/action-error'
import type { Inputs } from './inputs.ts'
import { checkServer } from './preflight.ts'
import { Session } from './session.ts'
import type { World } from './world.ts'

/** Connects, looks whether the server can take a deploy, and locks the project. Until the lock nothing is changed. */
export async function openProject(inputs: Inputs, world: World): Promise<Session> {
  const { timeline, log } = world
  const host = await timeline.phase('Connect', () => world.connect())
  try {
    await timeline.phase('Look at the server', () => lookAtServer(host, inputs, world))
    const project = await prepareProject(host, inputs.path)
    log.debug(`project directory: ${project}`)
    return await timeline.phase('Lock the project', () => Session.open(host, layoutOf(project), inputs, world))
  } catch (thrown) {
    await host[Symbol.asyncDispose]()
    throw thrown
  }
}

/** Throws when the server is not ready; returns the project directory without links, if it exists. */
export async function lookAtServer(host: Host, inputs: Inputs, world: World): Promise<string | undefined> {
  const server = await surveyServer(host, inputs.path, world.mark)
  const { warnings } = checkServer(server, host.name, inputs.path)
  for (const warning of warnings) world.log.warning(warning)
  world.log.info(`  ${host.name}: Docker ${server.engine}, Compose ${server.compose}`)
  return server.realPath
}

/** Two projects of one name would replace each other's containers, whatever directory they lie in. */
export function refuseForeignProject(name: string, containers: readonly ContainerState[], directory: string): void {
  const foreign = containers.find(container => container.workingDir !== directory)
  if (foreign === undefined) return
  throw new ActionError({
    title: `The project name ${name} is taken`,
    message: `Container ${foreign.name} of project ${name} was started from ${foreign.workingDir}, not from ${directory}.`,
    next: 'Give this project a name of its own with `project-name` or `name:` in the compose file, or deploy to that directory.',
  })
}
