import { type OfficialImages, TIME_MANAGER_REGISTRY } from '../lab/example-images.ts'
import type { Lab } from '../lab/lab.ts'

/** What a team sets in its environment `production`. */
export interface Production {
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** Hard to carry to a container whole. */
const POSTGRES_PASSWORD = `p$'"# and \\ 100% \u00fc`

/** For the time manager on a lab's first server. */
export function productionOf(lab: Lab, official: OfficialImages): Production {
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
