import { createHash } from 'node:crypto'
import type { ComposeConfig } from '@deploy-actions/core/compose/config'
import { writePins } from '@deploy-actions/core/compose/pins'
import { parseChecksums } from '@deploy-actions/core/host/manifest'
import { pinsOf } from '@deploy-actions/core/release/images'
import { newReleaseId, type ReleaseRecord, type ServiceRecord, shortSha } from '@deploy-actions/core/release/record'
import type { ReleaseDocuments } from '@deploy-actions/core/release/store'
import type { Inputs } from './inputs.ts'
import { hashOfMounts } from './mounts.ts'
import type { Shipment } from './shipment.ts'

/** The label by which Compose sees that a mounted file changed. */
const MOUNTS_LABEL = 'deploy-actions.mounts'

export interface Ingredients {
  readonly config: ComposeConfig
  /** The folder that the configuration's paths lie in. */
  readonly configFolder: string
  readonly services: readonly ServiceRecord[]
  readonly shipment: Shipment
  readonly previous: ReleaseRecord
  /** Ids that are taken. */
  readonly taken: readonly string[]
  readonly now: number
  readonly by: string
}

/** Writes down a release: the documents that go into its folder. */
export function describeRelease(from: Ingredients, inputs: Inputs): ReleaseDocuments {
  const { config, shipment, previous } = from
  const services = withMounts(from)
  const images = writePins(
    services.map(({ name, pin, mounts }) => ({
      name,
      image: pin,
      ...(mounts === undefined ? {} : { labels: { [MOUNTS_LABEL]: mounts } }),
    })),
  )
  const links = shipment.entries.flatMap(entry => ('link' in entry ? [entry] : []))
  const executables = shipment.entries.filter(entry => !('link' in entry) && (entry.mode & 0o111) !== 0)
  const env = shipment.env === undefined ? 'kept' : 'written'
  const fingerprint = hashOf(
    config.name,
    shipment.composeFiles.join('\n'),
    shipment.manifest,
    links.map(entry => `${entry.path} -> ${entry.link}`).join('\n'),
    executables.map(entry => entry.path).join('\n'),
    shipment.env ?? '',
    images,
  )
  const record: ReleaseRecord = {
    format: 1,
    id: newReleaseId(from.now, shortSha(inputs.sha) ?? inputs.version, from.taken),
    state: 'staged',
    adopted: false,
    createdAt: new Date(from.now).toISOString(),
    ...(inputs.sha === undefined ? {} : { sha: inputs.sha }),
    ...(inputs.version === undefined ? {} : { version: inputs.version }),
    by: from.by,
    project: config.name,
    composeFiles: shipment.composeFiles,
    env,
    services,
    fingerprint,
    previous: previous.id,
  }
  const plan = {
    project: config.name,
    composeFiles: shipment.composeFiles,
    services: services.map(service => service.name),
    links: links.map(entry => `./${entry.path}`),
    executables: executables.map(entry => `./${entry.path}`),
    pins: pinsOf(services),
    env,
    timeout: inputs.waitTimeout / 1_000,
  } as const
  return { record, plan, manifest: shipment.manifest, images, env: shipment.env }
}

function withMounts({ config, configFolder, services, shipment }: Ingredients): ServiceRecord[] {
  const checksums = parseChecksums(shipment.manifest)
  return services.map(record => {
    const service = config.services.find(({ name }) => name === record.name)
    const mounts = service && hashOfMounts(service, configFolder, checksums)
    const { mounts: _before, ...rest } = record
    return mounts === undefined ? rest : { ...rest, mounts }
  })
}

/** Each part with its length before it, so that no two different lists of parts run together to the same text. */
function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest('hex')
}
