import { createHash } from 'node:crypto'
import type { Service } from '../compose/config.ts'

/** The label by which Compose sees that a mounted file, a config or a secret changed. */
export const mountsLabel = 'deploy-actions.mounts'

/**
 * Hash of what a service reads that Compose's own hash of it leaves out: the shipped files that it mounts, and the content of configs and
 * secrets that Compose writes itself. Undefined where there is none. A change would go unnoticed; as a label of the container it makes
 * Compose recreate just this service. Only a hash, as everyone who can inspect the container sees it.
 * https://github.com/docker/compose/issues/11900
 */
export function hashOfMounts(
  service: Pick<Service, 'bindMounts' | 'provided'>,
  directory: string,
  checksums: ReadonlyMap<string, string>,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const mounted = [...checksums].filter(([path]) =>
    service.bindMounts.some(
      source => `${directory}/${path}` === source || `${directory}/${path}`.startsWith(`${source}/`),
    ),
  )
  const written = service.provided.flatMap(({ kind, name, content, variable }) => {
    const text = content ?? (variable === undefined ? undefined : (variables.get(variable) ?? ''))
    return text === undefined ? [] : [`${kind} ${name} ${createHash('sha256').update(text).digest('hex')}\n`]
  })
  if (mounted.length + written.length === 0) return undefined
  const hash = createHash('sha256')
  for (const [path, checksum] of mounted) hash.update(`${checksum}  ${path}\n`)
  for (const line of written) hash.update(line)
  return hash.digest('hex').slice(0, 16)
}
