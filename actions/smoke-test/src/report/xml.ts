import { stripVTControlCharacters } from 'node:util'

/** An element with its attributes, its children or its text. */
export interface XmlElement {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly content?: string | readonly XmlElement[]
}

/** Lone halves of pairs too. https://www.w3.org/TR/xml/#charsets */
const NO_XML_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** A document of XML 1.0, well-formed whatever the texts hold. CDATA would not help: it takes no other characters. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, '')}\n`
}

function write({ name, attributes = {}, content = [] }: XmlElement, indent: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value, /[&<>"\t\n\r]/g)}"`)
  const start = `${indent}<${name}${written.join('')}`
  if (content.length === 0) return `${start}/>`
  if (typeof content === 'string') return `${start}>${escaped(content, /[&<>\r]/g)}</${name}>`
  return `${start}>\n${content.map(child => write(child, `${indent}  `)).join('\n')}\n${indent}</${name}>`
}

/** White space in an attribute would be read as a space, and `\r` in a text as `\n`. https://www.w3.org/TR/xml/#AVNormalize */
function escaped(text: string, letters: RegExp): string {
  return stripVTControlCharacters(text)
    .replace(NO_XML_CHARACTER, '')
    .replace(letters, letter => `&#${letter.charCodeAt(0)};`)
}
