/** What the variables of a shell are called here. */
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

/**
 * What is wrong with a text that is written for a shell, reading on after its name: no shell ever sees an input, so `$VERSION` would become the tag VERSION.
 * Undefined for any other text.
 */
export function unexpandedProblem(text: string): string | undefined {
  const [shown, variable] = /\$(?:\(.*?(?:\)|$)|\{\s*(\w*).*?(?:\}|$)|([A-Za-z_]\w*))/s.exec(text) ?? []
  if (shown === undefined) return undefined
  const name = variable ?? /\w+/.exec(shown)?.[0] ?? ''
  const form = shown.startsWith('$(')
    ? 'run the command in an earlier step and write its output as `${{ steps.ID.outputs.NAME }}`'
    : `write ${rightForm(name)}`
  return `has "${shown}", which nothing expands, because no shell reads an input; ${form}`
}

function rightForm(name: string): string {
  const known = EXPRESSIONS[name]
  if (known !== undefined) return known
  const context = /^GITHUB_(\w+)$/.exec(name)?.[1]?.toLowerCase()
  return context === undefined ? `\`\${{ env.${name} }}\`` : `\`\${{ github.${context} }}\``
}
