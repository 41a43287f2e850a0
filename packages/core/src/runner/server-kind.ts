import type { Environment } from './inputs.ts'

/** Which family of servers and runners carries out the run; Enterprise Server counts as GitHub. */
export type ServerKind = 'GitHub' | 'act' | 'Gitea' | 'Forgejo'

/**
 * The runners of Gitea and Forgejo are built on act and set its variable too, and Forgejo's sets Gitea's as well: the most specific
 * variable decides.
 */
export function serverKind(env: Environment): ServerKind {
  if (env['FORGEJO_ACTIONS'] === 'true') return 'Forgejo'
  if (env['GITEA_ACTIONS'] === 'true') return 'Gitea'
  return env['ACT'] === 'true' ? 'act' : 'GitHub'
}
