import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../lab/shell.ts'

/** The images of these versions are in the registry before the workflow runs. */
export const DEPLOY_WITHOUT_BUILD = join(import.meta.dirname, 'deploy.yml')

export interface Commit {
  readonly version: string
  readonly sha: string
}

export interface TeamRepository {
  readonly folder: string
  readonly workflow: string
  readonly commits: readonly Commit[]
  checkOut(commit: Commit): Promise<void>
}

/**
 * Makes the repository of a team that has copied the example, with one commit a version. Names and dates are fixed, so that
 * the commits of one run of the demo are those of the next and its images are found in the cache.
 */
export async function makeTeamRepository(
  example: string,
  folder: string,
  versions: readonly string[],
): Promise<TeamRepository> {
  await rm(folder, { recursive: true, force: true })
  const workflow = '.github/workflows/deploy.yml'
  await mkdir(join(folder, '.github/workflows'), { recursive: true })
  await cp(example, folder, { recursive: true })
  await cp(DEPLOY_WITHOUT_BUILD, join(folder, workflow))
  await git(folder, ['init', '--quiet', '--initial-branch', 'main'])
  // Never asked: it says whose repository this is, to act and in messages.
  await git(folder, ['remote', 'add', 'origin', 'https://github.com/acme/time-manager.git'])
  const commits: Commit[] = []
  for (const [index, version] of versions.entries()) {
    await writeFile(join(folder, 'VERSION'), `${version}\n`)
    await git(folder, ['add', '--all'])
    const date = new Date(Date.UTC(2026, 0, 5, 9, index)).toISOString()
    await git(folder, ['commit', '--quiet', '--message', `Release ${version}`], date)
    commits.push({ version, sha: await git(folder, ['rev-parse', 'HEAD']) })
  }
  return {
    folder,
    workflow,
    commits,
    checkOut: async commit => void (await git(folder, ['checkout', '--quiet', '-B', 'main', commit.sha])),
  }
}

function git(folder: string, args: readonly string[], date?: string): Promise<string> {
  const who = { NAME: 'Time manager team', EMAIL: 'team@time.example' }
  const env = {
    // Nobody's own settings: no signing, no hooks.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
    ...(date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }),
  }
  return command('git', args, { cwd: folder, env })
}
