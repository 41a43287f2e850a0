import type { ContainerState } from '../compose/containers.ts'
import type { ServiceRecord } from './record.ts'

/** How a container differs from a release. */
export interface RunningDifference {
  readonly service: string
  readonly container: string
  readonly kind: 'image' | 'config' | 'service'
  /** Reads on after the container's name. */
  readonly text: string
}

/** Service to the hashes that Compose computes for it; several where its versions do not agree with themselves. */
export type ConfigHashes = ReadonlyMap<string, readonly string[]>

/** The name that the server's program gives to a stopped container of a service that left, until the release is confirmed. */
const LEFT = /^deploy-left-/

/**
 * The containers of a project's services. What `docker compose run` started is somebody's task and not part of a release, and a
 * stopped container of a service that left waits for the rollback or for its removal.
 */
export function serviceContainers(containers: readonly ContainerState[]): ContainerState[] {
  return containers.filter(container => !container.oneoff && !LEFT.test(container.name))
}

/**
 * Whether these containers run this release: each its recorded image, and with `hashes` the configuration that Compose computes
 * from the release's files now. The one place for that question: after a switch, for drift, and for `unchanged`. Whether there is
 * a container of every service is a question of health. Of the `unpredictable` services, whose hash cannot be computed, a container that
 * was started from a release of ours has the configuration: who starts it otherwise leaves the label of other files.
 */
export function runningDifferences(
  services: readonly ServiceRecord[],
  containers: readonly ContainerState[],
  hashes?: ConfigHashes,
  unpredictable: ReadonlySet<string> = new Set(),
): RunningDifference[] {
  const recorded = new Map(services.map(service => [service.name, service]))
  return serviceContainers(containers).flatMap((container): RunningDifference[] => {
    const { service, name } = container
    const record = recorded.get(service)
    const difference = { service, container: name }
    if (record === undefined)
      return [{ ...difference, kind: 'service', text: 'is of a service that the release lacks' }]
    if (record.imageId !== container.imageId) {
      const text = `runs ${shortId(container.imageId)}, not ${shortId(record.imageId)} (${record.image})`
      return [{ ...difference, kind: 'image', text }]
    }
    const expected = hashes?.get(service)
    if (expected === undefined || expected.includes(container.configHash)) return []
    if (unpredictable.has(service) && isOurs(container)) return []
    return [{ ...difference, kind: 'config', text: 'has another configuration than the files on the server give' }]
  })
}

export function describeDifferences(differences: readonly RunningDifference[]): string {
  return differences.map(({ container, text }) => `${container} ${text}`).join('; ')
}

/** Whether a container was started from one of our releases: Compose notes the files that it was made of. */
export function isOurs({ configFiles }: Pick<ContainerState, 'configFiles'>): boolean {
  return configFiles.some(file => file.includes('/.deploy/releases/'))
}

function shortId(imageId: string): string {
  return imageId.replace(/^sha256:/, '').slice(0, 12)
}
