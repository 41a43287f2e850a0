import type { Mistakes } from '@deploy-actions/core/yaml/mistakes'
import type { Position } from '@deploy-actions/core/yaml/position'
import { checkName } from './name.ts'
import { parseType } from './read-rule.ts'
import type { Rule, Store } from './rule.ts'

/** `NAME` or `NAME: type`, one a line or between commas; `#` starts a comment. */
export function readShortForm(
  input: string,
  text: string,
  kind: { readonly store: Store; readonly required: boolean },
  mistakes: Mistakes,
): Rule[] {
  const rules: Rule[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    let column = 1
    for (const part of line.replace(/(^|\s)#.*$/, '').split(',')) {
      const at: Position = {
        source: input,
        isFile: false,
        line: index + 1,
        column: column + (part.length - part.trimStart().length),
      }
      column += part.length + 1
      const rule = readItem(part.trim(), at, kind, mistakes)
      if (rule !== undefined) rules.push(rule)
    }
  }
  return rules
}

function readItem(
  text: string,
  at: Position,
  { store, required }: { readonly store: Store; readonly required: boolean },
  mistakes: Mistakes,
): Rule | undefined {
  if (text === '') return undefined
  // A list item of YAML is what people write here out of habit.
  const [name = '', ...rest] = text.replace(/^-\s+/, '').split(':')
  const confused = confusedSyntax(text)
  if (confused !== undefined) {
    mistakes.add(at, confused)
    return undefined
  }
  if (!checkName(name.trim(), at, mistakes)) return undefined
  const written = rest.join(':').trim()
  const type = rest.length === 0 ? 'text' : parseType(written, { at }, mistakes)
  if (type === undefined) return undefined
  if (type === 'enum' || type === 'pattern') {
    mistakes.add(at, `the type ${type} needs its values: write this rule in \`rules\``)
    return undefined
  }
  return { name: name.trim(), store, type, options: { required }, environments: new Map(), at }
}

/** What people write here out of other habits. It is never quoted: it may be a value. */
function confusedSyntax(text: string): string | undefined {
  if (/^[A-Za-z_]\w*\s*=/.test(text))
    return 'write a colon between the name and its type, as `PORT: port`, and never a value'
  if (/^[A-Za-z_]\w*(\s+[A-Za-z_]\w*)+$/.test(text)) return 'write one name per line, or commas between names'
  return undefined
}
