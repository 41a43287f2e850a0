import { STATUSES } from '@deploy-actions/core/discord/status'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { nearestName } from '@deploy-actions/core/values/nearest'
import { parse } from 'yaml'
import { fieldOf } from './fields.ts'
import { type Look, TEXT_KEYS, type Template } from './look.ts'

const KEYS = [...TEXT_KEYS, 'fields', 'buttons'] as const

/** Reads a template: parts by status, and `all` for what they share. Names every mistake in one message. */
export function parseTemplate(text: string): Template {
  const wrong: string[] = []
  const template = new Map<string, Look>()
  for (const [section, body] of entriesOf(readYaml(text), 'the file', wrong)) {
    const known = ['all', ...Object.keys(STATUSES)]
    if (!known.includes(section)) wrong.push(unknown(section, known))
    else template.set(section, lookOf(body, section, wrong))
  }
  if (wrong.length > 0) throw new InvalidValue(`is not right: ${wrong.join('; ')}`)
  return template
}

function readYaml(text: string): unknown {
  try {
    return parse(text) ?? {}
  } catch (thrown) {
    throw new InvalidValue(`is not YAML: ${thrown instanceof Error ? thrown.message.split('\n')[0] : 'unreadable'}`)
  }
}

function lookOf(body: unknown, section: string, wrong: string[]): Look {
  const look: Record<string, unknown> = {}
  for (const [key, value] of entriesOf(body, `\`${section}\``, wrong)) {
    const place = `\`${section}.${key}\``
    if (key === 'fields')
      look[key] = entriesOf(value, place, wrong).map(([name, content]) => fieldOf(name, textOf(content)))
    else if (key === 'buttons')
      look[key] = entriesOf(value, place, wrong).map(([label, url]) => `${label}: ${textOf(url)}`)
    else if (!KEYS.some(known => known === key))
      wrong.push(
        unknown(
          `${section}.${key}`,
          KEYS.map(known => `${section}.${known}`),
        ),
      )
    else if (typeof value === 'object') wrong.push(`${place} is not a text`)
    else look[key] = textOf(value)
  }
  return look
}

function entriesOf(value: unknown, place: string, wrong: string[]): [string, unknown][] {
  if (value === null || value === undefined) return []
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value)
  wrong.push(`${place} is not a list of "name: value"`)
  return []
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : String(value).trim()
}

function unknown(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  return `\`${name}\` is not known${near ? `; did you mean \`${near}\`?` : ''}`
}
