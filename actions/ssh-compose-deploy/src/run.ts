import { deploy } from './deploy.ts'
import { dryRun } from './dry-run.ts'
import type { Inputs } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import { rollBack } from './roll-back.ts'
import { status } from './status.ts'
import type { World } from './world.ts'

/** Does what `mode` asks. Throws an ActionError when it ended before anything was switched on the server. */
export async function run(inputs: Inputs, world: World): Promise<Outcome> {
  switch (inputs.mode) {
    case 'deploy':
      return inputs.dryRun ? dryRun(inputs, world) : deploy(inputs, world)
    case 'rollback':
      return inputs.dryRun ? dryRun(inputs, world) : rollBack(inputs, world)
    case 'status':
      return status(inputs, world)
  }
}
