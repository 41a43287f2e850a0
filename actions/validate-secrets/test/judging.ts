import { type Judgement, judge } from '../src/judge.ts'
import { loadRules } from '../src/load-rules.ts'
import type { Options, TypeName } from '../src/rules/vocabulary.ts'
import { Values } from '../src/values.ts'

export const NOW = Date.UTC(2026, 5, 15)

const NO_LISTS = { required: '', optional: '', 'required-vars': '', 'optional-vars': '' }

/** Judges values by a rule document, as a run does. */
export async function judgeBy(
  rules: string,
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly environment?: string; readonly now?: number; readonly secrets?: Record<string, string> } = {},
): Promise<Judgement> {
  const secrets = options.secrets && new Map(Object.entries(options.secrets))
  const values = new Values({ env, secrets, vars: undefined })
  const { rules: read, mistakes } = await loadRules({ lists: NO_LISTS, rules, rulesFile: '' }, '', {
    isPassed: name => values.isPassed(name, 'secret'),
    isValue: text => values.isValue(text),
  })
  if (mistakes.length > 0) throw new Error(`mistakes in the test's own rules: ${JSON.stringify(mistakes)}`)
  const environment = options.environment ?? ''
  const words = { repository: 'acme/web-shop', branch: 'feature/cart', environment }
  return judge(read, values, { now: options.now ?? NOW, environment, words })
}

/** What is wrong with one value, as `code: text`; '' when nothing is. Others are the values of other names. */
export async function complaint(
  type: TypeName,
  value: string,
  options: Options = {},
  others: Readonly<Record<string, string>> = {},
  now = Date.now(),
): Promise<string> {
  const body = JSON.stringify({ type, ...options }, (_, part) => (part === Number.POSITIVE_INFINITY ? undefined : part))
  const more = Object.keys(others).map(name => `  ${name}:`)
  const { verdicts } = await judgeBy(
    [`vars:`, `  VALUE: ${body}`, ...more].join('\n'),
    { VALUE: value, ...others },
    { now },
  )
  const problems = verdicts[0]?.problems.filter(({ severity }) => severity === 'error') ?? []
  return problems.map(({ code, text }) => `${code}: ${text}`).join('; ')
}
