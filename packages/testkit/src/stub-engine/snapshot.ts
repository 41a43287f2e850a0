import { familiar } from './references.ts'
import type { StubContainer, StubState } from './state.ts'

export interface ContainerSnapshot {
  readonly name: string
  readonly image: string
  readonly configHash: string | undefined
  readonly status: StubContainer['status']
  readonly health: StubContainer['health']
  /** Volume IDs by the path in the container. */
  readonly volumes: Readonly<Record<string, string | undefined>>
}

/** What an engine holds, without container IDs and times. */
export interface EngineSnapshot {
  /** By `project/service/number`; by name where there is no such label. */
  readonly containers: Readonly<Record<string, ContainerSnapshot>>
  /** Tags and digests by image ID. */
  readonly images: Readonly<Record<string, readonly string[]>>
  /** IDs by name: another ID means that the volume was created anew. */
  readonly volumes: Readonly<Record<string, string>>
  readonly networks: readonly string[]
}

export function snapshotOf(state: StubState): EngineSnapshot {
  const containers: Record<string, ContainerSnapshot> = {}
  for (const container of Object.values(state.containers).sort((a, b) => a.order - b.order)) {
    const key = keyOf(container)
    // Two of one number: one is a leftover of an `up` that was killed.
    containers[key in containers ? `${key} (${container.name})` : key] = viewOf(state, container)
  }
  return {
    containers: byKey(containers),
    images: byKey(mapValues(state.images, ({ tags, digests }) => [...tags, ...digests].map(familiar).sort())),
    volumes: byKey(mapValues(state.volumes, ({ id }) => id)),
    networks: Object.keys(state.networks).sort(),
  }
}

function keyOf({ labels, name }: StubContainer): string {
  const label = (key: string) => labels[`com.docker.compose.${key}`]
  if (label('project') === undefined) return name
  return `${label('project')}/${label('service')}/${label('container-number')}`
}

function viewOf(state: StubState, container: StubContainer): ContainerSnapshot {
  const { name, imageId: image, status, health, labels, mounts } = container
  return {
    name,
    image,
    configHash: labels['com.docker.compose.config-hash'],
    status,
    health,
    volumes: Object.fromEntries(
      mounts
        .filter(mount => mount.name !== undefined)
        .map(mount => [mount.target, state.volumes[mount.name ?? '']?.id]),
    ),
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function byKey<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
