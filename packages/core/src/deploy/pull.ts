import { readFailure } from '../compose/failure.ts'
import type { LocalImages, PullAnswer } from '../release/answers.ts'
import { nameOf, type Release } from '../release/record.ts'
import { ActionError } from '../values/action-error.ts'
import type { Context } from './context.ts'
import type { RegistryLogin } from './options.ts'
import type { Project } from './project.ts'

export interface PullOptions {
  readonly registries: readonly RegistryLogin[]
  /** Milliseconds for one image. */
  readonly pullTimeout: number
}

/** Pulls images and looks others up, in one call. Nothing that runs is touched. */
export async function pullImages(
  pull: readonly string[],
  look: readonly string[],
  options: PullOptions,
  { program, folder }: Pick<Project, 'program' | 'folder'>,
  context: Context,
): Promise<LocalImages> {
  const answer = await program.pull({
    folder,
    logins:
      pull.length === 0
        ? []
        : options.registries.map(login => ({ ...login, password: login.password.reveal().trim() })),
    pull,
    look: [...new Set(look)],
    timeout: options.pullTimeout,
    onLine: line => {
      if (isProgress(line)) context.log.info(`  ${line}`)
    },
    signal: context.signal,
  })
  refuseFailures(answer, program.host.name)
  return answer.images
}

function refuseFailures({ failed }: PullAnswer, hostName: string): void {
  const [first] = failed
  if (first === undefined) return
  const failure = readFailure(first.message)
  const lines = failed.map(({ what, message }) => `${what}: ${readFailure(message)?.message ?? message}`)
  throw new ActionError({
    title: failure?.title ?? `Could not ${first.what}`,
    message: `${hostName} could not ${lines.join('\n')}`,
    next: failure?.next ?? 'Check that the image exists, and that the server reaches its registry.',
  })
}

/** Docker writes several lines for each layer; the finished ones are enough to see that it goes on. */
function isProgress(line: string): boolean {
  return /: (?:.*Pull complete|.*Already exists|Digest:|Status:)/.test(line)
}

/** The digests of a release's images that are not on the server any more. Throws when one of them is nowhere else. */
export async function missingImages(
  release: Release,
  options: PullOptions,
  project: Pick<Project, 'program' | 'folder'>,
  context: Context,
): Promise<string[]> {
  const wanted = release.services.map(service => service.imageId)
  const here = await pullImages([], wanted, options, project, context)
  const missing = release.services.filter(service => here.get(service.imageId) === undefined)
  const digests = missing.map(({ name, image, digest }) => {
    if (digest !== undefined) return digest
    throw new ActionError({
      title: `Image of ${name} not found`,
      message: `${image} of release ${nameOf(release)} is not on the server any more, and it did not come from a registry.`,
      next: 'Choose another release, or deploy that commit again.',
    })
  })
  return [...new Set(digests)]
}

/** Has the images of a release on the server: they are still there, or are pulled by digest. The switch tags them again. */
export async function restoreImages(
  release: Release,
  options: PullOptions,
  project: Project,
  context: Context,
): Promise<void> {
  const digests = await missingImages(release, options, project, context)
  if (digests.length === 0) return
  context.log.info(`  pulling again, by digest: ${digests.join(', ')}`)
  await pullImages(digests, [], options, project, context)
}
