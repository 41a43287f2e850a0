/** A text with variables in it: `Bearer ${TOKEN}`, `${PORT:-8080}`; `$${` stands for `${`. */
export type TemplatePart =
  | string
  /** `fallback` is taken when the variable is not set, or empty. */
  | { readonly name: string; readonly fallback: string | undefined }

export type Template =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  /** Reads on after the place: a sentence without its end. */
  | { readonly ok: false; readonly problem: string }

/** Reads the variables in a text. A dollar sign that no brace follows is one. */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = []
  let end = 0
  for (const match of text.matchAll(/\$\$\{|\$\{([^{}]*)(\}?)/g)) {
    const [found, inside, brace] = match
    parts.push(text.slice(end, match.index))
    end = match.index + found.length
    if (inside === undefined) {
      parts.push('${')
      continue
    }
    const [, scope, name, fallback] = /^(captures\.)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? []
    if (name === undefined || brace === '' || (scope !== undefined && fallback !== undefined)) {
      return {
        ok: false,
        problem: 'this is no variable; write ${NAME} or ${NAME:-what else}, and $${ for a dollar sign and a brace',
      }
    }
    parts.push({ name, fallback })
  }
  parts.push(text.slice(end))
  return { ok: true, parts: parts.filter(part => part !== '') }
}

/** The names of the variables in a text, as far as it can be read. */
export function variablesIn(text: string): string[] {
  const template = parseTemplate(text)
  return template.ok ? template.parts.flatMap(part => (typeof part === 'string' ? [] : [part.name])) : []
}
