import type { ContainerState } from '../compose/containers.ts'
import { pinTag, writePins } from '../compose/pins.ts'
import type { Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { lookUpImages, pinsOf, tagImages } from './images.ts'
import type { Layout } from './layout.ts'
import type { ReleaseRecord, ServiceRecord } from './record.ts'
import { parseSections } from './sections.ts'
import { storeRelease } from './store.ts'
import type { StoreSurvey } from './survey.ts'

/**
 * Why what runs must be recorded before a deploy replaces it, or undefined when the current release's record says it all.
 * A release that was never good is no record of what ran; its own way back is.
 */
export function reasonToAdopt(store: StoreSurvey, containers: readonly ContainerState[]): string | undefined {
  const { current, drift } = store
  if (current === undefined) return containers.length === 0 ? 'nothing runs here yet' : 'it was started by hand'
  if (current.state === 'staged' || current.state === 'failed') return undefined
  if (drift.length > 0) return `changed by hand: ${drift.slice(0, 5).join(', ')}${drift.length > 5 ? ', …' : ''}`
  const recorded = new Map(current.services.map(service => [service.name, service.imageId]))
  const other = containers.find(({ oneoff, service, imageId }) => !oneoff && recorded.get(service) !== imageId)
  return other && `${other.service} runs another image than the release`
}

export interface AdoptOptions {
  readonly id: string
  readonly now: Date
  readonly by: string | undefined
  readonly project: string
  readonly containers: readonly ContainerState[]
  readonly store: StoreSurvey
  /** Paths that the coming release brings: what it replaces must be kept. */
  readonly shipped: readonly string[]
  /** Seconds for `up` on the way back. */
  readonly upTimeout: number
  readonly reason: string
  /** A folder that does not exist yet, on the project's file system. */
  readonly folder: string
  readonly mark: string
}

/** Copies what is there now of the files that are listed, a line each, and tells their checksums. */
const copyScript = `
set -eu
mark=$1
project=$2
folder=$3
export LC_ALL=C
umask 077
mkdir -p "$folder/files"
cd "$project"
while IFS= read -r path; do [ ! -f "$path" ] || [ -L "$path" ] || printf '%s\\n' "$path"; done >"$folder.list"
[ ! -s "$folder.list" ] || tar -cf - -T "$folder.list" | (umask 022 && tar -C "$folder/files" -xpf -)
[ ! -f .env ] || cp .env "$folder/env"
cd "$folder/files"
printf '%s manifest\\n' "$mark"
[ ! -s "$folder.list" ] || tr '\\n' '\\0' <"$folder.list" | xargs -0 sha256sum | sed 's|  \\./|  |'
printf '%s executable\\n' "$mark"
while IFS= read -r path; do [ ! -x "$path" ] || printf '%s\\n' "$path"; done <"$folder.list"
printf '%s env\\n' "$mark"
[ ! -f "$folder/env" ] || echo yes
rm -f "$folder.list"
printf '%s end\\n' "$mark"
`

/** Makes a release of what the server has now, so that the way back leads exactly there. */
export async function adopt(host: Host, layout: Layout, options: AdoptOptions): Promise<ReleaseRecord> {
  const { store, containers, project } = options
  const composeFiles = store.current?.composeFiles ?? composeFilesOf(containers, layout.project)
  const known = [...store.manifest.matchAll(/^[0-9a-f]{64} {2}(.+)$/gm)].map(match => match[1] ?? '')
  const paths = new Set([...composeFiles, ...known, ...options.shipped])
  const copied = await host.run({
    argv: ['sh', '-c', copyScript, 'adopt', options.mark, layout.project, options.folder],
    stdin: [...paths].map(path => `./${path}\n`).join(''),
    timeout: 120_000,
  })
  const sections = parseSections(copied.stdout, options.mark)
  if (!sections.has('end')) throw cannotAdopt(copied.stderr.trim())
  const manifest = sections.get('manifest') ? `${sections.get('manifest')}\n` : ''
  if (containers.length > 0 && !composeFiles.some(file => manifest.includes(`  ${file}\n`))) {
    throw cannotAdopt(`its compose file (${composeFiles.join(', ') || 'unknown'}) is not there any more`)
  }
  const services = await servicesOf(host, containers)
  const pins = pinsOf(services)
  await tagImages(host, pins)
  const hasEnv = sections.get('env') === 'yes'
  const record: ReleaseRecord = {
    format: 1,
    id: options.id,
    state: 'live',
    reason: options.reason,
    adopted: true,
    createdAt: options.now.toISOString(),
    ...(options.by === undefined ? {} : { by: options.by }),
    project,
    composeFiles: containers.length === 0 ? [] : composeFiles,
    env: hasEnv ? 'written' : 'none',
    services,
    fingerprint: `adopted ${options.id}`,
    ...(store.current === undefined ? {} : { previous: store.current.id }),
  }
  await storeRelease(host, layout, options.folder, {
    record,
    plan: {
      project,
      composeFiles: record.composeFiles,
      services: services.map(service => service.name),
      links: [],
      pins,
      executables: (sections.get('executable') ?? '').split('\n').filter(Boolean),
      env: record.env,
      timeout: options.upTimeout,
    },
    manifest,
    images: writePins(services.map(service => ({ name: service.name, image: service.pin }))),
    env: undefined,
  })
  return record
}

async function servicesOf(host: Host, containers: readonly ContainerState[]): Promise<ServiceRecord[]> {
  const byService = new Map(containers.filter(({ oneoff }) => !oneoff).map(container => [container.service, container]))
  const images = await lookUpImages(host, [...new Set([...byService.values()].map(container => container.imageId))])
  return [...byService.values()].map(({ service, imageId, imageRef }) => {
    const digest = images.get(imageId)?.digests[0]
    const pin = pinTag(imageRef, imageId)
    return { name: service, image: imageRef, imageId, pin, ...(digest === undefined ? {} : { digest }) }
  })
}

/** Compose notes on each container which files it was started from: https://docs.docker.com/reference/compose-file/ */
function composeFilesOf(containers: readonly ContainerState[], project: string): string[] {
  const files = containers[0]?.configFiles ?? []
  return files.filter(file => file.startsWith(`${project}/`)).map(file => file.slice(project.length + 1))
}

function cannotAdopt(why: string): ActionError {
  return new ActionError({
    title: 'There would be no way back',
    message: `What runs in the project directory could not be recorded: ${why}.`,
    next: 'Put the compose file back that the containers were started from, or stop the project by hand (docker compose down), then deploy again.',
  })
}
