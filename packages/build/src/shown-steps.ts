import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { yamlIn } from './documents.ts'
import { isShipped } from './shipped.ts'
import { repositoryFiles, root } from './workspace.ts'

/** A step with one of our actions, as a document or a workflow shows it. */
export interface ShownStep {
  readonly action: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
}

/** The steps with our actions in a piece of YAML: a workflow, jobs, or steps. */
export function stepsIn(yaml: string): ShownStep[] {
  return stepsOf(parse(yaml))
}

function stepsOf(value: unknown): ShownStep[] {
  if (typeof value !== 'object' || value === null) return []
  const { uses, with: inputs, env } = value as { readonly uses?: unknown } & Partial<Record<'with' | 'env', object>>
  const [, action] = /^org\/actions\/([a-z-]+)@/.exec(String(uses)) ?? []
  const own = action === undefined ? [] : [{ action, inputs: { ...inputs }, env: { ...env } }]
  return [...own, ...Object.values(value).flatMap(stepsOf)]
}

/** The steps with an action in all documents and examples that ship. */
export function stepsShown(action: string): ShownStep[] {
  const texts = repositoryFiles()
    .filter(file => isShipped(file) && /\.(md|ya?ml)$/.test(file))
    .flatMap(file => {
      const text = readFileSync(path.join(root, file), 'utf8')
      return file.endsWith('.md') ? yamlIn(text).map(block => block.text) : [text]
    })
  return texts.flatMap(stepsIn).filter(step => step.action === action)
}
