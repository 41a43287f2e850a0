import { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import { parseYaml, type Tree, type YamlSource } from '@deploy-actions/core/yaml/tree'
import type { Inputs } from '../inputs.ts'

/** Gives the text of a file in the workspace; undefined when it is not there. */
export type ReadFile = (path: string) => Promise<string | undefined>

/** A JSON Schema in a check goes deep. */
const DEEPEST = 60

/** The documents of the input and of the files. */
export async function readSources(
  { checks, checksFiles }: Pick<Inputs, 'checks' | 'checksFiles'>,
  readFile: ReadFile,
  mistakes: Mistakes,
): Promise<Tree[]> {
  const sources: YamlSource[] = checks.trim() === '' ? [] : [{ name: 'checks', isFile: false, text: checks }]
  for (const name of checksFiles) {
    const text = await readFile(name)
    if (text !== undefined) sources.push({ name, isFile: true, text })
    else mistakes.add({ source: name, isFile: true, line: 1, column: 1 }, NO_FILE)
  }
  const trees = await Promise.all(sources.map(source => readUrlLines(source) ?? readYaml(source, mistakes)))
  return trees.filter(tree => tree !== undefined)
}

const NO_FILE =
  'this file of `checks-file` is not in the workspace; does a step before this one check the repository out?'

async function readYaml(source: YamlSource, mistakes: Mistakes): Promise<Tree | undefined> {
  const own = new Mistakes()
  const tree = await parseYaml(source, own, { maxDepth: DEEPEST })
  for (const { at, text } of own.list) mistakes.add(at, `${text}${tree === undefined ? bracesHint(source, at) : ''}`)
  return tree
}

/** The braces of a variable end those of YAML: `{ url: https://${HOST}/ }`. */
function bracesHint({ text }: YamlSource, { line }: Position): string {
  const lines = text.split('\n').slice(0, line)
  return lines.some(
    written => /[{[,:]\s*[^\s"'{}[\],#][^"'{}[\],]*\$\{/.test(written) && /[{[]/.test(written.split('${')[0] ?? ''),
  )
    ? '; within { } and [ ], a text with ${…} in it needs quotes'
    : ''
}

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
