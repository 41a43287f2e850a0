/** As short as git writes a commit. */
const SHORTEST = 7

/** Whether a version can be the name of a commit. */
export function isCommit(version: string): boolean {
  return /^[0-9a-f]{7,64}$/i.test(version)
}

/**
 * Whether a text names a version: a commit whole or by its first seven characters or more, anything else as a word of its own,
 * with or without a `v` before it. `1.4.2` is not named by `1.4.20`, `11.4.2` or `1.4.2-rc.1`.
 */
export function namesVersion(text: string, version: string): boolean {
  if (isWordIn(text, version.replace(/^v(?=\d)/i, ''))) return true
  return isCommit(version) && commitsIn(text).some(found => isSameCommit(found, version))
}

/** As `git describe` writes it too, with a `g` before it; what is built from changed files is no commit. */
const COMMIT = /(?<=^|[^0-9a-z]|-g)[0-9a-f]{7,64}(?![0-9a-z]|[-+._]dirty\b)/gi

/** The commits that a text seems to name: what it is found to say when it does not name the right one. */
export function commitsIn(text: string): string[] {
  return [...text.matchAll(COMMIT)].map(([found]) => found)
}

function isSameCommit(found: string, version: string): boolean {
  const [short, long] = found.length < version.length ? [found, version] : [version, found]
  // Digits alone may be a date or the number of a build, and then 20261125 is not 2026112501.
  return short.length >= SHORTEST && /[a-f]/i.test(long) && long.toLowerCase().startsWith(short.toLowerCase())
}

function isWordIn(text: string, word: string): boolean {
  if (word === '') return false
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at)
    const after = text.slice(at + word.length, at + word.length + 2)
    const starts = before === '' || /(^|[^0-9A-Za-z.])v$/i.test(before) || /[^0-9A-Za-z.]$/.test(before)
    const ends = !/^[0-9A-Za-z_-]/.test(after) && !/^\.[0-9A-Za-z]/.test(after)
    if (starts && ends) return true
  }
  return false
}
