import ts from 'typescript'

/** A text for people in a file. */
export interface ReadableText {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/**
 * Phrases that users do not search for, or have to decode, with the usual term. Only phrases that are wrong wherever they stand: what
 * is right in one sentence and wrong in another is for review.
 */
const REFUSED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bsick\b/i, 'unhealthy'],
  [/\bby hand\b/i, 'manually'],
  [/\bfor good\b/i, 'permanently'],
  [/\bone a line\b/i, 'one per line'],
  [/\b(goes|go|went|going) back (to an? |to the |by )/i, 'rolls back'],
  [/\b(proves?|proved|proofs?)\b/i, 'verifies, verification'],
  [/\brights\b/i, 'permissions'],
  [/\b(begun|spoiled)\b/i, 'started, modified'],
  [/\bpatience\b/i, 'time limit'],
  [/\b(is|are) told\b/i, 'reported, logged, printed'],
  [/\b(a try|tries)\b/i, 'attempt, attempts'],
  [/\bwhat answers\b/i, 'the response'],
  [/\bno answer\b/i, 'no response'],
  [/\banswer(s|ed)? [1-5]\d\d\b/i, 'responds with'],
  [/\bthe release before\b/i, 'the previous release'],
  [/(?<!there )\b(is|are) no (valid|URL|web|host|YAML|JSON|number|duration|fingerprint|colour|version)\b/i, 'is not a'],
]

/** Why a text is refused: each phrase with its usual term. */
export function wordingProblems(text: string): string[] {
  return REFUSED.flatMap(([pattern, instead]) => {
    const [phrase] = pattern.exec(text) ?? []
    return phrase === undefined ? [] : [`"${phrase}": write ${instead}`]
  })
}

/** The texts in the strings and templates of a module: its messages. One word alone is a name or a key. */
export function messagesOf(source: string): ReadableText[] {
  const file = ts.createSourceFile('module.ts', source, ts.ScriptTarget.Latest)
  const messages: ReadableText[] = []
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) && node.text.includes(' ')) {
      messages.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, text: node.text })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return messages
}

/** The lines of a document, an `action.yml` or a workflow. */
export function linesOf(document: string): ReadableText[] {
  return document.split('\n').map((text, index) => ({ line: index + 1, text }))
}
