import type { ManifestDifference } from '@deploy-actions/core/release/manifest'

/** How a deploy would differ from what the server has. */
export interface Difference {
  readonly project: string
  readonly files: ManifestDifference
  readonly drift: readonly string[]
  readonly env: 'kept' | 'written'
  readonly services: readonly {
    readonly name: string
    readonly image: string
    readonly isLocal: boolean
    readonly before: string | undefined
  }[]
  readonly gone: readonly string[]
  readonly pull: string
}

/** The plan for people: `+` new, `~` changed, `-` removed, `=` as it is. */
export function planLines({ project, files, drift, env, services, gone, pull }: Difference): string[] {
  return [
    `project ${project}`,
    ...files.added.map(path => `+ file ${path}`),
    ...files.changed.map(path => `~ file ${path}`),
    ...files.removed.map(path => `- file ${path}`),
    ...(files.same.length > 0 ? [`= ${files.same.length} files`] : []),
    ...drift.map(path => `! file ${path} was changed by hand on the server; that state would be recorded first`),
    env === 'written' ? '~ .env is written anew' : '= .env as the server has it',
    ...services.map(({ name, image, isLocal, before }) => {
      const fetch = pull === 'never' || (pull === 'missing' && isLocal) ? 'not pulled' : 'pulled'
      const change = before === undefined ? '+' : before === image ? '=' : '~'
      return `${change} service ${name}: ${before === undefined || before === image ? image : `${before} → ${image}`} (${fetch})`
    }),
    ...gone.map(name => `- service ${name}`),
  ]
}
