import type { ContainerState } from '../compose/containers.ts'
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
  const isHere = (label: ComposeProjectLabel) => directoryOf(label) === (realPath ?? path)
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
  const roots = [path, ...(realPath === undefined ? [] : [realPath])]
  const found = new Map<string, StartFile>()
  for (const container of serviceContainers(containers).filter(each => !isOurs(each))) {
    for (const file of container.configFiles) {
      // Compose 1 wrote paths relative to the directory.
      const absolute = file.startsWith('/') ? file : `${container.workingDir}/${file}`
      const root = [...roots, container.workingDir].find(each => each !== '' && absolute.startsWith(`${each}/`))
      const start = root === undefined ? absolute : absolute.slice(root.length + 1)
      found.set(start, { path: start, isInside: root !== undefined })
    }
  }
  return [...found.values()]
}

/** Compose files that the running project was made of and that the deploy does not use. */
export function unusedStartFiles(files: readonly StartFile[], composeFiles: readonly string[]): string[] {
  return files.filter(({ path, isInside }) => !isInside || !composeFiles.includes(path)).map(({ path }) => path)
}
