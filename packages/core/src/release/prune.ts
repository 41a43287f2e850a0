import type { Host } from '../host/host.ts'
import type { Layout } from './layout.ts'
import type { ReleaseRecord } from './record.ts'

export interface PrunePlan {
  /** Releases to forget. */
  readonly releases: readonly string[]
  /** Tags to take away: ours and the ones that were deployed, where no kept release needs the image. */
  readonly tags: readonly string[]
}

/**
 * Keeps the newest `keep` releases that were good, and always the current one, the way back and the newest failure (its files
 * are evidence). Only images that a release of ours brought are ever named.
 */
export function planPrune(
  releases: readonly ReleaseRecord[],
  needed: readonly (string | undefined)[],
  keep: number,
): PrunePlan {
  const newestFirst = [...releases].sort((a, b) => (a.id < b.id ? 1 : -1))
  const good = newestFirst.filter(release => release.state !== 'failed' && release.state !== 'staged')
  const kept = new Set([
    ...needed,
    ...good.slice(0, keep).map(release => release.id),
    newestFirst.find(release => release.state === 'failed')?.id,
  ])
  const gone = newestFirst.filter(release => !kept.has(release.id))
  const keptServices = newestFirst.filter(release => kept.has(release.id)).flatMap(release => release.services)
  const keptImages = new Set(keptServices.map(service => service.imageId))
  const keptTags = new Set(keptServices.flatMap(service => [service.image, service.pin]))
  const tags = gone
    .flatMap(release => release.services)
    .filter(service => !keptImages.has(service.imageId))
    .flatMap(service => [service.pin, service.image])
    .filter(tag => !keptTags.has(tag))
  return { releases: gone.map(release => release.id), tags: [...new Set(tags)] }
}

/** An image that a container still uses stays, whatever we say: rmi without force. */
const pruneScript = `
releases=$1
shift
while [ "$1" != -- ]; do rm -rf -- "$releases/$1"; shift; done
shift
for tag; do docker rmi "$tag" >/dev/null 2>&1 && echo "$tag"; done
true
`

/** Returns the tags that went. */
export async function prune(host: Host, layout: Layout, plan: PrunePlan): Promise<readonly string[]> {
  if (plan.releases.length === 0) return []
  const argv = ['sh', '-c', pruneScript, 'prune', layout.releases, ...plan.releases, '--', ...plan.tags]
  const result = await host.run({ argv, timeout: 120_000 })
  return result.stdout.trim().split('\n').filter(Boolean)
}
