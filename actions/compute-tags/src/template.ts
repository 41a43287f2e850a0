/** Fills in the `{{…}}` of texts. */
export interface TemplateEngine {
  /** Throws InvalidValue when it is filled in and is wrong. */
  compile(template: string): (context: object) => string
  /** The name in a template that is one expression and nothing else, as `raw` in `{{raw}}`. */
  onlyExpression(template: string): string | undefined
  /** The names that a template looks up in its context, as they are written, each once. */
  names(template: string): readonly string[]
  /** Why a text is no template, without filling it in. */
  problem(template: string): string | undefined
}

/** For texts without a `{{`: they are what they are. */
const plainText: TemplateEngine = {
  compile: template => () => template,
  onlyExpression: () => undefined,
  names: () => [],
  problem: () => undefined,
}

/** The engine is loaded only when there is something for it: it is the largest part of this action. */
export async function templateEngine(texts: readonly string[]): Promise<TemplateEngine> {
  if (!texts.some(text => text.includes('{{'))) return plainText
  return (await import('./handlebars.ts')).handlebarsEngine
}
