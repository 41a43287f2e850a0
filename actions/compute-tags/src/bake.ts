import { labelObject } from './labels.ts'

export interface BakeParts {
  readonly target: string
  readonly tags: readonly string[]
  readonly imageNames: readonly string[]
  readonly version: string
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
}

/** Definitions for `docker buildx bake`, by the output that names their file: https://docs.docker.com/build/bake/reference */
export function bakeDefinitions(parts: BakeParts): ReadonlyMap<string, string> {
  const tags = { tags: parts.tags }
  const labels = { labels: labelObject(parts.labels) }
  const args = {
    args: {
      DOCKER_META_IMAGES: parts.imageNames.join(','),
      ...(parts.version === '' ? {} : { DOCKER_META_VERSION: parts.version }),
    },
  }
  const definition = (target: object) => JSON.stringify({ target: { [parts.target]: target } }, null, 2)
  return new Map([
    ['bake-file-tags', definition({ ...tags, ...args })],
    ['bake-file-labels', definition(labels)],
    ['bake-file-annotations', definition({ annotations: parts.annotations })],
    ['bake-file', definition({ ...tags, ...labels, ...args })],
  ])
}
