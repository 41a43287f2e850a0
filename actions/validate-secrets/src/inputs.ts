import type { InputReader } from '@deploy-actions/core/runner/inputs'
import type { ActionError } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'

export interface Inputs {
  /** The lists in their short form, by the input's name. */
  readonly lists: Readonly<Record<ListName, string>>
  /** The rules in YAML; '' for none. */
  readonly rules: string
  readonly rulesFile: string
  readonly environment: string
  /** `${{ toJSON(secrets) }}`. */
  readonly secrets: ReadonlyMap<string, string> | undefined
  readonly vars: ReadonlyMap<string, string> | undefined
  readonly onProblem: 'fail' | 'warn'
  readonly remoteChecks: boolean
  /** Milliseconds for each remote check. */
  readonly connectTimeout: number
  readonly reportPath: string
  /** What is wrong with them: told together with the mistakes in the rules. */
  readonly wrong: ActionError | undefined
}

export const LISTS = {
  required: { store: 'secret', required: true },
  optional: { store: 'secret', required: false },
  'required-vars': { store: 'variable', required: true },
  'optional-vars': { store: 'variable', required: false },
} as const
export type ListName = keyof typeof LISTS

/** Inputs are never quoted: a secret may have been pasted into the wrong one. */
export function readInputs(read: InputReader): Inputs {
  const inputs = {
    lists: {
      required: read.raw('required'),
      optional: read.raw('optional'),
      'required-vars': read.raw('required-vars'),
      'optional-vars': read.raw('optional-vars'),
    },
    rules: read.raw('rules'),
    rulesFile: read.text('rules-file'),
    environment: read.text('environment'),
    secrets: read.parse('secrets', text => readStore(text, 'secrets')),
    vars: read.parse('vars', text => readStore(text, 'vars')),
    onProblem: read.parse('on-problem', text => oneOf(text, ['fail', 'warn'])),
    remoteChecks: read.parse('remote-checks', text => oneOf(text.toLowerCase(), ['true', 'false'])) === 'true',
    connectTimeout: read.parse('connect-timeout', readSeconds),
    reportPath: read.text('report-path'),
  }
  const nothing = [...Object.values(inputs.lists), inputs.rules, inputs.rulesFile].every(text => text.trim() === '')
  if (nothing) read.problem('required', 'is missing; name secrets here, or give `optional`, `rules` or `rules-file`')
  return { ...inputs, wrong: read.failure() }
}

function oneOf<const Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const found = choices.find(choice => choice === text)
  if (found === undefined) throw new InvalidValue(`is none of its values; write ${choices.join(' or ')}`)
  return found
}

function readSeconds(text: string): number {
  const [, amount, unit] = /^(\d{1,5})(ms|s)$/.exec(text) ?? []
  const ms = Number(amount) * (unit === 's' ? 1_000 : 1)
  if (!(ms >= 100 && ms <= 60_000)) throw new InvalidValue('is not a duration from 100ms to 60s; write for example 5s')
  return ms
}

/** A text in which only JSON.parse's success counts: its message would quote what it read. */
function readStore(text: string, context: string): ReadonlyMap<string, string> | undefined {
  // A context without anything in it may come as null.
  if (text === '' || text === 'null') return undefined
  const wrong = new InvalidValue(`is not a JSON object of texts; write \${{ toJSON(${context}) }}`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong
  const entries = Object.entries(parsed).map(([name, value]): [string, string] => {
    if (typeof value !== 'string') throw wrong
    return [name, value]
  })
  return new Map(entries)
}
