import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'

/** What nobody wrote, but follows from what was written: plain values, with parts of the document in them. */
export type Synthetic = string | number | Tree | readonly Synthetic[] | { readonly [key: string]: Synthetic }

/** Gives plain values the place of what they follow from. */
export function treeOf(plain: Synthetic, at: Position): Tree {
  if (typeof plain !== 'object') return { kind: 'scalar', at, value: plain, text: String(plain) }
  if (isTree(plain)) return plain
  if (isList(plain)) return { kind: 'list', at, items: plain.map(item => treeOf(item, at)) }
  return {
    kind: 'map',
    at,
    entries: Object.entries(plain).map(([key, value]) => ({ key, at, value: treeOf(value, at) })),
  }
}

function isList(plain: object): plain is readonly Synthetic[] {
  return Array.isArray(plain)
}

function isTree(plain: object): plain is Tree {
  return 'kind' in plain && 'at' in plain
}
