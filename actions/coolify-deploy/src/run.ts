import { mapLimit } from '@deploy-actions/core/flow/limit'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { type Attempt, type Context, completeStep, type StartedStep, startStep } from './attempt.ts'
import { deployWithoutRead } from './deploy-without-read.ts'
import { dryRun } from './dry-run.ts'
import type { Inputs } from './inputs.ts'
import type { Outcome, ResourceResult } from './outcome.ts'
import type { Plan } from './plan.ts'
import { failedResult, outcomeOf, resultOf } from './resource-result.ts'
import { rollBack } from './rollback.ts'
import { startTag } from './start-tag.ts'
import { survey } from './survey.ts'
import { undoAll } from './undo.ts'
import { UndoLog } from './undo-log.ts'
import { failedHealthUrl } from './verdict.ts'
import { checkUrls, sharedUrls, withoutLogin } from './verify.ts'
import type { World } from './world.ts'

/** All are watched at the same time: Coolify limits how many run. */
const AT_ONCE = 50

/** Carries out the inputs. Throws an ActionError when it ended before anything was changed. */
export async function run(inputs: Inputs, world: World): Promise<Outcome> {
  const undoLog = new UndoLog(world.saveUndoLog)
  try {
    const outcome = await deploy({ inputs, world, undoLog })
    undoLog.complete()
    return outcome
  } catch (thrown) {
    if (!world.signal.aborted) throw thrown
    throw await cancelled(undoLog, world)
  }
}

async function deploy(context: Context): Promise<Outcome> {
  const { inputs, world } = context
  const { timeline } = world
  const plans = await timeline.phase('Read the state in Coolify', () => survey(inputs, world))
  if (plans === undefined) return deployWithoutRead(inputs, world)
  if (inputs.dryRun) return dryRun(plans, inputs)
  const { started, results } = await timeline.phase(
    'Start',
    () => startAll(plans, context),
    ({ results }) => results.length === 0,
  )
  if (started.length === 0) return outcomeOf(results)
  const attempts = await timeline.phase(
    inputs.wait ? 'Wait until healthy' : 'Queue in Coolify',
    () =>
      mapLimit(started, AT_ONCE, one =>
        completeStep(one, context).catch(thrown => {
          results.push(interrupted(thrown, one, context))
          return undefined
        }),
      ),
    done => done.every(attempt => attempt !== undefined && attempt.verdict.kind !== 'unhealthy'),
  )
  const judged = await checkSharedUrls(
    attempts.filter(attempt => attempt !== undefined),
    attempts.length,
    context,
  )
  for (const attempt of judged) {
    const { verdict } = attempt
    results.push(
      verdict.kind === 'unhealthy'
        ? await timeline.phase(
            `Roll back ${attempt.started.plan.resource.name}`,
            () => rollBack(attempt, verdict, context).catch(thrown => interrupted(thrown, attempt.started, context)),
            end => end.result === 'rolled-back',
          )
        : resultOf(attempt, context),
    )
  }
  const order = [...plans, ...started.map(({ plan }) => plan)].map(({ resource }) => resource.uuid)
  results.sort((a, b) => order.indexOf(a.resource.uuid) - order.indexOf(b.resource.uuid))
  return outcomeOf(results)
}

/** Starts the resources one after the other. One that cannot be started does not stop the others. */
async function startAll(
  plans: readonly Plan[],
  context: Context,
): Promise<{ started: StartedStep[]; results: ResourceResult[] }> {
  const { inputs, world } = context
  const started: StartedStep[] = []
  const results: ResourceResult[] = []
  const tags = new Set(
    inputs.wanted.kind === 'current' ? inputs.targets.flatMap(target => ('tag' in target ? target.tag : [])) : [],
  )
  for (const tag of tags)
    started.push(
      ...(await startTag(
        tag,
        plans.filter(plan => plan.tag === tag),
        context,
      )),
    )
  for (const plan of plans.filter(({ tag }) => tag === undefined)) {
    try {
      started.push(await startStep(plan, plan.step, context))
    } catch (thrown) {
      if (world.signal.aborted || !(thrown instanceof ActionError)) throw thrown
      results.push(failedResult(plan, thrown, 1))
    }
  }
  return { started, results }
}

/** Requests the URLs of the whole run after all resources are running. When one fails, every resource counts as unhealthy. */
async function checkSharedUrls(
  attempts: readonly Attempt[],
  count: number,
  { inputs, world }: Context,
): Promise<readonly Attempt[]> {
  const urls = sharedUrls(inputs.health.urls)
  const isUp = attempts.length === count && attempts.every(({ verdict }) => verdict.kind === 'healthy')
  if (urls.length === 0 || count === 0 || !isUp) return attempts
  const problem = await world.timeline.phase(
    'Check the health URLs',
    async () => (await checkUrls(urls, inputs.health, world)).problem,
    problem => problem === undefined,
  )
  return attempts.map(attempt => ({
    ...attempt,
    verdict: problem === undefined ? { kind: 'healthy', url: withoutLogin(urls[0]) } : failedHealthUrl(problem),
  }))
}

/** A request failed before the result was known, so the running version is unknown. */
function interrupted(thrown: unknown, { plan }: StartedStep, { world, undoLog }: Context): ResourceResult {
  if (!(thrown instanceof ActionError) || world.signal.aborted) throw thrown
  undoLog.remove(plan.resource.uuid)
  return failedResult(plan, thrown, 2)
}

/** The run was cancelled: everything unfinished is undone, as far as the runner allows; the post step does the rest. */
async function cancelled(undoLog: UndoLog, { uninterrupted, log, signal }: World): Promise<ActionError> {
  const undone = await undoAll(undoLog.entries, uninterrupted, log, uuid => undoLog.remove(uuid))
  const message = [messageOf(signal.reason), ...undone].join(' ')
  return new ActionError({ title: 'Cancelled', message })
}
