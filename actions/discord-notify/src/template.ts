import { STATUSES } from '@deploy-actions/core/discord/status'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import { type Entry, parseYaml, type Tree } from '@deploy-actions/core/yaml/tree'
import { fieldOf } from './fields.ts'
import { type Look, TEXT_KEYS, type Template } from './look.ts'

const SECTIONS = ['all', ...Object.keys(STATUSES)]
const KEYS: readonly string[] = [...TEXT_KEYS, 'fields', 'buttons']

/**
 * Reads a template: parts by status, and `all` for what they share. Throws an InvalidValue with every mistake and its place; it reads on
 * after the input's name.
 */
export async function parseTemplate(text: string): Promise<Template> {
  const mistakes = new Mistakes()
  const tree = await parseYaml({ name: 'template', isFile: true, text }, mistakes)
  const template = new Map<string, Look>()
  for (const { key, at, value } of tree === undefined ? [] : entriesOf(tree, 'the file', mistakes)) {
    if (SECTIONS.includes(key)) template.set(key, lookOf(value, key, mistakes))
    else mistakes.unknown(at, 'status', key, SECTIONS)
  }
  if (mistakes.list.length === 0) return template
  const places = mistakes.list.map(({ at, text }) => `line ${at.line}, column ${at.column}: ${text}`)
  throw new InvalidValue(`has mistakes: ${places.join('; ')}`)
}

function lookOf(body: Tree, section: string, mistakes: Mistakes): Look {
  const look: Record<string, unknown> = {}
  for (const { key, at, value } of entriesOf(body, `\`${section}\``, mistakes)) {
    const place = `\`${section}.${key}\``
    if (key === 'fields') {
      look[key] = entriesOf(value, place, mistakes).map(({ key: name, value: content }) =>
        fieldOf(name, textOf(content)),
      )
    } else if (key === 'buttons') {
      look[key] = entriesOf(value, place, mistakes).map(({ key: label, value: url }) => `${label}: ${textOf(url)}`)
    } else if (!KEYS.includes(key)) {
      mistakes.unknown(at, 'key', key, KEYS)
    } else if (value.kind === 'list' || value.kind === 'map') {
      mistakes.add(value.at, `${place} is not a text`)
    } else {
      look[key] = textOf(value)
    }
  }
  return look
}

function entriesOf(tree: Tree, place: string, mistakes: Mistakes): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries
  if (tree.kind !== 'null') mistakes.add(tree.at, `${place} is not a list of "name: value"`)
  return []
}

function textOf(tree: Tree): string {
  return tree.kind === 'scalar' ? tree.text.trim() : ''
}
