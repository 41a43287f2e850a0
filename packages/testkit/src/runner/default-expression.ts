/** The contexts that a default in action.yml may name: `github`, `job`, `runner`. */
export type Contexts = Readonly<Record<string, unknown>>

/**
 * Resolves the `${{ … }}` in the default of an input. Only what defaults are made of: a path into a context, a text in quotes, and `||`.
 * https://docs.github.com/actions/reference/workflows-and-actions/expressions
 */
export function resolveDefault(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
    const values = expression.split('||').map(operand => evaluate(operand.trim(), contexts))
    const found = values.find(value => value !== undefined && value !== null && value !== '' && value !== false)
    return found === undefined ? '' : String(found)
  })
}

function evaluate(operand: string, contexts: Contexts): unknown {
  const quoted = /^'([^']*)'$/.exec(operand)
  if (quoted) return quoted[1]
  if (!/^[\w-]+(\.[\w-]+)*$/.test(operand))
    throw new Error(`The default's expression is beyond this harness: ${operand}`)
  let value: unknown = contexts
  for (const key of operand.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }
  return value
}
