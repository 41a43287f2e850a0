import { createHash } from 'node:crypto'
import { writePins } from '../compose/pins.ts'
import type { TarDocument } from '../host/tar.ts'
import { releaseFiles } from '../release/layout.ts'
import { type PlanFile, pinsOf, writePlanFile } from '../release/plan-file.ts'
import { formatRecord, formatState, type Release, type ReleaseRecord, type ServiceRecord } from '../release/record.ts'
import { mountsLabel } from './mounts.ts'
import type { Payload } from './payload.ts'

/** The override file that pins each service of a release to its image. */
export function imagesFile(services: readonly ServiceRecord[]): string {
  return writePins(
    services.map(({ name, pin, mounts }) => ({
      name,
      image: pin,
      ...(mounts === undefined ? {} : { labels: { [mountsLabel]: mounts } }),
    })),
  )
}

/** Two releases with the same fingerprint have the same files, variables and images. */
export function fingerprintOf(payload: Payload, project: string, services: readonly ServiceRecord[]): string {
  const links = payload.entries.flatMap(entry => ('link' in entry ? [`${entry.path} -> ${entry.link}`] : []))
  return hashOf(
    project,
    payload.composeFiles.join('\n'),
    payload.manifest,
    payload.modes,
    links.join('\n'),
    payload.env === undefined ? 'kept' : `written ${payload.env}`,
    imagesFile(services),
  )
}

/** The documents of a release that are written beside its files when it is stored. `optional` are the services that its compose files do not expect to run. */
export function documentsOf(
  release: Release,
  plan: Pick<PlanFile, 'optional' | 'links' | 'foreign' | 'envMode' | 'timeout'>,
  at: Date,
  more: readonly TarDocument[] = [],
): TarDocument[] {
  const wasUnhealthy = new Set(release.services.filter(({ found }) => found !== undefined).map(({ name }) => name))
  const { state, stateAt: _at, stateReason, ...record } = release
  return [
    { path: releaseFiles.record, text: formatRecord(record satisfies ReleaseRecord) },
    { path: releaseFiles.state, text: formatState(state, at, stateReason) },
    {
      path: releaseFiles.plan,
      text: writePlanFile({
        ...plan,
        project: release.project,
        composeFiles: release.composeFiles,
        services: release.services,
        optional: release.services
          .map(({ name }) => name)
          .filter(name => plan.optional.includes(name) || wasUnhealthy.has(name)),
        pins: pinsOf(release.services),
        env: release.env,
      }),
    },
    { path: releaseFiles.images, text: imagesFile(release.services) },
    ...more,
  ]
}

/** Each part with its length before it, so that no two different lists of parts run together to the same text. */
function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest('hex')
}
