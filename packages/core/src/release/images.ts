import { mapLimit } from '../flow/limit.ts'
import type { Host } from '../host/host.ts'
import type { Secret } from '../values/secret.ts'
import { couldNot, mustRun } from './must-run.ts'
import type { ServiceRecord } from './record.ts'

export interface RegistryLogin {
  /** As docker names it: `ghcr.io`; '' is Docker Hub. */
  readonly registry: string
  readonly username: string
  readonly password: Secret
}

export interface LocalImage {
  readonly reference: string
  readonly id: string
  /** `repository@sha256:…`; none for an image that was built here. */
  readonly digests: readonly string[]
}

const LOGIN_TIMEOUT = 60_000
const LOOK_TIMEOUT = 60_000
const PULLS_AT_ONCE = 4

/**
 * A Docker configuration of its own, in a folder that goes with the run. Plugins and the chosen context are taken over from
 * the user's, its logins are not.
 */
const configScript = `
set -eu
umask 077
mkdir -p "$1"
own=\${DOCKER_CONFIG:-$HOME/.docker}
[ ! -d "$own/cli-plugins" ] || ln -sfn "$own/cli-plugins" "$1/cli-plugins"
[ ! -d "$own/contexts" ] || ln -sfn "$own/contexts" "$1/contexts"
context=$(docker context show 2>/dev/null || echo default)
[ "$context" != default ] || context=
printf '{"auths":{},"currentContext":"%s"}\\n' "$context" >"$1/config.json"
`

/** Logs in on the server, in a configuration at `folder`; passwords go by stdin. */
export async function loginRegistries(host: Host, folder: string, logins: readonly RegistryLogin[]): Promise<void> {
  await mustRun(
    host,
    { argv: ['sh', '-c', configScript, 'config', folder], timeout: LOOK_TIMEOUT },
    'prepare the registry login',
  )
  for (const { registry, username, password } of logins) {
    const argv = ['docker', '--config', folder, 'login', '--username', username, '--password-stdin']
    const stdin = password.reveal().trim()
    await mustRun(
      host,
      { argv: registry ? [...argv, registry] : argv, stdin, timeout: LOGIN_TIMEOUT },
      `log in at ${registry || 'Docker Hub'} as ${username}`,
    )
  }
}

export interface PullOptions {
  readonly images: readonly string[]
  /** The configuration that holds the logins; undefined is the user's own. */
  readonly config: string | undefined
  readonly timeout: number
  readonly onLine: (image: string, line: string) => void
  readonly signal: AbortSignal
}

/** Pulls the images, some at once. Nothing that runs is touched; the first failure ends it. */
export async function pullImages(host: Host, options: PullOptions): Promise<void> {
  const config = options.config === undefined ? [] : ['--config', options.config]
  const seconds = String(Math.ceil(options.timeout / 1_000))
  await mapLimit(options.images, PULLS_AT_ONCE, async image => {
    const result = await host.run({
      // The server's own limit: a call that only we give up would go on there.
      argv: ['timeout', '-k', '10', seconds, 'docker', ...config, 'pull', image],
      timeout: options.timeout + 30_000,
      onLine: line => options.onLine(image, line),
      signal: options.signal,
    })
    if (result.exitCode === 0) return
    const said = result.exitCode === 124 ? `it did not end within ${seconds} s` : result.stderr.trim()
    throw couldNot(host, `pull ${image}`, said)
  })
}

const lookScript = `
for reference; do
  found=$(docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}}}' "$reference" 2>/dev/null) || found=null
  printf '%s\\n' "$found"
done
`

/** What the references mean on the server right now; undefined where there is no such image. */
export async function lookUpImages(
  host: Host,
  references: readonly string[],
): Promise<Map<string, LocalImage | undefined>> {
  if (references.length === 0) return new Map()
  const result = await host.run({ argv: ['sh', '-c', lookScript, 'look', ...references], timeout: LOOK_TIMEOUT })
  const lines = result.stdout.trim().split('\n')
  return new Map(
    references.map((reference, index) => {
      const found = JSON.parse(lines[index] ?? 'null') as { id: string; digests: string[] | null } | null
      return [reference, found === null ? undefined : { reference, id: found.id, digests: found.digests ?? [] }]
    }),
  )
}

export interface Pin {
  readonly imageId: string
  /** Our own tag. */
  readonly tag: string
}

export function pinsOf(services: readonly ServiceRecord[]): Pin[] {
  return services.map(({ imageId, pin }) => ({ imageId, tag: pin }))
}

const tagScript = `
set -eu
while read -r id tag; do docker tag "$id" "$tag"; done
`

/** Gives images our own tags: `docker image prune` leaves a tagged image alone, and nobody else moves these tags. */
export async function tagImages(host: Host, pins: readonly Pin[]): Promise<void> {
  const stdin = pins.map(pin => `${pin.imageId} ${pin.tag}\n`).join('')
  await mustRun(host, { argv: ['sh', '-c', tagScript, 'tag'], stdin, timeout: LOOK_TIMEOUT }, 'tag the images')
}

/** Arguments: project, image ids. A container that was made and never started keeps its image even from `prune -a`. */
const holdScript = `
set -eu
project=$1
shift
wanted=
for id; do
  short=$(printf '%s' "\${id#sha256:}" | cut -c 1-12)
  name=deploy-holds-$project-$short
  wanted="$wanted $name"
  docker container inspect "$name" >/dev/null 2>&1 ||
    docker create --name "$name" --network none --label "deploy-actions.holds=$project" --entrypoint hold "$id" >/dev/null
done
docker ps -a --filter "label=deploy-actions.holds=$project" --format '{{.Names}}' | while read -r name; do
  case "$wanted " in *" $name "*) ;; *) docker rm "$name" >/dev/null ;; esac
done
`

/** Has containers hold exactly these images of the project, the ones of the way back; what was held before is let go. */
export async function holdImages(host: Host, project: string, imageIds: readonly string[]): Promise<void> {
  const argv = ['sh', '-c', holdScript, 'hold', project, ...new Set(imageIds)]
  await mustRun(host, { argv, timeout: LOOK_TIMEOUT }, 'hold the images of the way back')
}
