import { compile, selectAll } from 'css-select'
import type { AnyNode, Element } from 'domhandler'
import { innerText } from 'domutils'
import { parseDocument } from 'htmlparser2'
import { withinTime } from './within-time.ts'

/**
 * Milliseconds for a whole page. A parser that takes anything for HTML needs minutes for a megabyte of tags that were never
 * closed.
 */
const LIMIT = 5_000

/** Finds the texts that a path leads to, in the order of the page. */
export type FindTexts = (path: string) => readonly string[]

/** Reads a page; a text says why it cannot be, in words that read on after the name of the page. */
export function readHtml(text: string): FindTexts | string {
  const problem = notHtml(text)
  if (problem !== undefined) return problem
  const read = withinTime(LIMIT, () => parseDocument(text))
  if (read.isLate) return 'takes too long to read as HTML'
  return path => {
    const { selector, attribute } = partsOf(path)
    const found: readonly Element[] = selectAll<AnyNode, Element>(selector, read.value)
    if (attribute === undefined) return found.map(textOf)
    return found.map(element => element.attribs[attribute]).filter(value => value !== undefined)
  }
}

/** What is wrong with a path; undefined when nothing is. */
export function problemOfSelector(path: string): string | undefined {
  const { selector } = partsOf(path)
  if (/^$|[>+~]$/.test(selector)) return `${NO_SELECTOR}: it ${selector === '' ? 'is empty' : 'ends too early'}`
  try {
    compile(selector)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
    return `${NO_SELECTOR}: ${thrown.message}`
  }
}

const NO_SELECTOR = 'this is no CSS selector (as `h1`, or `meta[name=commit]@content` for an attribute)'

/** CSS has no `@`, but in brackets and quotes. Names of HTML's attributes are read in small letters. */
function partsOf(path: string): { readonly selector: string; readonly attribute: string | undefined } {
  const [, selector, attribute] = /^(.*)@([\w:.-]+)$/s.exec(path.trim()) ?? []
  return { selector: (selector ?? path).trim(), attribute: attribute?.toLowerCase() }
}

/** As a browser shows it: without the scripts and styles in it, and with white space as one space. */
function textOf({ children }: Element): string {
  return innerText(children).replace(/\s+/g, ' ').trim()
}

/** Any text can be read as HTML, so that what is none would only lack what is looked for. */
function notHtml(text: string): string | undefined {
  const start = text.trimStart()
  if (start === '') return 'is empty, not HTML'
  if (/^[[{"]/.test(start) && isJson(start)) return 'is JSON, not HTML; does the URL lead to a page, or to an API?'
  if (/^<\?xml/i.test(start) && !/<html[\s>]/i.test(start)) return 'is XML, not HTML'
  return /<[a-z!]/i.test(start) ? undefined : 'is plain text, not HTML'
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
