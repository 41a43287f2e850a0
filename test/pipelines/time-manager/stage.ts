import { FakeDiscord, type FakeWebhook } from '@deploy-actions/testkit/discord/server'
import { pushOfficialImages } from '../../lab/example-images.ts'
import { closeLab, openLab } from '../../lab/lab.ts'
import type { Progress } from '../../lab/progress.ts'
import { ensureAct } from '../../lab/tools.ts'
import { ComposeStage, connectionTo } from '../compose-stage.ts'
import type { RunContext } from '../run-event.ts'
import { TeamRepository } from '../team-repository.ts'

const LAB = 'pipeline-time-manager'
export const PROJECT = '/opt/timemanager'
export const PROXY = 'http://127.0.0.1'
export const IMAGES = { backend: 'acme/time-manager/backend', frontend: 'acme/time-manager/frontend' } as const

/** Hard to carry to a container whole. */
export const POSTGRES_PASSWORD = `p$'"# and \\ 100% \u00fc`

export class Stage extends ComposeStage {
  readonly webhook: FakeWebhook
  protected override readonly project = 'timemanager'
  protected override readonly healthUrl = `${PROXY}/api/health`

  private constructor(context: RunContext, stack: AsyncDisposableStack, webhook: FakeWebhook) {
    super(context, stack)
    this.webhook = webhook
  }

  static async open(progress: Progress): Promise<Stage> {
    await using stack = new AsyncDisposableStack()
    stack.defer(() => closeLab(LAB))
    const [act, lab, discord] = await Promise.all([
      ensureAct(progress),
      openLab({ name: LAB, servers: ['vps1'], registry: true, builder: true }, progress),
      FakeDiscord.start(),
    ])
    stack.use(discord)
    const [official, base] = await Promise.all([
      pushOfficialImages(lab, progress),
      progress.step('push the base image', () => lab.registry.push(lab.baseImage, 'debian:lab')),
    ])
    const repository = stack.use(await TeamRepository.create('time-manager', 'acme/time-manager'))
    await repository.commit('The first version')
    const webhook = discord.addWebhook({ name: 'Deploys' })
    const context: RunContext = {
      ...{ act, lab, repository },
      baseImages: { 'debian:trixie-slim': base.reference },
      vars: {
        ...connectionTo(lab.server()),
        REGISTRY: `${lab.registry.address}/acme/time-manager`,
        REGISTRY_HOST: lab.registry.address,
        REGISTRY_USERNAME: lab.registry.username,
        DOMAIN: 'time.example',
        SMTP_HOST: 'smtp.time.example',
        POSTGRES_IMAGE: official.postgres.reference,
        PROXY_IMAGE: official.nginx.reference,
      },
      secrets: {
        SSH_KEY: lab.server().privateKey,
        REGISTRY_PASSWORD: lab.registry.password,
        POSTGRES_PASSWORD,
        SMTP_PASSWORD: 'smtp-password-of-the-team',
        DISCORD_WEBHOOK: webhook.url,
      },
      env: { DISCORD_API_BASE: discord.url },
    }
    return new Stage(context, stack.move(), webhook)
  }
}
