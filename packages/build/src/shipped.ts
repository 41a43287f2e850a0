/** Documents at the top of the repository that ship. */
const DOCUMENTS = ['LICENSE', 'README.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']

/** Whether a file of the repository is in the release tree. What is built and the reusable workflows come in addition. */
export function isShipped(file: string): boolean {
  const [, name] = /^actions\/[^/]+\/([^/]+)$/.exec(file) ?? []
  if (name !== undefined) return name === 'action.yml' || name.endsWith('.md') || name.endsWith('.schema.json')
  return /^(docs|examples)\//.test(file) || DOCUMENTS.includes(file)
}

/** Where a file or folder of the repository is in the release tree: `uses: org/actions/NAME@v1` finds an action at its top. */
export function releasePath(file: string): string {
  return file.replace(/^actions\//, '')
}
