import { type ContainerState, parseContainers } from '@deploy-actions/core/compose/containers'
import type { Release } from '@deploy-actions/core/release/record'

/** A confirmed release with one service, whose image is named by `web`. */
export function release(sequence: number, parts: Partial<Release> & { readonly web?: string } = {}): Release {
  const { web = `v${sequence}`, ...rest } = parts
  return {
    format: 2,
    id: `r${sequence}`,
    sequence,
    ...(sequence > 1 ? { previous: `r${sequence - 1}` } : {}),
    adopted: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    project: 'shop',
    composeFiles: ['compose.yaml'],
    env: 'written',
    services: [{ name: 'web', image: `acme/web:${web}`, imageId: `sha256:${web}`, pin: `acme/web:deploy-shop-${web}` }],
    fingerprint: `f${sequence}`,
    state: 'confirmed',
    ...rest,
  }
}

export interface ContainerParts {
  readonly service?: string
  readonly name?: string
  readonly image?: string
  readonly imageId?: string
  readonly status?: string
  readonly health?: string
  readonly startedAt?: string
  readonly exitCode?: number
  readonly restartPolicy?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** A running container as Docker prints it. */
export function containerJson(parts: ContainerParts = {}): string {
  const { service = 'web', imageId = 'sha256:v1', image = 'acme/web:v1', status = 'running', health, labels } = parts
  const { startedAt = '2026-01-01T00:00:00Z', exitCode = 0, restartPolicy = 'unless-stopped' } = parts
  return JSON.stringify({
    id: `id-${parts.name ?? service}`,
    name: `/${parts.name ?? `shop-${service}-1`}`,
    image: imageId,
    imageRef: image,
    created: '2026-01-01T00:00:00Z',
    restarts: 0,
    restartPolicy: { Name: restartPolicy },
    labels: {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': '1',
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.config-hash': `hash-${service}`,
      'com.docker.compose.project.working_dir': '/opt/shop',
      'com.docker.compose.project.config_files': '/opt/shop/compose.yaml',
      'com.docker.compose.version': '2.26.1',
      ...labels,
    },
    status,
    exitCode,
    oomKilled: false,
    error: '',
    startedAt,
    finishedAt: '0001-01-01T00:00:00Z',
    health: health === undefined ? null : { Status: health, Log: [] },
  })
}

export function container(parts: ContainerParts = {}): ContainerState {
  const [found] = parseContainers(`2026-01-01T00:01:00Z\n${containerJson(parts)}`)
  if (found === undefined) throw new Error('no container')
  return found
}
