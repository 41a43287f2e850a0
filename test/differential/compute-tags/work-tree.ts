import { execFileSync } from 'node:child_process'

/** What a job has checked out. The commits have the same ids wherever they are made. */
export type WorkTree =
  | 'branch'
  | 'detached tag'
  | 'detached pull request'
  | 'detached remote branch'
  | 'detached inner commit'
  | 'detached nameless commit'

const NOBODY = {
  GIT_AUTHOR_NAME: 'Mira Okafor',
  GIT_AUTHOR_EMAIL: 'mira@tidewater.example',
  GIT_COMMITTER_NAME: 'Mira Okafor',
  GIT_COMMITTER_EMAIL: 'mira@tidewater.example',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
}

/** Lays a repository of two commits into a folder, and checks out what is asked for. */
export function makeWorkTree(folder: string, kind: WorkTree): void {
  const git = (args: string, day = 1) => {
    const date = `2026-09-0${day}T08:00:00+02:00`
    const env = { PATH: process.env['PATH'], ...NOBODY, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
    execFileSync('git', args.split(' '), { cwd: folder, env, stdio: 'pipe' })
  }
  git('init --quiet --initial-branch=develop')
  git('commit --quiet --allow-empty --message=first', 1)
  git('commit --quiet --allow-empty --message=second', 2)
  if (kind === 'detached tag') git('tag v3.1.0')
  if (kind === 'detached pull request') git('update-ref refs/remotes/pull/87/merge HEAD')
  if (kind === 'detached remote branch') git('update-ref refs/remotes/origin/feature/x HEAD')
  if (kind === 'branch') return
  git('checkout --quiet --detach')
  if (kind === 'detached inner commit') git('checkout --quiet HEAD~1')
  else git('branch --quiet --delete --force develop')
}
