import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'

/** A name that GitHub would take for a secret or a variable, and that can be an environment variable. */
export function checkName(name: string, at: Position, mistakes: Mistakes): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    mistakes.add(
      at,
      'a name is made of letters, digits and _, and does not start with a digit; write the name of the secret, never its value',
    )
    return false
  }
  if (/^GITHUB_/i.test(name) && name !== 'GITHUB_TOKEN') {
    mistakes.add(at, "GitHub allows no name that starts with GITHUB_; give it another name in the step's `env:`")
    return false
  }
  return true
}

/**
 * Whether a text in the place of a name is more likely a pasted value: names are written in one case and are made of words.
 * It must not be printed then, and every name is.
 */
export function looksLikeValue(name: string): boolean {
  if (/[a-z]/.test(name) && /[A-Z]/.test(name)) return true
  if (name.length > LONGEST_NAME) return true
  const longest = name.split('_').reduce((most, word) => Math.max(most, isScrambled(word) ? word.length : 0), 0)
  return longest >= 12
}

const LONGEST_NAME = 80

/** `a1b2c3`: letters and digits change places as they never do in a word. */
function isScrambled(word: string): boolean {
  return (word.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length >= 3 || word.length >= 25
}
