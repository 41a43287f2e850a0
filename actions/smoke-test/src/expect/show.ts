import { redactor, type Secret } from '@deploy-actions/core/values/secret'

/** What a message shows of one value. */
const LONGEST = 120

/** Shows values in messages: on one line, of a length that can be read, without the secrets. */
export class Shower {
  readonly #clean: (text: string) => string

  constructor(secrets: readonly Secret[]) {
    this.#clean = redactor(secrets)
  }

  /** As JSON, so that a text and a number can be told apart. */
  value(value: unknown): string {
    return this.text(jsonOf(value))
  }

  list(values: readonly unknown[]): string {
    return this.text(values.map(jsonOf).join(', '))
  }

  text(text: string): string {
    // Redacted before it is cut: half a secret would not be found any more.
    const line = this.#clean(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    const letters = [...line.slice(0, 2 * LONGEST)]
    return letters.length <= LONGEST ? letters.join('') : `${letters.slice(0, LONGEST - 1).join('')}…`
  }
}

/** Whole numbers of any size as they are: JSON.stringify knows no bigint. */
export function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item)}`)
      .join(', ')}}`
  }
  return JSON.stringify(value) ?? 'nothing'
}

export function showPattern({ source, flags }: { readonly source: string; readonly flags: string }): string {
  return `/${source}/${flags}`
}
