import { join } from 'node:path'
import { ensureImage } from './images.ts'
import { ensureMachine, execIn, service } from './machine.ts'
import type { LabNames } from './names.ts'
import type { Progress } from './progress.ts'
import type { LabRegistry } from './registry.ts'
import { trust } from './server.ts'

/** A machine with buildx, which builds for several processors in one go, whatever the engine of this machine can. */
export interface LabBuilder {
  readonly container: string
  /** Pushes Debian's node for amd64 and arm64 as `registry.lab:5000/node:lab`, to build from; gives that reference. */
  pushNodeImage(): Promise<string>
}

export function ensureBuilderImage(machineImage: string, progress: Progress): Promise<string> {
  return ensureImage(
    { name: 'builder', folder: join(import.meta.dirname, 'images', 'builder') },
    machineImage,
    progress,
  )
}

export async function ensureBuilder(
  lab: LabNames,
  image: string,
  password: string,
  registry: Promise<LabRegistry>,
): Promise<LabBuilder> {
  const container = await ensureMachine(
    lab,
    { name: 'builder', services: ['dockerd'], env: { LAB_COMPOSE: 'debian' }, ports: [] },
    image,
  )
  await service(container, 'dockerd', 'wait')
  const { address, username, ca } = await registry
  await trust(container, ca)
  return {
    container,
    async pushNodeImage() {
      const reference = `${address}/node:lab`
      // The level takes half the time of the usual one. Why push has no value: see stand-ins/build-push-action.
      const output = `--output type=image,name=${reference},push=,compression=gzip,compression-level=1`
      // With a login of its own: who builds here later logs in as a runner does.
      await execIn(
        container,
        `set -eu
         export DOCKER_CONFIG=$(mktemp -d)
         docker login --username ${username} --password-stdin ${address} 2> /dev/null
         docker buildx build --quiet --platform linux/amd64,linux/arm64 --provenance false ${output} /usr/local/share/lab/node
         rm -rf "$DOCKER_CONFIG"`,
        { input: password },
      )
      return reference
    },
  }
}
