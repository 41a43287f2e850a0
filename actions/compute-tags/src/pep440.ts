/** A version of Python's scheme: https://packaging.python.org/specifications/version-specifiers/ */
export interface Pep440Version {
  readonly epoch: number
  readonly release: readonly number[]
  readonly pre: readonly [letter: 'a' | 'b' | 'rc', number: number] | undefined
  readonly post: number | undefined
  readonly dev: number | undefined
  readonly local: string | undefined
}

const PRE_LETTERS: Readonly<Record<string, 'a' | 'b' | 'rc'>> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
}

const PATTERN = new RegExp(
  [
    '^v?(?:(?<epoch>\\d+)!)?(?<release>\\d+(?:\\.\\d+)*)',
    '(?:[-_.]?(?<pre>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?<preNumber>\\d+)?)?',
    '(?:-(?<postDash>\\d+)|[-_.]?(?<post>post|rev|r)[-_.]?(?<postNumber>\\d+)?)?',
    '(?:[-_.]?(?<dev>dev)[-_.]?(?<devNumber>\\d+)?)?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$',
  ].join(''),
  'i',
)

export function parsePep440(text: string): Pep440Version | undefined {
  const parts = PATTERN.exec(text)?.groups
  if (parts === undefined) return undefined
  const letter = PRE_LETTERS[parts['pre']?.toLowerCase() ?? '']
  const post = parts['postDash'] ?? (parts['post'] === undefined ? undefined : (parts['postNumber'] ?? '0'))
  return {
    epoch: Number(parts['epoch'] ?? 0),
    release: String(parts['release']).split('.').map(Number),
    pre: letter && [letter, Number(parts['preNumber'] ?? 0)],
    post: post === undefined ? undefined : Number(post),
    dev: parts['dev'] === undefined ? undefined : Number(parts['devNumber'] ?? 0),
    local: parts['local'] === undefined ? undefined : normalLocal(parts['local']),
  }
}

function normalLocal(local: string): string {
  return local
    .split(/[._-]/)
    .map(part => (Number.isNaN(Number(part)) ? part.toLowerCase() : Number(part)))
    .join(',')
}

/** The normal form, `1!2.0rc1.post2.dev3+local`. */
export function formatPep440({ epoch, release, pre, post, dev, local }: Pep440Version): string {
  return [
    epoch === 0 ? '' : `${epoch}!`,
    release.join('.'),
    pre ? pre.join('') : '',
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local === undefined ? '' : `+${local}`,
  ].join('')
}

/** Neither a pre-release nor a post- or development release of one. */
export function isFinalPep440({ pre, post, dev }: Pep440Version): boolean {
  return pre === undefined && post === undefined && dev === undefined
}

/** Orders final versions: by epoch, then number by number. */
export function compareFinalPep440(a: Pep440Version, b: Pep440Version): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  for (let at = 0; at < Math.max(a.release.length, b.release.length); at++) {
    const difference = (a.release[at] ?? 0) - (b.release[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
