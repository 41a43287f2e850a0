import type { ComposeConfig } from '@deploy-actions/core/compose/config'
import type { Host } from '@deploy-actions/core/host/host'
import { parseChecksums } from '@deploy-actions/core/host/manifest'
import { type Layout, releaseFiles } from '@deploy-actions/core/release/layout'
import { planValues } from '@deploy-actions/core/release/plan-file'
import { previewConfig } from '@deploy-actions/core/release/preview'
import { stageFiles } from '@deploy-actions/core/release/stage'
import { writeFile } from '@deploy-actions/core/release/store'
import type { StoreSurvey } from '@deploy-actions/core/release/survey'
import { formatBytes } from '@deploy-actions/core/values/bytes'
import type { Inputs } from './inputs.ts'
import type { Shipment } from './shipment.ts'
import type { World } from './world.ts'

const UPLOAD_TIMEOUT = 30 * 60_000

export interface Destination {
  readonly host: Host
  readonly layout: Layout
  readonly store: StoreSurvey
  /** A folder of this run. On the project's file system one rename puts the release from it into the store. */
  readonly temporary: string
}

export interface BroughtFiles {
  /** The folder of the release in the making. */
  readonly folder: string
  /** What Compose makes of the files. */
  readonly config: ComposeConfig
  /** The folder that the paths in it lie in. */
  readonly configFolder: string
}

/** Brings what the release ships beside what runs, and has Compose read it there. Nothing that runs is touched. */
export async function bringFiles(
  shipment: Shipment,
  to: Destination,
  inputs: Inputs,
  world: World,
): Promise<BroughtFiles> {
  const folder = `${to.temporary}/release`
  await world.timeline.phase('Send the files', () => sendFiles(shipment, to, folder, world))
  // Where Compose takes the project's name from the directory's, the preview must be called as that.
  const configFolder = `${to.temporary}/preview/${to.layout.project.split('/').at(-1)}`
  const config = await world.timeline.phase('Check the compose file', () =>
    previewConfig(to.host, {
      project: to.layout.project,
      staged: folder,
      folder: configFolder,
      composeFiles: shipment.composeFiles,
      projectName: inputs.projectName,
    }),
  )
  return { folder, config, configFolder }
}

async function sendFiles(shipment: Shipment, to: Destination, folder: string, world: World): Promise<void> {
  const { host, layout, store } = to
  const staged = await stageFiles(host, {
    entries: shipment.entries,
    manifest: shipment.manifest,
    folder: `${folder}/${releaseFiles.files}`,
    reusable: store.current && {
      folder: `${layout.releases}/${store.current.id}/${releaseFiles.files}`,
      checksums: parseChecksums(store.manifest),
      executables: new Set(planValues(store.plan, 'exec').map(path => path.replace(/^\.\//, ''))),
    },
    pack: entries => world.workspace.pack(shipment.root, entries),
    timeout: UPLOAD_TIMEOUT,
    signal: world.signal,
  })
  if (shipment.env !== undefined) await writeFile(host, `${folder}/${releaseFiles.env}`, shipment.env)
  const reused = staged.reusedFiles === 0 ? '' : `, ${staged.reusedFiles} were there already`
  world.log.info(`  ${staged.sentFiles} files sent (${formatBytes(staged.sentBytes)})${reused}`)
}
