import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import { checkName } from './name.ts'
import { type Kind, type Kinds, type Size, TYPE_NAMES, URL_PARTS } from './vocabulary.ts'

type Reader<K extends Kind> = (tree: Tree, mistakes: Mistakes) => Kinds[K] | undefined

/** Reads one key's value as its kind; undefined when it is none, which is then among the mistakes. */
export function readOption<K extends Kind>(kind: K, tree: Tree, mistakes: Mistakes): Kinds[K] | undefined {
  const reader: Reader<K> = READERS[kind]
  return reader(tree, mistakes)
}

const READERS: { readonly [K in Kind]: Reader<K> } = {
  flag: (tree, mistakes) => {
    if (tree.kind === 'scalar' && typeof tree.value === 'boolean') return tree.value
    return wrong(tree, mistakes, 'write true or false')
  },
  count: (tree, mistakes) => {
    if (tree.kind === 'scalar' && isCount(tree.value)) return tree.value
    return wrong(tree, mistakes, 'write a whole number')
  },
  number: (tree, mistakes) => {
    if (tree.kind === 'scalar' && typeof tree.value === 'number' && Number.isFinite(tree.value)) return tree.value
    return wrong(tree, mistakes, 'write a number')
  },
  text: (tree, mistakes) => textOf(tree) ?? wrong(tree, mistakes, 'write a text'),
  texts: (tree, mistakes) => listOf(tree, textOf) ?? wrong(tree, mistakes, 'write a text or a list of texts'),
  name: (tree, mistakes) => nameOf(tree, mistakes),
  names: (tree, mistakes) => readNames(tree, mistakes),
  pattern: (tree, mistakes) => {
    const text = textOf(tree)
    if (text === undefined || text === '') return wrong(tree, mistakes, 'write a regular expression, in single quotes')
    return isPattern(text) ? text : wrong(tree, mistakes, 'this is no regular expression (JavaScript, flag u)')
  },
  size: (tree, mistakes) => sizeOf(tree) ?? wrong(tree, mistakes, 'write a number of bytes, or {min: 32, max: 64}'),
  severity: (tree, mistakes) => {
    const text = textOf(tree)
    return text === 'error' || text === 'warning' ? text : wrong(tree, mistakes, 'write error or warning')
  },
  type: (tree, mistakes) => {
    const text = textOf(tree)
    const type = TYPE_NAMES.find(name => name === text)
    return type ?? wrong(tree, mistakes, `write one of the types ${TYPE_NAMES.join(', ')}`)
  },
  parts: (tree, mistakes) => {
    const parts = listOf(tree, item => URL_PARTS.find(part => part === textOf(item)))
    return parts ?? wrong(tree, mistakes, `write a list of ${URL_PARTS.join(', ')}`)
  },
}

/** A list of names, each checked; a single one may stand alone. */
export function readNames(tree: Tree, mistakes: Mistakes): readonly string[] | undefined {
  const items = tree.kind === 'list' ? tree.items : [tree]
  const names = items.map(item => nameOf(item, mistakes)).filter(name => name !== undefined)
  if (items.length === 0) return wrong(tree, mistakes, 'write a list of names')
  return names.length === items.length ? names : undefined
}

function nameOf(tree: Tree, mistakes: Mistakes): string | undefined {
  if (tree.kind !== 'scalar') return wrong(tree, mistakes, 'write the name of a secret or variable')
  return checkName(tree.text, tree.at, mistakes) ? tree.text : undefined
}

/** Numbers and booleans count as what was written: an `enum: [1.0, true]` is about texts. */
export function textOf(tree: Tree): string | undefined {
  if (tree.kind !== 'scalar') return undefined
  return typeof tree.value === 'string' ? tree.value : tree.text
}

/** The texts of a list, or of a single one. */
export function readTexts(tree: Tree): readonly string[] | undefined {
  return listOf(tree, textOf)
}

function listOf<T>(tree: Tree, read: (item: Tree) => T | undefined): T[] | undefined {
  const items = tree.kind === 'list' ? tree.items : [tree]
  const read_ = items.map(read).filter(item => item !== undefined)
  return read_.length === items.length && items.length > 0 ? read_ : undefined
}

function sizeOf(tree: Tree): Size | undefined {
  if (tree.kind === 'scalar' && isCount(tree.value)) return { min: tree.value, max: tree.value }
  if (tree.kind !== 'map') return undefined
  const bounds = new Map<string, number>()
  for (const { key, value } of tree.entries) {
    if ((key !== 'min' && key !== 'max') || value.kind !== 'scalar' || !isCount(value.value)) return undefined
    bounds.set(key, value.value)
  }
  const size = { min: bounds.get('min') ?? 0, max: bounds.get('max') ?? Number.POSITIVE_INFINITY }
  return bounds.size > 0 && size.min <= size.max ? size : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

function wrong(tree: { readonly at: Position }, mistakes: Mistakes, text: string): undefined {
  mistakes.add(tree.at, text)
}
