/** Where things of a release lie on the server, for messages: the server's program makes the tree. */
export function rollbackScript(projectPath: string, release: string): string {
  return `${projectPath}/.deploy/releases/${release}/${releaseFiles.script}`
}

/** The `.env` of a release, relative to the project directory. */
export function storedEnv({ id }: { readonly id: string }): string {
  return `.deploy/releases/${id}/${releaseFiles.env}`
}

/** The names of what lies in a release's folder. */
export const releaseFiles = {
  record: 'release.json',
  state: 'state',
  files: 'files',
  manifest: 'manifest',
  modes: 'modes',
  links: 'links',
  compose: 'compose',
  env: 'env',
  images: 'images.yml',
  plan: 'plan',
  script: 'rollback.sh',
} as const

/** The folders within the private one of a run in which the program prepares releases. */
export const preparedFolders = { staged: 'staged', adopted: 'adopted' } as const
