import { randomBytes } from 'node:crypto'
import { pushOfficialImages, pushRedis } from '../../lab/example-images.ts'
import { closeLab, openLab } from '../../lab/lab.ts'
import type { Progress } from '../../lab/progress.ts'
import { ensureAct } from '../../lab/tools.ts'
import { ComposeStage, connectionTo } from '../compose-stage.ts'
import type { RunContext } from '../run-event.ts'
import { TeamRepository } from '../team-repository.ts'

const LAB = 'pipeline-atmr'
export const APP = 'http://127.0.0.1:5000'
export const IMAGE = 'atmr/backend'

const random = (bytes: number) => randomBytes(bytes).toString('base64')

export class Stage extends ComposeStage {
  protected override readonly project = 'atmr'
  protected override readonly healthUrl = `${APP}/health`

  static async open(progress: Progress): Promise<Stage> {
    await using stack = new AsyncDisposableStack()
    stack.defer(() => closeLab(LAB))
    const [act, lab] = await Promise.all([
      ensureAct(progress),
      openLab({ name: LAB, servers: ['vps1'], registry: true, builder: true }, progress),
    ])
    const [official, redis, base] = await Promise.all([
      pushOfficialImages(lab, progress),
      pushRedis(lab, progress),
      progress.step('push the base image', () => lab.registry.push(lab.baseImage, 'debian:lab')),
    ])
    const server = lab.server()
    // The directory that this team has on its server.
    await server.exec(`install -d -o ${server.user} /srv/atmr`)
    const repository = stack.use(await TeamRepository.create('atmr', 'atmr/backend'))
    await repository.commit('The first version')
    const context: RunContext = {
      ...{ act, lab, repository },
      baseImages: { 'debian:trixie-slim': base.reference },
      vars: {
        ...connectionTo(server),
        DOCKERHUB_USERNAME: lab.registry.username,
        DOCKER_REGISTRY: lab.registry.address,
        DOCKER_IMAGE: `${lab.registry.address}/${IMAGE}`,
        DOCKER_TAG: 'production',
        POSTGRES_USER: 'atmr',
        POSTGRES_DB: 'atmr',
        POSTGRES_IMAGE: official.postgres.reference,
        REDIS_IMAGE: redis.reference,
      },
      secrets: {
        SSH_KEY: server.privateKey,
        DOCKERHUB_TOKEN: lab.registry.password,
        APP_ENCRYPTION_KEY_B64: random(32),
        SECRET_KEY: random(48),
        JWT_SECRET_KEY: random(48),
        POSTGRES_PASSWORD: `p@ss/w:rd$'"# ${random(6)}`,
        SENTRY_DSN: `https://${randomBytes(16).toString('hex')}@o1.ingest.sentry.example/42`,
      },
    }
    return new Stage(context, stack.move())
  }
}
