import type { Tree } from '@deploy-actions/core/yaml/tree'
import { COMMON } from './check-shape.ts'
import { entryOf, key, mapOf, type Reader, type Shape, type Values } from './reader.ts'
import type { Reading } from './reading.ts'

const version: Reader<1> = {
  schema: { const: 1 },
  read: (tree, reading) => {
    if (tree.kind === 'scalar' && tree.value === 1) return 1
    return reading.wrong(
      tree,
      'the version of this file is 1; the check that asks for a version is an item of the list, `- version: URL`',
    )
  },
}

const items: Reader<readonly Tree[]> = {
  schema: { type: 'array', items: { $ref: '#/definitions/check' } },
  read: (tree, reading) =>
    tree.kind === 'list' ? tree.items : reading.wrong(tree, 'write a list, each check on a line that starts with `- `'),
}

export const DOCUMENT = {
  version: key(version, 'the version of this format: 1'),
  defaults: key(mapOf(COMMON), 'what holds for the checks of this file that say nothing else'),
  checks: key(items, 'the checks'),
} as const satisfies Shape

const map = mapOf(DOCUMENT, { required: ['checks'] })

export interface Document {
  readonly items: readonly Tree[]
  readonly common: Values<typeof COMMON>
}

/** Reads a document as far as its checks: a list of them, or a map with defaults. */
export function readDocument(tree: Tree, reading: Reading): Document {
  if (tree.kind === 'list') return { items: tree.items, common: {} }
  // One check alone: a URL in quotes, or what was meant to be one.
  if (tree.kind === 'scalar' && tree.text !== '') return { items: [tree], common: {} }
  if (tree.kind === 'map' && !entryOf(tree, 'checks') && !entryOf(tree, 'defaults')) {
    reading.wrong(tree, 'write a list of checks, each on a line that starts with `- `, or a map with `checks:`')
    return { items: [], common: {} }
  }
  const values = map.read(tree, reading)
  return { items: values?.checks ?? [], common: values?.defaults ?? {} }
}
