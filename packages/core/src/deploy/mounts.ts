import { createHash } from 'node:crypto'
import type { Service } from '../compose/config.ts'

/** The label by which Compose sees that a mounted file changed. */
export const mountsLabel = 'deploy-actions.mounts'

/**
 * Hash of the shipped files that a service mounts, or undefined when it mounts none. Compose does not look into a mounted
 * file, so a change in one would go unnoticed; as a label of the container it makes Compose recreate just this service.
 * https://github.com/docker/compose/issues/11900
 */
export function hashOfMounts(
  service: Pick<Service, 'bindMounts'>,
  directory: string,
  checksums: ReadonlyMap<string, string>,
): string | undefined {
  const mounted = [...checksums].filter(([path]) =>
    service.bindMounts.some(
      source => `${directory}/${path}` === source || `${directory}/${path}`.startsWith(`${source}/`),
    ),
  )
  if (mounted.length === 0) return undefined
  const hash = createHash('sha256')
  for (const [path, checksum] of mounted) hash.update(`${checksum}  ${path}\n`)
  return hash.digest('hex').slice(0, 16)
}
