import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

const FOLDER = join(import.meta.dirname, 'stand-ins')

/** An action as it is at the commit that our workflows pin: the names of its inputs, from its own metadata. */
interface Pinned {
  readonly version: string
  readonly commit: string
  readonly inputs: readonly string[]
}

const PINNED = JSON.parse(readFileSync(join(FOLDER, 'inputs.json'), 'utf8')) as Readonly<Record<string, Pinned>>

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[] }>>
}

/**
 * What stands for other people's actions of a workflow where they can't be downloaded: small actions of ours that call the
 * same real programs. For `repositories` of runWorkflow, with the commits that the workflow pins.
 */
export async function standInsFor(workflow: string): Promise<Record<string, string>> {
  const { jobs }: Workflow = parse(await readFile(workflow, 'utf8'))
  const steps = Object.values(jobs).flatMap(job => job.steps ?? [])
  return Object.fromEntries(steps.flatMap(step => standInFor(step, workflow)))
}

function standInFor({ uses = '', with: inputs = {} }: Step, workflow: string): [string, string][] {
  const [action = '', commit] = uses.split('@')
  const folder = join(FOLDER, action.split('/')[1] ?? '')
  const pinned = PINNED[action]
  if (pinned === undefined || !existsSync(folder)) return []
  if (commit !== pinned.commit) {
    throw new Error(`${workflow} uses ${uses}; the stand-in knows the inputs of ${pinned.commit} (${pinned.version})`)
  }
  const unknown = Object.keys(inputs).filter(name => !pinned.inputs.includes(name))
  if (unknown.length > 0) throw new Error(`${workflow}: ${action} ${pinned.version} has no input ${unknown.join(', ')}`)
  return [[uses, folder]]
}
