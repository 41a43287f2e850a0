import type { RepositoryData } from './repository-data.ts'

export interface LabelSources {
  readonly repository: RepositoryData
  readonly version: string
  /** When the image is said to be made. */
  readonly created: Date
  readonly revision: string
}

export interface LabelOptions {
  /** Whether to start from the labels of the OCI image specification. */
  readonly withDefaults: boolean
  readonly withEmpty: boolean
}

/** `key=value` lines, in the order of their keys: https://github.com/opencontainers/image-spec/blob/main/annotations.md */
function defaultLabels({ repository, version, created, revision }: LabelSources): string[] {
  return [
    `org.opencontainers.image.created=${created.toISOString()}`,
    `org.opencontainers.image.description=${repository.description}`,
    `org.opencontainers.image.licenses=${repository.license}`,
    `org.opencontainers.image.revision=${revision}`,
    `org.opencontainers.image.source=${repository.url}`,
    `org.opencontainers.image.title=${repository.name}`,
    `org.opencontainers.image.url=${repository.url}`,
    `org.opencontainers.image.version=${version}`,
  ]
}

/** The labels, or annotations, in the order of their keys; of two with one key the later holds. An entry without `=` is none. */
export function labelLines(custom: readonly string[], sources: LabelSources, options: LabelOptions): string[] {
  const byKey = new Map<string, string>()
  for (const line of [...(options.withDefaults ? defaultLabels(sources) : []), ...custom]) {
    const [key = '', ...value] = line.split('=')
    if (value.length > 0) byKey.set(key, value.join('='))
  }
  const labels = [...byKey].filter(([, value]) => options.withEmpty || value !== '')
  // The rules of a language's order take 10 ms to load; without custom labels the order is there already.
  if (custom.length > 0) labels.sort(([a], [b]) => a.localeCompare(b))
  return labels.map(([key, value]) => `${key}=${value}`)
}

/** For JSON, where a value ends at its first line. */
export function labelObject(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap(line => {
      const [, key, value] = /([^=]*)=(.*)/.exec(line) ?? []
      return key === undefined || value === undefined ? [] : [[key, value]]
    }),
  )
}

/** Each annotation at each level, as `index:key=value`. */
export function leveledAnnotations(lines: readonly string[], levels: readonly string[]): string[] {
  return levels.flatMap(level => lines.map(line => `${level}:${line}`))
}
