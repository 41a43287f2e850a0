/** Where things of a release lie on the server; the tree is described in the action's README. */
export interface Layout {
  /** The project directory, as the team knows it. */
  readonly project: string
  readonly deploy: string
  readonly lock: string
  readonly temporary: string
  readonly releases: string
  readonly current: string
  readonly journal: string
}

export function layoutOf(project: string): Layout {
  const deploy = `${project}/.deploy`
  return {
    project,
    deploy,
    lock: `${deploy}/lock`,
    temporary: `${deploy}/tmp`,
    releases: `${deploy}/releases`,
    current: `${deploy}/current`,
    journal: `${deploy}/journal.jsonl`,
  }
}

/** The names of what lies in a release's folder. */
export const releaseFiles = {
  record: 'release.json',
  files: 'files',
  manifest: 'manifest',
  env: 'env',
  images: 'images.yml',
  plan: 'plan',
  script: 'rollback.sh',
} as const
