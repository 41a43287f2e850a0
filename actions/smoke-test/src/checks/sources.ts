import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree, YamlSource } from '@deploy-actions/core/yaml/tree'

/** One URL a line is no YAML, and what many write: the checks of such a text; undefined when it is something else. */
export function readUrlLines({ name, isFile, text }: YamlSource): Tree | undefined {
  const items: Tree[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const written = line.replace(/(^|\s)#.*$/, '').trim()
    if (written === '') continue
    if (!/^(https?|tcp|tls):\/\/\S+$/i.test(written)) return undefined
    const at: Position = { source: name, isFile, line: index + 1, column: line.indexOf(written) + 1 }
    items.push({ kind: 'scalar', at, value: written, text: written })
  }
  return items.length === 0 ? undefined : { kind: 'list', at: { source: name, isFile, line: 1, column: 1 }, items }
}

/** The paths of files that a document names by a key, wherever it stands. */
export function pathsOf(tree: Tree, keys: readonly string[]): string[] {
  if (tree.kind === 'list') return tree.items.flatMap(item => pathsOf(item, keys))
  if (tree.kind !== 'map') return []
  return tree.entries.flatMap(({ key, value }) =>
    keys.includes(key) && value.kind === 'scalar' ? [value.text] : pathsOf(value, keys),
  )
}
