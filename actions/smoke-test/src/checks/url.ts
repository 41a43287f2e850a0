import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { Reader } from './reader.ts'
import type { Reading } from './reading.ts'
import { parseTemplate, variablesIn } from './template.ts'

const WANTED = 'write a whole URL, as https://shop.example.org/health'

/** A URL of the web. Variables before `@` and after `?` are secrets, and may have any characters. */
export const url: Reader<URL> = {
  schema: { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$|\\$\\{' },
  read: (tree, reading) => {
    if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return reading.wrong(tree, WANTED)
    const filled = fill(tree, tree.value.trim(), reading)
    if (filled === undefined) return undefined
    const second = /^https?:\/\/https?(?::|\/\/)/i.test(filled) ? variablesIn(tree.value)[0] : undefined
    if (second !== undefined) {
      return reading.wrong(
        tree,
        `this URL has two schemes: leave out http:// in front, as \`${second}\` has one already`,
      )
    }
    const parsed = URL.parse(filled)
    if (parsed === null || !/^https?:\/\/[^/]/i.test(filled) || /\s/.test(tree.value.trim()))
      return reading.wrong(tree, WANTED)
    try {
      // A token alone stands in the place of the user.
      reading.concealed.add(decodeURIComponent(parsed.password || parsed.username))
    } catch {
      return reading.wrong(tree, 'the user and password before @ have a % that is not written %25; use `basic-auth`')
    }
    for (const [name, value] of parsed.searchParams) reading.concealed.addNamed(name, value)
    return parsed
  },
}

function fill(tree: Tree, text: string, reading: Reading): string | undefined {
  const [, scheme = '', credentials = '', rest = ''] = /^([a-z]+:\/\/)?(?:([^/?#]*)@)?(.*)$/is.exec(text) ?? []
  const query = rest.search(/[?#]/)
  const [place, search] = query < 0 ? [rest, ''] : [rest.slice(0, query), rest.slice(query)]
  const parts = [
    reading.fill(tree, place, 'shown'),
    search === '' ? '' : fillEncoded(tree, search, reading),
    credentials === '' ? '' : fillEncoded(tree, credentials, reading),
  ]
  const [filledPlace, filledSearch, filledCredentials] = parts
  if (parts.includes(undefined)) return undefined
  return `${scheme}${filledCredentials === '' ? '' : `${filledCredentials}@`}${filledPlace}${filledSearch}`
}

/**
 * What is filled in is taken as it is, so a password may have a slash and a value of a query a plus; what is written is a URL's text
 * already. In a query only what follows a `=` is a value: a variable may hold a whole query too.
 */
function fillEncoded(tree: Tree, text: string, reading: Reading): string | undefined {
  const template = parseTemplate(text)
  if (!template.ok) return reading.fill(tree, text, 'hidden')
  let filled = ''
  for (const part of template.parts) {
    if (typeof part === 'string') {
      filled += part
      continue
    }
    const fallback = part.fallback === undefined ? '' : `:-${part.fallback}`
    const value = reading.fill(tree, `\${${part.name}${fallback}}`, 'hidden')
    if (value === undefined) return undefined
    const isValue = !/^[?#]/.test(text) || /[?&][^?&]*=[^&]*$/.test(filled)
    filled += isValue ? encodeURIComponent(value) : value
  }
  return filled
}
