import type { ContainerState } from '../compose/containers.ts'
import type { Release } from '../release/record.ts'
import { isOurs, serviceContainers } from '../release/running.ts'
import type { ComposeProjectLabel, ServerSurvey } from '../release/survey.ts'
import type { ActionErrorParts } from '../values/action-error.ts'

/**
 * PURE. A project is a directory and a name. Where the containers of the server contradict, a deploy would replace or delete what
 * belongs to another project, or run the same one twice.
 */
export function identityProblems(
  name: string,
  path: string,
  { projects, realPath }: Pick<ServerSurvey, 'projects' | 'realPath'>,
): ActionErrorParts[] {
  const isHere = isIn(path, realPath)
  const others = [
    ...new Set(projects.filter(label => isHere(label) && label.project !== name).map(each => each.project)),
  ]
  const elsewhere = projects.find(label => label.project === name && label.directory !== '' && !isHere(label))
  return [
    ...others.map(other => ({
      title: `${path} holds another project: ${other}`,
      message: `Containers of project ${other} were started from ${path}, and this deploy is of project ${name}. It would delete files of ${other}, or run the same application twice.`,
      next: `Keep the name with \`project-name: ${other}\`; or stop that project first (docker compose -p ${other} down); or give each project a directory of its own.`,
    })),
    ...(elsewhere === undefined
      ? []
      : [
          {
            title: `Project name ${name} is already used`,
            message: `Containers of project ${name} were started from ${elsewhere.directory}, not from ${path}.`,
            next: 'Give this project another name with `project-name` or `name:` in the compose file, or deploy to that directory.',
          },
        ]),
  ]
}

/** The Compose project whose containers were started from a directory; undefined when there is none. */
export function projectIn(path: string, server: Pick<ServerSurvey, 'projects' | 'realPath'>): string | undefined {
  return server.projects.find(isIn(path, server.realPath))?.project
}

function isIn(path: string, realPath: string | undefined): (label: ComposeProjectLabel) => boolean {
  return label => directoryOf(label) === (realPath ?? path)
}

/** A directory that is not there any more has no real path. */
function directoryOf({ directory, realDirectory }: ComposeProjectLabel): string {
  return realDirectory === '' ? directory : realDirectory
}

/** A compose file that containers were started from, relative to the project directory where it lies in it. */
export interface StartFile {
  readonly path: string
  readonly isInside: boolean
}

/** The compose files that manually started containers were made of; Compose notes them on each container. */
export function startFiles(
  containers: readonly ContainerState[],
  path: string,
  realPath: string | undefined,
): StartFile[] {
  const manual = serviceContainers(containers).filter(each => !isOurs(each))
  const found = manual.flatMap(container => startFilesOf(container, path, realPath))
  return [...new Map(found.map(file => [file.path, file])).values()]
}

/** What one container was made of. */
function startFilesOf(container: ContainerState, path: string, realPath: string | undefined): StartFile[] {
  const roots = [path, ...(realPath === undefined ? [] : [realPath]), container.workingDir]
  return container.configFiles.map(file => {
    // Compose 1 wrote paths relative to the directory.
    const absolute = file.startsWith('/') ? file : `${container.workingDir}/${file}`
    const root = roots.find(each => each !== '' && absolute.startsWith(`${each}/`))
    return { path: root === undefined ? absolute : absolute.slice(root.length + 1), isInside: root !== undefined }
  })
}

type StartFiles = { readonly files: readonly StartFile[] } | { readonly conflict: readonly [string, string] }

/** The files that what runs is made of, where the record of the held release does not have them; undefined where it does. */
export function unrecordedFiles(
  held: Release | undefined,
  containers: readonly ContainerState[],
  path: string,
  realPath: string | undefined,
): StartFiles | undefined {
  if (held !== undefined && startFiles(containers, path, realPath).length === 0) return undefined
  return mergedStartFiles(containers, path, realPath)
}

/**
 * The compose files of all containers, also of those that a release started: some may have been started again with fewer files. In
 * the order in which Compose merged them; two lists, for people, where the containers contradict each other.
 */
export function mergedStartFiles(
  containers: readonly ContainerState[],
  path: string,
  realPath: string | undefined,
): StartFiles {
  const merged: StartFile[] = []
  for (const container of serviceContainers(containers)) {
    const files = startFilesOf(container, path, realPath).filter(file => !file.path.startsWith('.deploy/releases/'))
    let next = 0
    for (const [index, file] of files.entries()) {
      const at = merged.findIndex(each => each.path === file.path)
      if (at >= 0 && at < next) return { conflict: [namesOf(merged), namesOf(files)] }
      if (at >= 0) {
        next = at + 1
        continue
      }
      // A file that only some containers have comes before the next one that is common.
      const common = merged.findIndex(each => files.slice(index + 1).some(later => later.path === each.path))
      const place = common < next ? merged.length : common
      merged.splice(place, 0, file)
      next = place + 1
    }
  }
  return { files: merged }
}

function namesOf(files: readonly StartFile[]): string {
  return files.map(({ path }) => path).join(', ')
}

/** Compose files that the running project was made of and that the deploy does not use. */
export function unusedStartFiles(files: readonly StartFile[], composeFiles: readonly string[]): string[] {
  return files.filter(({ path, isInside }) => !isInside || !composeFiles.includes(path)).map(({ path }) => path)
}
