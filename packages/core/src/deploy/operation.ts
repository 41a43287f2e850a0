/** A step of a plan, as data: a dry run prints it and a run carries it out. */
export type Operation =
  | { readonly kind: 'adopt'; readonly reason: string }
  | { readonly kind: 'save'; readonly reason: string; readonly rollbackPoint: string }
  | { readonly kind: 'pull'; readonly image: string }
  | { readonly kind: 'file'; readonly change: 'add' | 'replace' | 'remove'; readonly path: string }
  | { readonly kind: 'files-kept'; readonly number: number }
  | { readonly kind: 'env'; readonly change: 'write' | 'keep' | 'remove' | 'restore' }
  | {
      readonly kind: 'service'
      readonly change: 'create' | 'recreate' | 'keep' | 'remove'
      readonly service: string
      readonly image: string
      /** The image that it runs now. */
      readonly before?: string | undefined
    }
  | { readonly kind: 'switch'; readonly release: string | undefined }
  | { readonly kind: 'verify' }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'prune'; readonly keep: number }

/** For people: `+` new, `~` changed, `-` removed, `=` as it is, `!` attention. */
export function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'adopt':
      return `! record the present state as the rollback point: ${operation.reason}`
    case 'save':
      return `! save the present state first, beside the rollback point ${operation.rollbackPoint}: ${operation.reason}`
    case 'pull':
      return `+ pull ${operation.image}`
    case 'file':
      return `${{ add: '+', replace: '~', remove: '-' }[operation.change]} file ${operation.path}`
    case 'files-kept':
      return `= ${operation.number} ${operation.number === 1 ? 'file' : 'files'} unchanged`
    case 'env':
      return {
        write: '~ write .env',
        keep: '= .env as the server has it',
        remove: '- .env',
        restore: '~ restore .env of that release',
      }[operation.change]
    case 'service':
      return describeService(operation)
    case 'switch':
      return `~ switch to ${operation.release ?? 'the new release'}: files, .env, docker compose up`
    case 'verify':
      return '= verify: health, image IDs, checksums, .env'
    case 'confirm':
      return '= confirm the release'
    case 'prune':
      return `- prune: keep the newest ${operation.keep} releases`
  }
}

function describeService({ change, service, image, before }: Extract<Operation, { kind: 'service' }>): string {
  const sign = { create: '+', recreate: '~', keep: '=', remove: '-' }[change]
  if (change === 'remove') return `${sign} service ${service}`
  const images = before === undefined || before === image ? image : `${before} → ${image}`
  return `${sign} service ${service}: ${images}`
}
