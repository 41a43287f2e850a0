import { execFile } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readBudget } from './budget.ts'

/** A deliberate fault of the engine, and where this layer must find it. */
interface Mutation {
  readonly title: string
  /** Below packages/core/src. */
  readonly file: string
  readonly from: string
  readonly to: string
  readonly scenario: string
  /** As the list of round trips names it. */
  readonly effect: string
  readonly mode: string
  readonly finds: RegExp
}

const MUTATIONS: readonly Mutation[] = [
  {
    title: 'I5: a run that does not know what is there reports that nothing was changed (R1)',
    file: 'deploy/switch.ts',
    from: 'exitStatus: 2,\n      cause: thrown,',
    to: 'exitStatus: 1,\n      cause: thrown,',
    scenario: 'first-deploy',
    effect: 'activate',
    mode: 'timeout',
    finds: /I5 exit status 1 \(.*\), but /,
  },
  {
    title: 'I7: nobody completes what a dead run left unfinished (R72)',
    file: 'deploy/reconcile.ts',
    from: 'pending === undefined || isFinal(pending.phase)',
    to: 'pending === undefined || pending.phase.length > 0',
    scenario: 'first-deploy',
    effect: 'activate',
    mode: 'die-after',
    finds: /I7 the next deploy ended with \d, not 0/,
  },
  {
    title: 'I5: an unhealthy release is confirmed',
    file: 'deploy/verify.ts',
    from: 'return { unhealthy: judgement, answer }',
    to: 'return { unhealthy: undefined, answer }',
    scenario: 'deploy-unhealthy',
    effect: 'survey',
    mode: 'noise',
    finds: /I5 exit status 0 \(.*\), but the release is unhealthy/,
  },
]

interface Run {
  readonly code: number
  readonly output: string
}

function crash({ file, from, to, scenario, effect, mode }: Mutation): Promise<Run> {
  const at = readBudget(scenario).indexOf(effect) + 1
  const [node, cli] = [process.execPath, path.join(import.meta.dirname, 'cli.ts')]
  const options = ['--disable-warning=ExperimentalWarning', '--import', path.join(import.meta.dirname, 'mutate.ts')]
  const args = [...options, cli, '--scenario', scenario, '--effect', String(at), '--mode', mode]
  const env = { ...process.env, MUTATION: JSON.stringify({ file, from, to }) }
  return new Promise(resolve => {
    execFile(node, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
    )
  })
}

// A run of its own for each: the engine's modules are loaded with the change.
describe('a deliberate fault of the engine is found', () => {
  it.each(MUTATIONS.map(mutation => [mutation.title, mutation] as const))(
    '%s',
    async (_, mutation) => {
      const { code, output } = await crash(mutation)
      expect(output).toMatch(mutation.finds)
      expect(output).toMatch(
        new RegExp(`pnpm crash --effect \\d+ --mode ${mutation.mode} --scenario ${mutation.scenario}`),
      )
      expect(code).toBe(1)
    },
    300_000,
  )
})
