import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import { checkName } from './name.ts'
import { readTexts } from './read-option.ts'
import type { Condition, Term } from './rule.ts'

/** `{STORAGE: s3}`, `{STORAGE: [s3, minio]}`, `{SMTP_HOST: {set: true}}`, `{MODE: {not: local}}`; several names: all must fit. */
export function readCondition(tree: Tree, mistakes: Mistakes): Condition | undefined {
  if (tree.kind !== 'map' || tree.entries.length === 0) {
    mistakes.add(
      tree.at,
      'write a condition as {STORAGE: s3}, {STORAGE: [s3, minio]}, {SMTP_HOST: {set: true}} or {MODE: {not: local}}',
    )
    return undefined
  }
  const terms: Term[] = []
  for (const { key, at, value } of tree.entries) {
    if (!checkName(key, at, mistakes)) continue
    const test = readTest(value)
    if (test === undefined)
      mistakes.add(value.at, 'write a text, a list of texts, {set: true}, {set: false} or {not: …}')
    else terms.push({ name: key, test })
  }
  return terms.length === tree.entries.length ? terms : undefined
}

function readTest(tree: Tree): Term['test'] | undefined {
  if (tree.kind !== 'map') {
    const oneOf = readTexts(tree)
    return oneOf && { oneOf }
  }
  const [entry, ...more] = tree.entries
  if (entry === undefined || more.length > 0) return undefined
  if (entry.key === 'set' && entry.value.kind === 'scalar' && typeof entry.value.value === 'boolean') {
    return { set: entry.value.value }
  }
  if (entry.key !== 'not') return undefined
  const noneOf = readTexts(entry.value)
  return noneOf && { noneOf }
}
