import type { Release } from '@deploy-actions/core/release/record'

/** A confirmed release; services as `web: image id`. */
export function release(id: string, services: Readonly<Record<string, string>> = { web: '1' }): Release {
  return {
    format: 2,
    id,
    sequence: 1,
    adopted: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    project: 'shop',
    composeFiles: [],
    env: 'kept',
    services: Object.entries(services).map(([name, image]) => ({
      name,
      image: `acme/${name}:${image}`,
      imageId: `sha256:${image}`,
      pin: `acme/${name}:deploy-shop-${image}`,
    })),
    fingerprint: id,
    state: 'confirmed',
  }
}
