import { CoolifyError } from '@deploy-actions/core/coolify/coolify-error'
import { type Application, isApplication, type Resource, runsImage } from '@deploy-actions/core/coolify/resource'
import { type CoolifyVersion, hasFeature } from '@deploy-actions/core/coolify/version'
import { mapLimit } from '@deploy-actions/core/flow/limit'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { count } from '@deploy-actions/core/values/count'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { LOOK_BACK } from './find-deployment.ts'
import type { Inputs, Target } from './inputs.ts'
import { type Facts, type Plan, planFor } from './plan.ts'
import { isPath } from './verify.ts'
import type { World } from './world.ts'

const AT_ONCE = 4

/**
 * Reads all resources of a run and plans it, before anything is changed: permissions of the token, existing resources, and features of
 * this version of Coolify. Throws one ActionError with all problems. Undefined when the token has no permission `read` and `wait: false`
 * does not need it.
 */
export async function survey(inputs: Inputs, world: World): Promise<Plan[] | undefined> {
  const { coolify, log } = world
  const version = await readVersion(inputs, world)
  if (version === undefined) return undefined
  log.info(`  Coolify ${version.text} at ${coolify.base}`)
  const problems: string[] = []
  const found = (await mapLimit(inputs.targets, AT_ONCE, target => find(target, inputs, world, problems))).flat()
  const unique = [...new Map(found.map(one => [one.resource.uuid, one])).values()]
  const resources = unique.map(({ resource }) => resource)
  const facts = await mapLimit(unique, AT_ONCE, async ({ resource, tag }) => ({
    ...(await readFacts(resource, version, inputs, world)),
    tag,
  }))
  const plans = facts.flatMap(({ tag, ...fact }) => {
    try {
      const plan = planFor(inputs, fact)
      return [tag === undefined ? plan : { ...plan, tag }]
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      problems.push(`${fact.resource.name} ${thrown.message}.`)
      return []
    }
  })
  if (
    inputs.health.urls.some(isPath) &&
    resources.length > 0 &&
    resources.every(({ domains }) => domains.length === 0)
  ) {
    problems.push(
      `\`health-url\` is a path, and ${nameAll(resources)} has no domain in Coolify; write the complete URL.`,
    )
  }
  if (problems.length > 0) throw refusal(problems)
  return plans
}

async function readVersion(inputs: Inputs, { coolify }: World): Promise<CoolifyVersion | undefined> {
  try {
    return await coolify.version()
  } catch (thrown) {
    if (!(thrown instanceof CoolifyError) || thrown.problem !== 'permission' || thrown.missing === undefined)
      throw thrown
    const changes = inputs.wanted.kind !== 'current'
    if (!inputs.wait && !changes) return undefined
    throw new CoolifyError(
      'permission',
      `Without the permission \`read\` the deployment cannot be watched. ${thrown.message} This step needs \`deploy\` and \`read\`${changes ? ', and `write` to set the version' : ''}.`,
      `${thrown.next ?? ''} ${changes ? '' : 'Or set `wait: false` to start the deployment without watching it.'}`.trim(),
      { missing: thrown.missing },
    )
  }
}

interface Found {
  readonly resource: Resource | Application
  readonly tag?: string | undefined
}

async function find(target: Target, { wanted }: Inputs, { coolify }: World, problems: string[]): Promise<Found[]> {
  if ('tag' in target) {
    const applications = await coolify.applicationsWithTag(target.tag)
    // A tag can belong to services only, which have no version.
    if (applications.length === 0 && wanted.kind !== 'current') {
      problems.push(`No application in the token's team has the tag "${target.tag}" in Coolify.`)
    }
    return applications.map(resource => ({ resource, tag: wanted.kind === 'current' ? target.tag : undefined }))
  }
  const resource = await coolify.resource(target.uuid)
  if (resource === undefined) {
    problems.push(
      `Coolify has no application, service or database ${target.uuid} in the token's team. Compare it with the last part of the address of its page; a token can access only the team in which it was created.`,
    )
    return []
  }
  return [{ resource }]
}

async function readFacts(
  resource: Resource | Application,
  version: CoolifyVersion,
  { wanted }: Inputs,
  { coolify }: World,
): Promise<Facts> {
  if (!isApplication(resource)) return { resource, version, deployments: [], serverImages: undefined }
  const needsServerImages =
    wanted.kind === 'rollback' &&
    wanted.to === 'previous' &&
    runsImage(resource) &&
    hasFeature(version, 'the images on the server')
  const [deployments, serverImages] = await Promise.all([
    coolify.deployments(resource.uuid, LOOK_BACK),
    needsServerImages ? coolify.serverImages(resource.uuid) : undefined,
  ])
  return { resource, version, deployments, serverImages }
}

/** The title for a single problem, derived from its first words. */
function titleOf(problem: string): string {
  const missing = /^Coolify has no application, service or database (\S+)/.exec(problem)?.[1]
  const name = /^(\S+) (?:is|has|runs) /.exec(problem)?.[1]
  if (missing !== undefined) return `Coolify has no resource ${missing}`
  return name === undefined || name.startsWith('`')
    ? 'Coolify cannot deploy this'
    : `${name} cannot be deployed with these inputs`
}

function refusal(problems: readonly string[]): ActionError {
  return new ActionError({
    title:
      problems.length === 1
        ? titleOf(String(problems[0]))
        : `Coolify cannot deploy this: ${count(problems.length, 'problem')}`,
    message: problems.length === 1 ? String(problems[0]) : problems.map(problem => `- ${problem}`).join('\n'),
    next: 'Correct the inputs of the step, or the resource in Coolify. Nothing was changed.',
  })
}

function nameAll(resources: readonly Resource[]): string {
  return resources.map(({ name }) => name).join(', ')
}
