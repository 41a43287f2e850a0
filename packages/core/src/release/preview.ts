import { configCommand } from '../compose/command.ts'
import { type ComposeConfig, parseComposeConfig } from '../compose/config.ts'
import { readFailure } from '../compose/failure.ts'
import type { Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { mustRun } from './must-run.ts'

const TIMEOUT = 60_000

/**
 * The project directory as it will be after the switch, made beside it: the staged files and the new `.env`, and links to
 * whatever else lies on the server only. Compose reads it before anything is changed, so a mistake is found while the old
 * version serves. Arguments: project directory, folder with `files` and perhaps `env`, folder to make.
 */
const previewScript = `
set -eu
umask 077
mkdir -p "$(dirname "$3")"
cp -al -- "$2/files" "$3" 2>/dev/null || cp -a -- "$2/files" "$3"
[ ! -f "$2/env" ] || ln -sf "$2/env" "$3/.env"
[ -d "$1" ] || exit 0
cd "$3"
find . -type d | while IFS= read -r folder; do
  for entry in "$1/$folder"/* "$1/$folder"/.[!.]*; do
    name=\${entry##*/}
    [ "$name" = .deploy ] || [ ! -e "$entry" ] || [ -e "$folder/$name" ] || ln -s "$entry" "$folder/$name"
  done
done
`

export interface PreviewOptions {
  readonly project: string
  readonly staged: string
  /** Where to make the preview. Its name is the project directory's: Compose takes the project's name from it. */
  readonly folder: string
  readonly composeFiles: readonly string[]
  readonly projectName: string | undefined
}

/** The configuration that Compose will run after the switch; paths in it lie in the preview's folder. */
export async function previewConfig(host: Host, options: PreviewOptions): Promise<ComposeConfig> {
  const { project, staged, folder } = options
  await mustRun(
    host,
    {
      argv: ['sh', '-c', previewScript, 'preview', project, staged, folder],
      timeout: TIMEOUT,
    },
    'make a preview of the project directory',
  )
  return readConfig(host, {
    directory: folder,
    composeFiles: options.composeFiles,
    projectName: options.projectName,
  })
}

/** What Compose makes of the files in a directory. The answer holds secrets: it is never logged. */
export async function readConfig(
  host: Host,
  options: { directory: string; composeFiles: readonly string[]; projectName: string | undefined },
): Promise<ComposeConfig> {
  const result = await host.run({ argv: configCommand(options), timeout: TIMEOUT })
  if (result.exitCode === 0) return parseComposeConfig(result.stdout)
  const said = result.stderr.trim()
  throw new ActionError({
    title: 'The compose file is invalid',
    message: `docker compose config says: ${readFailure(said)?.message ?? said}`.replaceAll(
      `${options.directory}/`,
      '',
    ),
    next: 'Nothing was changed. Correct it, and try it with `docker compose config` on your own machine.',
  })
}
