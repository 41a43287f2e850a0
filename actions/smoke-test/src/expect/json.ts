/** Reads JSON with whole numbers exact: those that a double cannot hold become a bigint. Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  // Only a text with so many digits can need it, and a reviver makes reading many times slower.
  return /\d{16}/.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text)
}

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value
}

/** As JSON.parse alone would have read it: a validator of schemas knows no bigint. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]))
}

/** Why a body is no JSON, in words that read on after its name. */
export function notJson(text: string): string {
  if (text.trim() === '') return 'is empty, not JSON'
  if (/^\s*(?:<!doctype html|<html|<head|<body)/i.test(text)) {
    return 'is HTML, not JSON; does the URL lead to the application, or to its web pages or a proxy?'
  }
  if (/^\s*<\?xml|^\s*<[a-z]/i.test(text)) return 'is XML, not JSON'
  return /^\s*[[{"]/.test(text) ? 'is broken JSON' : 'is plain text, not JSON'
}
