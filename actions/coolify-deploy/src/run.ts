import { mapLimit } from '@deploy-actions/core/flow/limit'
import { ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import { type Attempt, type Begun, begin, complete, type Scene } from './attempt.ts'
import { startBlind } from './blind.ts'
import { dryRun } from './dry-run.ts'
import { endOf, lostEnd, outcomeOf } from './ending.ts'
import type { Inputs } from './inputs.ts'
import { Ledger } from './ledger.ts'
import type { End, Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import { settle } from './put-back.ts'
import { goBack } from './roll-back.ts'
import { startTag } from './start-tag.ts'
import { survey } from './survey.ts'
import { badAnswer } from './verdict.ts'
import { checkUrls, sharedUrls, withoutLogin } from './verify.ts'
import type { World } from './world.ts'

/** All are followed at once: Coolify decides how many run. */
const AT_ONCE = 50

/** Does what the inputs ask. Throws an ActionError when it ended before anything was changed. */
export async function run(inputs: Inputs, world: World): Promise<Outcome> {
  const ledger = new Ledger(world.remember)
  try {
    return await deploy({ inputs, world, ledger })
  } catch (thrown) {
    if (!world.signal.aborted) throw thrown
    throw await cancelled(ledger, world)
  }
}

async function deploy(scene: Scene): Promise<Outcome> {
  const { inputs, world } = scene
  const { timeline } = world
  const plans = await timeline.phase('Look at Coolify', () => survey(inputs, world))
  if (plans === undefined) return startBlind(inputs, world)
  if (inputs.dryRun) return dryRun(plans, inputs)
  const { begun, ends } = await timeline.phase(
    'Start',
    () => startAll(plans, scene),
    started => started.ends.length === 0,
  )
  if (begun.length === 0) return outcomeOf(ends)
  const attempts = await timeline.phase(
    inputs.wait ? 'Wait until it runs' : 'Leave it to Coolify',
    () =>
      mapLimit(begun, AT_ONCE, one =>
        complete(one, scene).catch(thrown => {
          ends.push(lost(thrown, one, scene))
          return undefined
        }),
      ),
    done => done.every(attempt => attempt !== undefined && attempt.verdict.kind !== 'sick'),
  )
  const judged = await askTogether(
    attempts.filter(attempt => attempt !== undefined),
    attempts.length,
    scene,
  )
  for (const attempt of judged) {
    const { verdict } = attempt
    ends.push(
      verdict.kind === 'sick'
        ? await timeline.phase(
            `Care for ${attempt.begun.plan.resource.name}`,
            () => goBack(attempt, verdict, scene).catch(thrown => lost(thrown, attempt.begun, scene)),
            end => end.result === 'rolled-back',
          )
        : endOf(attempt, scene),
    )
  }
  const order = [...plans, ...begun.map(({ plan }) => plan)].map(({ resource }) => resource.uuid)
  ends.sort((a, b) => order.indexOf(a.resource.uuid) - order.indexOf(b.resource.uuid))
  return outcomeOf(ends)
}

/** One after the other. What cannot be started ends here, and does not keep the others from their end. */
async function startAll(plans: readonly Plan[], scene: Scene): Promise<{ begun: Begun[]; ends: End[] }> {
  const { inputs, world } = scene
  const begun: Begun[] = []
  const ends: End[] = []
  const tags = new Set(
    inputs.wanted.kind === 'current' ? inputs.targets.flatMap(target => ('tag' in target ? target.tag : [])) : [],
  )
  for (const tag of tags)
    begun.push(
      ...(await startTag(
        tag,
        plans.filter(plan => plan.tag === tag),
        scene,
      )),
    )
  for (const plan of plans.filter(({ tag }) => tag === undefined)) {
    try {
      begun.push(await begin(plan, plan.step, scene))
    } catch (thrown) {
      if (world.signal.aborted || !(thrown instanceof ActionError)) throw thrown
      ends.push(lostEnd(plan, thrown, 1))
    }
  }
  return { begun, ends }
}

/** The URLs that are of the run as a whole are asked once all of it runs. When one answers badly, every part of it is suspect. */
async function askTogether(
  attempts: readonly Attempt[],
  count: number,
  { inputs, world }: Scene,
): Promise<readonly Attempt[]> {
  const urls = sharedUrls(inputs.health.urls)
  const isUp = attempts.length === count && attempts.every(({ verdict }) => verdict.kind === 'well')
  if (urls.length === 0 || count === 0 || !isUp) return attempts
  const trouble = await world.timeline.phase(
    'Ask the health URLs',
    async () => (await checkUrls(urls, inputs.health, world)).trouble,
    trouble => trouble === undefined,
  )
  return attempts.map(attempt => ({
    ...attempt,
    verdict: trouble === undefined ? { kind: 'well', url: withoutLogin(urls[0]) } : badAnswer(trouble),
  }))
}

/** Coolify could not be asked to the end: nobody knows what runs. */
function lost(thrown: unknown, { plan }: Begun, { world, ledger }: Scene): End {
  if (!(thrown instanceof ActionError) || world.signal.aborted) throw thrown
  ledger.close(plan.resource.uuid)
  return lostEnd(plan, thrown, 2)
}

/** The run was cancelled: what was begun is taken back, as far as the runner gives the time; the step's post part does the rest. */
async function cancelled(ledger: Ledger, { unbroken, log, signal }: World): Promise<ActionError> {
  const told = await settle(ledger.open, unbroken, log, uuid => ledger.close(uuid))
  const message = [messageOf(signal.reason), ...told].join(' ')
  return new ActionError({ title: 'Cancelled', message })
}
