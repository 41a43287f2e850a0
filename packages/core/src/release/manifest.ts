/** What differs between the files of two releases, by their checksums. */
export interface ManifestDifference {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly same: readonly string[]
}

/** Both by path. */
export function compareChecksums(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ManifestDifference {
  const paths = [...after.keys()]
  return {
    added: paths.filter(path => !before.has(path)),
    changed: paths.filter(path => before.has(path) && before.get(path) !== after.get(path)),
    removed: [...before.keys()].filter(path => !after.has(path)),
    same: paths.filter(path => before.get(path) === after.get(path)),
  }
}
