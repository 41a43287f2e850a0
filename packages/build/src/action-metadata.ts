import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

export interface Input {
  readonly description?: string
  readonly required?: string
  readonly default?: string
  readonly deprecationMessage?: string
}

/** An action.yml, as far as it is read here. https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax */
export interface ActionMetadata {
  readonly name?: string
  readonly description?: string
  readonly inputs: Readonly<Record<string, Input>>
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>
  readonly runs: { readonly using?: string; readonly main?: string; readonly post?: string }
  readonly branding?: { readonly icon?: string; readonly color?: string }
}

/** Every scalar is text, as the runner has it: `default: 1.10` is "1.10" and `default: true` is "true". */
export function parseActionMetadata(text: string): ActionMetadata {
  const metadata = parse(text, { schema: 'failsafe' }) ?? {}
  return {
    ...metadata,
    inputs: entries(metadata.inputs),
    outputs: entries(metadata.outputs),
    runs: metadata.runs || {},
  }
}

export function readActionMetadata(folder: string): ActionMetadata {
  return parseActionMetadata(readFileSync(path.join(folder, 'action.yml'), 'utf8'))
}

/** `inputs:` with nothing below it, and an input without any key, are empty texts. */
function entries(value: Record<string, Input | ''> | '' | undefined): Record<string, Input> {
  return Object.fromEntries(Object.entries(value || {}).map(([name, entry]) => [name, entry || {}]))
}
