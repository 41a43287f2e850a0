import { deploy } from '@deploy-actions/core/deploy/apply'
import type { Context } from '@deploy-actions/core/deploy/context'
import { previewDeploy, previewRollback } from '@deploy-actions/core/deploy/dry-run'
import type { Outcome } from '@deploy-actions/core/deploy/result'
import { rollback } from '@deploy-actions/core/deploy/rollback'
import type { Inputs } from './inputs.ts'
import { planOutcome } from './print-plan.ts'
import { status } from './status.ts'

/** Carries out `mode`. Throws an ActionError when it ended before the switch, or when its result is unknown (exit status 2). */
export async function run({ mode, dryRun, to, options }: Inputs, context: Context): Promise<Outcome> {
  switch (mode) {
    case 'deploy':
      return dryRun ? planOutcome(await previewDeploy(options, context), options.path) : deploy(options, context)
    case 'rollback':
      return dryRun
        ? planOutcome(await previewRollback({ ...options, to }, context), options.path)
        : rollback({ ...options, to }, context)
    case 'status':
      return status(options, context)
  }
}
