import type { FakeCoolify, SeenRequest } from '@deploy-actions/testkit/coolify/server'
import type { WorkflowResult } from '../../lab/act.ts'
import { closeLab, openLab } from '../../lab/lab.ts'
import type { Progress } from '../../lab/progress.ts'
import { ensureAct } from '../../lab/tools.ts'
import { type Event, push, type RunContext, runEvent } from '../run-event.ts'
import { TeamRepository } from '../team-repository.ts'
import { expectEnd } from '../verify.ts'
import { ENVIRONMENTS, IMAGE, startCoolify } from './coolify.ts'

const LAB = 'pipeline-penpal'

export interface Run extends WorkflowResult {
  /** What Coolify was requested. */
  readonly requests: readonly SeenRequest[]
  /** Image tags that are new in the registry, with their platforms. */
  readonly published: Readonly<Record<string, readonly string[]>>
}

export class Stage implements AsyncDisposable {
  readonly context: RunContext
  readonly coolify: FakeCoolify
  readonly #stack: AsyncDisposableStack

  private constructor(context: RunContext, coolify: FakeCoolify, stack: AsyncDisposableStack) {
    this.context = context
    this.coolify = coolify
    this.#stack = stack
  }

  static async open(progress: Progress): Promise<Stage> {
    await using stack = new AsyncDisposableStack()
    stack.defer(() => closeLab(LAB))
    const { staging, production } = ENVIRONMENTS
    const server = { name: 'vps1', publish: [production.port] }
    const [act, lab] = await Promise.all([
      ensureAct(progress),
      openLab({ name: LAB, servers: [server], registry: true, builder: true }, progress),
    ])
    const [nodeImage, coolify, repository] = await Promise.all([
      progress.step('push the node image', () => lab.builder.pushNodeImage()),
      startCoolify(lab),
      TeamRepository.create('penpal', 'Penpal-AI/penpal-ai-db-service'),
    ])
    stack.use(coolify)
    stack.use(repository)
    await repository.commit('The first letter')
    const context: RunContext = {
      ...{ act, lab, repository },
      baseImages: { 'node:24-alpine': nodeImage },
      vars: { REGISTRY: lab.registry.address, REGISTRY_USERNAME: lab.registry.username },
      secrets: {
        REGISTRY_PASSWORD: lab.registry.password,
        COOLIFY_API_TOKEN: coolify.token('deploy', 'read', 'write', 'read:sensitive'),
        COOLIFY_STAGING_WEBHOOK_URL: coolify.webhook(staging.uuid),
        COOLIFY_PROD_WEBHOOK_URL: coolify.webhook(production.uuid),
      },
    }
    return new Stage(context, coolify, stack.move())
  }

  get lab() {
    return this.context.lab
  }

  get repository() {
    return this.context.repository
  }

  async run(event: Event, secrets = this.context.secrets): Promise<Run> {
    const before = await this.lab.registry.platformsOf(IMAGE)
    const seen = this.coolify.requests.length
    const run = await runEvent({ ...this.context, secrets }, event)
    const published = Object.entries(await this.lab.registry.platformsOf(IMAGE)).filter(([tag]) => !(tag in before))
    return { ...run, requests: this.coolify.requests.slice(seen), published: Object.fromEntries(published) }
  }

  /** The tag that Coolify has set for an environment; a version is deployed there first when there is none yet. */
  async deployed(environment: keyof typeof ENVIRONMENTS): Promise<string> {
    if (this.tagOf(environment) === 'none-yet') {
      const run = await this.run(push(environment === 'staging' ? 'develop' : 'main'))
      expectEnd(run, { exitCode: 0, results: { smoke: 'passed' } })
    }
    return this.tagOf(environment)
  }

  tagOf(environment: keyof typeof ENVIRONMENTS): string {
    return this.coolify.app(ENVIRONMENTS[environment].uuid).docker_registry_image_tag ?? ''
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
