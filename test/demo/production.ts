import {
  type OfficialImages,
  prepareTimeManager,
  pushOfficialImages,
  pushTimeManager,
  TIME_MANAGER_REGISTRY,
  type TimeManagerVersion,
} from '../lab/example-images.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import type { Progress } from '../lab/progress.ts'
import { ensureAct } from '../lab/tools.ts'

/** What a team sets in its environment `production`. */
export interface Production {
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** Hard to carry to a container whole. */
const POSTGRES_PASSWORD = `p$'"# and \\ 100% \u00fc`

/** A lab whose registry has the time manager in these versions, what its team sets, and act: all made at once. */
export async function openProduction(name: string, versions: readonly TimeManagerVersion[], progress: Progress) {
  const [act, lab] = await Promise.all([
    ensureAct(progress),
    openLab({ name, servers: ['vps1'], registry: true }, progress),
    prepareTimeManager(versions, progress),
  ])
  const [official] = await Promise.all([
    pushOfficialImages(lab, progress),
    ...versions.map(version => pushTimeManager(lab, version, progress)),
  ])
  return { act, lab, production: productionOf(lab, official) }
}

function productionOf(lab: Lab, official: OfficialImages): Production {
  const server = lab.server()
  return {
    vars: {
      SSH_HOST: server.host,
      SSH_PORT: String(server.port),
      SSH_USER: server.user,
      SSH_KNOWN_HOSTS: server.hostKeys.join('\n'),
      REGISTRY: TIME_MANAGER_REGISTRY,
      REGISTRY_HOST: lab.registry.address,
      REGISTRY_USERNAME: lab.registry.username,
      DOMAIN: 'time.example',
      POSTGRES_IMAGE: official.postgres.reference,
      PROXY_IMAGE: official.nginx.reference,
    },
    secrets: {
      SSH_KEY: server.privateKey,
      REGISTRY_PASSWORD: lab.registry.password,
      POSTGRES_PASSWORD,
    },
  }
}
