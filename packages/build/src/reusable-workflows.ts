import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import type { ActionMetadata } from './action-metadata.ts'

/** What a workflow with `on: workflow_call` takes and gives. */
export interface ReusableWorkflow extends Pick<ActionMetadata, 'inputs' | 'outputs'> {
  readonly secrets: ActionMetadata['inputs']
}

/** A reusable workflow is one that others may call. */
export function isReusableWorkflow(text: string): boolean {
  const on = parse(text)?.on
  if (typeof on === 'string') return on === 'workflow_call'
  return Array.isArray(on) ? on.includes('workflow_call') : on != null && 'workflow_call' in on
}

export async function reusableWorkflows(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => /\.ya?ml$/.test(name)).sort()
  const texts = await Promise.all(names.map(name => readFile(path.join(folder, name), 'utf8')))
  return names.filter((_, index) => isReusableWorkflow(texts[index] ?? ''))
}

/** Throws for one that others cannot call. */
export function parseReusableWorkflow(text: string): ReusableWorkflow {
  if (!isReusableWorkflow(text)) throw new Error('is not a reusable workflow')
  const { inputs = {}, secrets = {}, outputs = {} } = parse(text, { schema: 'failsafe' }).on.workflow_call ?? {}
  return { inputs, secrets, outputs }
}
