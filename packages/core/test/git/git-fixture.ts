import { execFileSync } from 'node:child_process'

/** Neither the settings of this machine nor those of its user count. */
export const GIT_ENV = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Mira',
  GIT_AUTHOR_EMAIL: 'mira@tidewater.example',
  GIT_COMMITTER_NAME: 'Mira',
  GIT_COMMITTER_EMAIL: 'mira@tidewater.example',
}

/** What git prints; the arguments are separated by spaces. */
export function runGit(args: string, cwd: string, env: NodeJS.ProcessEnv = GIT_ENV): string {
  return execFileSync('git', args.split(' '), { cwd, env, stdio: 'pipe' }).toString().trim()
}
