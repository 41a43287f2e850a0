import type { FieldError } from './errors.ts'
import type { Fact, Facts } from './facts.ts'

type Json = Readonly<Record<string, unknown>>

/** Counted as Discord does: code points, after trimming. */
export function size(text: string): number {
  return Array.from(text.trim()).length
}

/** What Discord would find wrong with a body. A key that the facts do not know is ignored, as Discord ignores it. */
export function validateBody(body: Json, facts: Facts): FieldError[] {
  const errors: FieldError[] = []
  visit(body, '', '', facts, errors)
  errors.push(...beyondDescription(body))
  return errors
}

function visit(value: unknown, place: string, path: string, facts: Facts, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      const inside = `${place}[]`
      check(element, facts[inside], `${path}.${index}`, errors)
      visit(element, inside, `${path}.${index}`, facts, errors)
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  const prefix = place === '' ? '' : `${place}.`
  for (const [name, fact] of Object.entries(facts)) {
    const key = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    if (key === '' || /[.[\]]/.test(key)) continue
    const below = path === '' ? key : `${path}.${key}`
    check((value as Json)[key], fact, below, errors)
    visit((value as Json)[key], name, below, facts, errors)
  }
}

function check(value: unknown, fact: Fact | undefined, path: string, errors: FieldError[]): void {
  const found = fact && problemOf(value, fact)
  if (found) errors.push({ path, code: found[0], message: found[1] })
}

type Problem = readonly [code: string, message: string]

const REQUIRED: Problem = ['BASE_TYPE_REQUIRED', 'This field is required']

function problemOf(value: unknown, fact: Fact): Problem | undefined {
  if (value === undefined || value === null) return fact.required ? REQUIRED : undefined
  switch (fact.type) {
    case 'string':
      return textProblem(value, fact)
    case 'integer':
      return numberProblem(value, fact)
    case 'array':
      if (!Array.isArray(value)) return ['LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType']
      return lengthProblem(value.length, fact)
    case 'object':
      if (typeof value === 'object') return undefined
      return ['MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType']
    default:
      return typeof value === 'boolean' ? undefined : ['BOOLEAN_TYPE_CONVERT', 'Must be either true or false.']
  }
}

function lengthProblem(length: number, { min, max }: Fact): Problem | undefined {
  if (min !== undefined && length < min) return ['BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`]
  if (max !== undefined && length > max) return ['BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`]
  return undefined
}

function textProblem(value: unknown, fact: Fact): Problem | undefined {
  if (typeof value !== 'string') return ['STRING_TYPE_CONVERT', 'Could not interpret value as string.']
  const length = size(value)
  if (length === 0 && fact.required) return REQUIRED
  return lengthProblem(length, fact) ?? formatProblem(value, fact.format)
}

function formatProblem(value: string, format: Fact['format']): Problem | undefined {
  switch (format) {
    case 'snowflake':
      return /^(0|[1-9][0-9]*)$/.test(value) ? undefined : ['NUMBER_TYPE_COERCE', `Value "${value}" is not snowflake.`]
    case 'date-time':
      if (!Number.isNaN(Date.parse(value))) return undefined
      return ['DATE_TIME_TYPE_PARSE', `Could not parse ${value}. Should be ISO8601.`]
    case 'uri': {
      const url = URL.parse(value)
      if (!url) return value === '' ? undefined : ['URL_TYPE_INVALID_URL', 'Not a well formed URL.']
      if (/^(https?|attachment|discord):$/.test(url.protocol)) return undefined
      const scheme = url.protocol.slice(0, -1)
      return [
        'URL_TYPE_INVALID_SCHEME',
        `Scheme "${scheme}" is not supported. Scheme must be one of ('http', 'https').`,
      ]
    }
    default:
      return undefined
  }
}

function numberProblem(value: unknown, { min, max }: Fact): Problem | undefined {
  if (!Number.isInteger(value)) return ['NUMBER_TYPE_COERCE', `Value "${value}" is not int.`]
  const number = Number(value)
  if (max !== undefined && number > max) return ['NUMBER_TYPE_MAX', `int value should be less than or equal to ${max}.`]
  if (min !== undefined && number < min)
    return ['NUMBER_TYPE_MIN', `int value should be greater than or equal to ${min}.`]
  return undefined
}

/** Rules that stand in the documentation or in Discord's answers only. */
function beyondDescription(body: Json): FieldError[] {
  const errors: FieldError[] = []
  const name = typeof body['username'] === 'string' ? body['username'] : ''
  const taboo = /clyde|discord/i.exec(name)?.[0]
  if (taboo)
    errors.push({
      path: 'username',
      code: 'USERNAME_INVALID_CONTAINS',
      message: `Username cannot contain "${taboo.toLowerCase()}"`,
    })
  if (embedSum(body['embeds']) > 6_000) {
    errors.push({ path: 'embeds', code: 'MAX_EMBED_SIZE_EXCEEDED', message: 'Embed size exceeds maximum size of 6000' })
  }
  const mentions = body['allowed_mentions'] as { parse?: string[]; users?: string[]; roles?: string[] } | undefined
  for (const kind of ['users', 'roles'] as const) {
    if (mentions?.parse?.includes(kind) && mentions[kind]?.length) {
      errors.push({
        path: 'allowed_mentions',
        code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
        message: `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
      })
    }
  }
  return errors
}

function embedSum(embeds: unknown): number {
  if (!Array.isArray(embeds)) return 0
  return embeds.reduce((sum: number, embed: EmbedTexts) => {
    const texts = [embed?.title, embed?.description, embed?.footer?.text, embed?.author?.name]
    for (const field of embed?.fields ?? []) texts.push(field?.name, field?.value)
    return sum + texts.reduce((part: number, text) => part + (typeof text === 'string' ? size(text) : 0), 0)
  }, 0)
}

interface EmbedTexts {
  readonly title?: unknown
  readonly description?: unknown
  readonly footer?: { readonly text?: unknown }
  readonly author?: { readonly name?: unknown }
  readonly fields?: readonly ({ readonly name?: unknown; readonly value?: unknown } | null)[]
}
