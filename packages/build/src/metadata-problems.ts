import type { ActionMetadata } from './action-metadata.ts'

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** What keeps an action.yml from being released. `exists` answers for a path relative to it. */
export function metadataProblems(metadata: ActionMetadata, exists: (file: string) => boolean): string[] {
  const problems: string[] = []
  if (!metadata.name) problems.push('has no name')
  if (!metadata.description) problems.push('has no description')
  if (!metadata.branding?.icon || !metadata.branding.color) problems.push('has no branding (icon and color)')
  const { using, main, post } = metadata.runs
  if (using !== 'node24') problems.push(`runs.using is ${using ?? 'missing'}; it is node24`)
  if (!main) problems.push('runs.main is missing')
  for (const file of [main, post]) if (file && !exists(file)) problems.push(`runs ${file}, which is not built`)
  for (const [kind, entries] of [
    ['input', metadata.inputs],
    ['output', metadata.outputs],
  ] as const) {
    for (const [name, { description }] of Object.entries(entries)) {
      if (!KEBAB_CASE.test(name)) problems.push(`${kind} ${name} is not in kebab-case`)
      if (!description?.trim()) problems.push(`${kind} ${name} has no description`)
      // Runners evaluate what looks like one, and then refuse the whole action.
      if (description?.includes('${{')) problems.push(`${kind} ${name} has an expression in its description`)
    }
  }
  for (const [name, input] of Object.entries(metadata.inputs)) {
    if (input.required === 'true' && input.default !== undefined)
      problems.push(`input ${name} is required and has a default`)
  }
  return problems
}
