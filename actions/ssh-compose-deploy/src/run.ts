import { deploy } from '@deploy-actions/core/deploy/apply'
import type { Context } from '@deploy-actions/core/deploy/context'
import { previewDeploy, previewRollback } from '@deploy-actions/core/deploy/dry-run'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import { type CheckOut, commitSource } from './commit-source.ts'
import type { Inputs } from './inputs.ts'
import { planOutcome } from './print-plan.ts'
import { status } from './status.ts'

/** Carries out `mode`. Throws an ActionError when it ended before the switch, or when its result is unknown (exit status 2). */
export async function run(inputs: Inputs, context: Context, checkOut: CheckOut): Promise<Outcome> {
  const { mode, dryRun, to, options } = inputs
  switch (mode) {
    case 'deploy':
      return deployFrom(inputs, context, checkOut)
    case 'rollback':
      return dryRun
        ? planOutcome(await previewRollback({ ...options, to }, context), options.path)
        : rollback({ ...options, to }, context)
    case 'status':
      return status(options, context)
  }
}

async function deployFrom(inputs: Inputs, context: Context, checkOut: CheckOut): Promise<Outcome> {
  const { commit: sha, dryRun, options } = inputs
  const { source } = options
  await using commit =
    sha === undefined ? undefined : await context.phase('Read the commit', () => checkOut(source.root, sha))
  const chosen =
    sha === undefined || commit === undefined ? options : { ...options, source: commitSource(source, sha, commit) }
  // Awaited before the files go.
  return dryRun ? planOutcome(await previewDeploy(chosen, context), options.path) : await deploy(chosen, context)
}
