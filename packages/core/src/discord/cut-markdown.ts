import { codePoints, takeGraphemes } from './code-points.ts'

const MARK = '…'
/** A cut goes back to the end of a word when one is this near. */
const WORD = 24

const SEARCHED = 50_000

/** A part of a text that means something only as a whole. */
interface Span {
  readonly start: number
  readonly end: number
  /** What ends it; with it the part may be cut inside, and closed again. */
  readonly closer?: string
  /** How much of its start must stay for that. */
  readonly opener?: number
}

const SPANS: readonly { readonly pattern: RegExp; readonly closer?: string }[] = [
  { pattern: /(?<!\\)```(?:[\w+#.-]*\n)?[\s\S]+?```/g, closer: '\n```' },
  { pattern: /(?<!\\)``[^`\n]+``(?!`)/g, closer: '``' },
  { pattern: /(?<!\\)`[^`\n]+`/g, closer: '`' },
  { pattern: /(?<!\\)\|\|[^|\n]+\|\|/g, closer: '||' },
  { pattern: /(?<!\\)!?\[(?:\\.|[^\]\n\\])*\]\(<?[^\s()]*(?:\([^\s()]*\)[^\s()]*)*>?\)/g },
  { pattern: /<(?:@[!&]?|#|t:|a?:\w+:|\/)[^<>\s]+>/g },
  { pattern: /https?:\/\/[^\s<>]+/g },
  { pattern: /\\[^\w\s]/g },
]

/**
 * Cuts a text to `max` code points at a place where nothing breaks: not inside a character, a link, a mention or an escape,
 * and a code block or spoiler that is cut is closed again. A text that fits is returned as it is.
 */
export function cutMarkdown(text: string, max: number): string {
  if (codePoints(text) <= max) return text
  if (max <= codePoints(MARK)) return takeGraphemes(text, max)
  const spans = spansOf(searchable(text))
  const head = takeGraphemes(text, max - codePoints(MARK))
  const span = spans.find(({ start, end }) => start < head.length && head.length < end)
  if (span === undefined) return `${atWord(head, spans).trimEnd()}${MARK}`
  const whole = span.closer === undefined ? undefined : closed(head, span, max)
  if (whole !== undefined) return whole
  const before = text.slice(0, span.start).trimEnd()
  if (before !== '') return `${before}${MARK}`
  // One link longer than all there is room for: its words stay.
  const label = /^!?\[((?:\\.|[^\]\n\\])*)\]\(/.exec(text)?.[1]
  return label ? cutMarkdown(label, max) : `${head}${MARK}`
}

/** Where the spans are looked for. A code block that ends beyond it, as a long log does, is taken to end with it. */
function searchable(text: string): string {
  const start = text.slice(0, SEARCHED)
  const open = start.length < text.length && (start.split('```').length - 1) % 2 === 1
  return open ? `${start}\n\`\`\`` : start
}

/** The head with its cut span closed; undefined when the span would be left without content. */
function closed(head: string, span: Span, max: number): string | undefined {
  const closer = span.closer ?? ''
  const inside = takeGraphemes(head, max - codePoints(MARK) - codePoints(closer))
  if (inside.length <= span.start + (span.opener ?? 0)) return undefined
  return `${inside.trimEnd()}${MARK}${closer}`
}

/** Goes back to the last white space when it is near, and not into a span. */
function atWord(head: string, spans: readonly Span[]): string {
  const space = head.search(/\s\S*$/)
  if (space <= 0 || head.length - space > WORD) return head
  return spans.some(({ start, end }) => start < space && space < end) ? head : head.slice(0, space)
}

/** The spans of a text, outermost first; what lies inside one is no span of its own. */
function spansOf(text: string): Span[] {
  const spans: Span[] = []
  for (const { pattern, closer } of SPANS) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length]
      if (spans.some(span => span.start < end && start < span.end)) continue
      const opener = /^(```(?:[\w+#.-]*\n)?|``|`|\|\|)/.exec(match[0])?.[0].length
      spans.push({ start, end, ...(closer === undefined ? {} : { closer, opener: opener ?? 0 }) })
    }
  }
  return spans
}
