import { posix } from 'node:path'
import type { ComposeConfig } from '../compose/config.ts'
import { FilesRefused } from '../host/files.ts'
import type { ProjectProgram } from '../release/project-program.ts'
import type { ActionErrorParts } from '../values/action-error.ts'
import type { Workspace } from './context.ts'
import type { Payload } from './payload.ts'

/** A file that the compose file refers to and that is not on the server after the switch. */
export interface MissingFile {
  /** Relative to the project directory. */
  readonly path: string
  readonly services: readonly string[]
  /** Whether a service cannot be started without it. In the place of any other, Docker makes an empty directory. */
  readonly isRequired: boolean
  /** Where the workspace has it, relative to `working-directory`. */
  readonly found?: string
}

/** PURE. What services mount or get as a file from below the directory. */
export function referencesIn({ services }: ComposeConfig, directory: string): MissingFile[] {
  const references = new Map<string, { services: string[]; isRequired: boolean }>()
  for (const { name, bindMounts, provided } of services) {
    const required = new Set(provided.map(({ file }) => file))
    for (const source of bindMounts) {
      if (!source.startsWith(`${directory}/`)) continue
      const path = source.slice(directory.length + 1)
      const known = references.get(path)
      references.set(path, {
        services: [...new Set([...(known?.services ?? []), name])],
        isRequired: (known?.isRequired ?? false) || required.has(source),
      })
    }
  }
  return [...references].map(([path, reference]) => ({ path, ...reference }))
}

/** The references that lead nowhere in the preview of the project directory, which is what the switch makes of it. */
export async function findMissing(
  references: readonly MissingFile[],
  directory: string,
  payload: Payload,
  program: ProjectProgram,
  workspace: Workspace,
): Promise<MissingFile[]> {
  const unsent = references.filter(({ path }) => !isShipped(path, payload))
  if (unsent.length === 0) return []
  const missing = await program.missingIn(
    directory,
    unsent.map(({ path }) => path),
  )
  return Promise.all(
    unsent
      .filter(({ path }) => missing.includes(path))
      .map(async reference => {
        const found = await placeInWorkspace(reference.path, payload, workspace)
        return { ...reference, ...(found === undefined ? {} : { found }) }
      }),
  )
}

function isShipped(path: string, { entries }: Payload): boolean {
  return entries.some(entry => entry.path === path || entry.path.startsWith(`${path}/`))
}

/** Where the workspace has a file: at its place, or beside a compose file, where everyone's own machine looks for it. */
export async function placeInWorkspace(
  path: string,
  { root, composeFiles }: Pick<Payload, 'root' | 'composeFiles'>,
  workspace: Workspace,
): Promise<string | undefined> {
  const folders = new Set(['.', ...composeFiles.map(file => posix.dirname(file))])
  for (const folder of folders) {
    const place = posix.join(folder, path)
    if (!place.startsWith('../') && (await hasContent(place, root, workspace))) return place
  }
  return undefined
}

/** A folder that only a placeholder keeps in the repository is there for data that the server has. */
async function hasContent(path: string, root: string, workspace: Workspace): Promise<boolean> {
  if (!(await workspace.exists(root, path))) return false
  try {
    const entries = await workspace.collect(root, [path])
    return entries.some(entry => !/(^|\/)\.(git|)(keep|ignore)$/.test(entry.path))
  } catch (thrown) {
    // An empty folder.
    if (thrown instanceof FilesRefused) return false
    throw thrown
  }
}

/** What to do about a file that the workspace has and the deploy does not upload. */
export function howToUpload(path: string, place: string): string {
  if (place === path) return `Name ${path} in \`files\`.`
  const folder = place.slice(0, -path.length - 1)
  return `Relative paths in a compose file start at the project directory, which gets the files of \`working-directory\`: set \`working-directory: ${folder}\`, write \`compose-files\` and \`files\` relative to that, and name ${path} in \`files\`.`
}

/** PURE. Missing files that make a release wrong, and are found before it is switched to. */
export function missingProblems(missing: readonly MissingFile[]): ActionErrorParts[] {
  return missing.flatMap(({ path, services, isRequired, found }): ActionErrorParts[] => {
    const user = `The compose file refers to ${path} (${services.join(', ')})`
    if (found !== undefined) {
      const where = found === path ? 'the workspace has it' : `the workspace has ${found}`
      return [
        {
          title: `${path} is not uploaded`,
          message: `${user}: ${where}, and neither \`files\` nor the server does.`,
          next: howToUpload(path, found),
        },
      ]
    }
    if (!isRequired) return []
    return [
      {
        title: `${path} does not exist`,
        message: `${user} as a config or secret, and neither the workspace nor the server has it.`,
        next: 'Correct the path in the compose file, have an earlier step write the file and name it in `files`, or create it on the server.',
      },
    ]
  })
}

/** The others: mostly directories for data before a first deploy. */
export function emptyMounts(missing: readonly MissingFile[]): string[] {
  return missing
    .filter(({ found, isRequired }) => found === undefined && !isRequired)
    .map(({ path, services }) => `${path} (${services.join(', ')})`)
}
