/** A step of a plan, as data: a dry run prints it and a run carries it out. */
export type Operation =
  | { readonly kind: 'adopt'; readonly reason: string }
  | { readonly kind: 'save'; readonly reason: string; readonly rollbackPoint: string }
  | { readonly kind: 'pull'; readonly image: string }
  | { readonly kind: 'file'; readonly change: 'add' | 'replace' | 'remove'; readonly path: string }
  | { readonly kind: 'files-kept'; readonly number: number }
  | {
      readonly kind: 'env'
      readonly change: 'write' | 'keep' | 'remove' | 'restore'
      /** The names whose values change, where they are known. */
      readonly names?: readonly string[] | undefined
    }
  | {
      readonly kind: 'service'
      readonly change: 'create' | 'recreate' | 'keep' | 'remove'
      readonly service: string
      readonly image: string
      /** The image that it runs now. */
      readonly before?: string | undefined
      /** It is pulled first, and the pull may bring another image under the same reference. */
      readonly isPulled?: boolean
    }
  | { readonly kind: 'switch'; readonly release: string | undefined }
  | { readonly kind: 'verify' }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'prune'; readonly keep: number }

export const signsOfPlan = '+ added, ~ changed, - removed, = unchanged, ! attention, ▸ step'

/** For people, with one of the signs above in front. */
export function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'adopt':
      return `! record what the server has now as the rollback point: ${operation.reason}`
    case 'save':
      return `! save what the server has now, beside the rollback point ${operation.rollbackPoint}: ${operation.reason}`
    case 'pull':
      return `▸ pull ${operation.image}`
    case 'file':
      return `${{ add: '+', replace: '~', remove: '-' }[operation.change]} file ${operation.path}`
    case 'files-kept':
      return `= ${operation.number} ${operation.number === 1 ? 'file' : 'files'} unchanged`
    case 'env':
      return (
        {
          write: '~ write .env',
          keep: '= .env stays as the server has it',
          remove: '- .env',
          restore: '~ .env of that release is restored',
        }[operation.change] + otherValues(operation)
      )
    case 'service':
      return describeService(operation)
    case 'switch':
      return `▸ switch to ${operation.release ?? 'the new release'}: files, .env, docker compose up`
    case 'verify':
      return '▸ verify health, image IDs, checksums and .env'
    case 'confirm':
      return '▸ confirm the release'
    case 'prune':
      return `▸ prune old releases: the newest ${operation.keep} stay`
  }
}

function otherValues({ names = [] }: Extract<Operation, { kind: 'env' }>): string {
  return names.length === 0 ? '' : `; other values than now: ${names.join(', ')}`
}

function describeService({
  change,
  service,
  image,
  before,
  isPulled = false,
}: Extract<Operation, { kind: 'service' }>): string {
  const sign = { create: '+', recreate: '~', keep: '=', remove: '-' }[change]
  if (change === 'remove') return `${sign} service ${service}`
  const images = before === undefined || before === image ? image : `${before} → ${image}`
  const other = change === 'recreate' && before === image ? ' (another image under the same name)' : ''
  const unless = change === 'keep' && isPulled ? ', unless the pull brings another image' : ''
  return `${sign} service ${service}: ${images}${other}${unless}`
}
