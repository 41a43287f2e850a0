import fc from 'fast-check'
import { lexer, type Token, type Tokens } from 'marked'

/** Texts with much that Markdown, HTML and GitHub know. */
export const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('`', '``', '|', '\\', '\\|', '[x](http://evil.example)', '![x](y)', '<img src=x>', '</details>'),
      fc.constantFrom('&lt;', '&#124;', '*', '**', '_', '~~', '$', '\n', '\r', '# ', '- ', '@octocat', '#12', '\u202e'),
      fc.constantFrom('1. ', '===', '---', '+ ', '> ', '```', '~~~', '    ', '\n\n', '| - |', '<!--', '</summary>'),
    ),
    { maxLength: 8 },
  )
  .map(parts => parts.join(''))

/** The tables and folded blocks of a summary that only text can stand in, by the kinds of their tokens. */
export function blocksOf(markdown: string): Token[] {
  return lexer(markdown).filter(({ type }) => type !== 'space')
}

/** All tokens below some; a link whose text is its own address is one that GitHub makes of any address. */
export function kindsIn(tokens: readonly Token[]): Set<string> {
  const kinds = new Set<string>()
  const visit = (token: Token): void => {
    if (token.type === 'link' && token.raw === (token as Tokens.Link).text) return
    kinds.add(token.type)
    if (token.type === 'table') {
      const { header, rows } = token as Tokens.Table
      for (const cell of [header, ...rows].flat()) cell.tokens.forEach(visit)
    } else if ('tokens' in token) token.tokens?.forEach(visit)
    if (token.type === 'list') (token as Tokens.List).items.forEach(visit)
  }
  tokens.forEach(visit)
  return kinds
}
