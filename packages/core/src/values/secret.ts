import { inspect } from 'node:util'

const REDACTED = '[secret]'

/** A text that cannot be printed by accident: every way to a string gives a placeholder. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Call it only where it leaves for its one destination. */
  reveal(): string {
    return this.#value
  }

  get isEmpty(): boolean {
    return this.#value === ''
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

/** A line that is shorter is too common a text: masking it would blacken the log and give it away by its absence. */
const SHORTEST_MASK = 4

/**
 * Every form in which a value may come back in some tool's output: itself, each of its lines, base64 (as a whole, and as a
 * part of a longer text at each of the three alignments), the inside of a JSON string, and URL escapes.
 */
export function maskableForms(value: string): string[] {
  const forms = new Set<string>()
  for (const text of new Set([value, value.trim(), ...value.split(/\r?\n/).map(line => line.trim())])) {
    if (text.length < SHORTEST_MASK) continue
    forms.add(text)
    forms.add(JSON.stringify(text).slice(1, -1))
    forms.add(encodeURIComponent(text))
    for (const form of base64Forms(text)) if (form.length >= SHORTEST_MASK) forms.add(form)
  }
  return [...forms].sort((a, b) => b.length - a.length)
}

function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  const whole = bytes.toString('base64')
  const aligned = [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // The first and the last characters depend on the neighbours too, so they are left out.
    const start = before === 0 ? 0 : before + 1
    const clean = encoded.replace(/=+$/, '')
    return clean.slice(start, (before + bytes.length) % 3 === 0 ? undefined : -1)
  })
  return [whole, bytes.toString('base64url'), ...aligned]
}

/** Replaces every form of the given secrets in a text. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  return redactor(secrets)(text)
}

/** The same for many texts. The longest forms go first, so that none leaves a rest. */
export function redactor(secrets: Iterable<Secret>): (text: string) => string {
  const forms = [...secrets].flatMap(secret => maskableForms(secret.reveal())).sort((a, b) => b.length - a.length)
  return text => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text)
}
