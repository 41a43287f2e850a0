/** What the variables of a shell, and the members of the context `github`, are called in a template. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  GITHUB_REF_NAME: '{{branch}} or {{tag}}',
  GITHUB_REF: '{{branch}} or {{tag}}',
  GITHUB_HEAD_REF: '{{head_ref}}',
  GITHUB_BASE_REF: '{{base_ref}}',
  GITHUB_SHA: '{{sha}}',
  GITHUB_RUN_NUMBER: '{{run_number}}',
  GITHUB_RUN_ID: '{{run_id}}',
  GITHUB_RUN_ATTEMPT: '{{run_attempt}}',
}

const CONTEXTS = /^(github|env|vars|inputs|steps|needs|matrix|job|runner|secrets|strategy)\./
/** Members of an event's payload, as its documentation and clients of the API name them. */
const PAYLOAD = /^(repository|release|pull_request|workflow_run|head_commit|issue)\./

/** `rule`: a text of which a tag is made, with templates. `label`: any text, with templates. `name`: an image, a branch or an environment. */
export type Place = 'rule' | 'label' | 'name'

/** A notation that something else expands: a shell, another CI system, GitHub in another place. The first group is the name that it has. */
interface Notation {
  readonly pattern: RegExp
  readonly why: string
  readonly form: (name: string, place: Place) => string
}

const NO_SHELL = 'which nothing expands, because no shell reads an input'
const NOTHING = 'which nothing expands'

const WITH_DOLLAR: readonly Notation[] = [
  {
    pattern: /\$\{\{\s*([\w.-]*).*?(?:\}\}|$)/s,
    why: 'which GitHub expands in a workflow file only, not in the value of a variable or a file',
    form: (path, place) =>
      (place === 'name' ? undefined : expressionFor(path)) ?? 'write it in the `with:` of this step',
  },
  { pattern: /\$\(.*?(?:\)|$)/s, why: NO_SHELL, form: () => COMMAND },
  { pattern: /\$\{(?:env:)?\s*(\w*).*?(?:\}|$)/s, why: NO_SHELL, form: variable },
  { pattern: /\$env:(\w+)/i, why: NO_SHELL, form: variable },
  { pattern: /\$([a-z]\w*(?:\.[a-z][\w-]*)+|default-branch)/, why: NO_SHELL, form: member },
  { pattern: /\$([A-Za-z_]\w*)/, why: NO_SHELL, form: variable },
]

/** No tag has these characters, but a label can. */
const IN_RULES: readonly Notation[] = [
  { pattern: /`[^`]+(?:`|$)/, why: NO_SHELL, form: () => COMMAND },
  { pattern: /\$(\d)/, why: NOTHING, form: group => `write \`group=${group}\`` },
  { pattern: /[#$][{[]\s*(\w+)\s*[\]}]/, why: NOTHING, form: variable },
  { pattern: /%([A-Za-z_]\w{2,})%/, why: NOTHING, form: variable },
  { pattern: /@([A-Za-z_]\w*)@/, why: NOTHING, form: variable },
  { pattern: /(?<!\{)\{\s*([A-Za-z_]\w*)\s*\}(?!\})/, why: NOTHING, form: name => `write {{${name}}}` },
  { pattern: /<([A-Za-z_][\w -]*)>/, why: NOTHING, form: () => 'replace it with a value' },
]

const COMMAND = 'run the command in an earlier step and write its output as `${{ steps.ID.outputs.NAME }}`'

/**
 * What is wrong with a text that is written for something that would expand it, reading on after its name: no shell ever sees an input, so `$VERSION`
 * would become the tag VERSION. Undefined for any other text.
 */
export function unexpandedProblem(text: string, place: Place): string | undefined {
  for (const { pattern, why, form } of place === 'rule' ? [...WITH_DOLLAR, ...IN_RULES] : WITH_DOLLAR) {
    const [shown, name = ''] = pattern.exec(text) ?? []
    if (shown !== undefined) return `has "${shown}", ${why}; ${form(name, place)}`
  }
  return undefined
}

function variable(name: string, place: Place): string {
  const context = /^GITHUB_(\w+)$/.exec(name)?.[1]?.toLowerCase()
  if (context !== undefined) return member(`github.${context}`, place)
  return `write \`\${{ env.${name} }}\``
}

function member(path: string, place: Place): string {
  const known = place === 'name' ? undefined : expressionFor(path)
  if (known !== undefined) return known
  const full = path.replace(/^repo\./, 'repository.').replace(/^default-branch$/, 'repository.default_branch')
  if (CONTEXTS.test(full)) return `write \`\${{ ${full} }}\``
  if (PAYLOAD.test(full)) return `write \`\${{ github.event.${full} }}\``
  return variable(path.replace(/\..*/, ''), place)
}

/** `github.ref_name` as it is named in a template. */
function expressionFor(path: string): string | undefined {
  const known = EXPRESSIONS[path.replaceAll('.', '_').toUpperCase()]
  return known === undefined ? undefined : `write ${known}`
}
