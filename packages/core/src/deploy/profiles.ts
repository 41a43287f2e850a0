import type { ComposeConfig } from '../compose/config.ts'
import type { ProjectProgram } from '../release/project-program.ts'
import type { ActionErrorParts } from '../values/action-error.ts'
import { nearestName } from '../values/nearest.ts'
import type { Payload } from './payload.ts'

/** Profiles that were requested and that no service has: most likely a mistyped name, which Compose takes without a word. */
export interface UnknownProfiles {
  readonly names: readonly string[]
  /** All profiles of the compose files. */
  readonly existing: readonly string[]
}

/** Compose leaves the services of other profiles out of its configuration: only where one is unknown is it queried for all. */
export async function findUnknownProfiles(
  { profiles, composeFiles }: Pick<Payload, 'profiles' | 'composeFiles'>,
  { name, services }: ComposeConfig,
  directory: string,
  program: ProjectProgram,
): Promise<UnknownProfiles> {
  const active = new Set(services.flatMap(service => service.profiles))
  const names = profiles.filter(profile => !active.has(profile))
  return { names, existing: names.length === 0 ? [] : await program.profilesIn(directory, composeFiles, name) }
}

export function profileProblems({ names, existing }: UnknownProfiles): ActionErrorParts[] {
  return names.map(name => {
    const nearest = nearestName(name, existing)
    return {
      title: `Profile ${name} does not exist`,
      message: `\`profiles\` names ${name}, and no service of the compose file has that profile. ${existing.length === 0 ? 'No service has any.' : `The services have: ${existing.join(', ')}.`}`,
      next: nearest === undefined ? 'Correct `profiles`.' : `Write ${nearest} in \`profiles\`.`,
    }
  })
}
