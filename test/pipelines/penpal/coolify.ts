import type { Deployed } from '@deploy-actions/testkit/coolify/job'
import type { Outcome } from '@deploy-actions/testkit/coolify/resources'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import type { Lab } from '../../lab/lab.ts'

export const IMAGE = 'penpal-ai/penpal-ai-db-service'

/** An environment of the team, with its application in Coolify and a port of the server that its domain leads to. */
export interface Environment {
  readonly uuid: string
  readonly port: 80 | 8080
}

export const ENVIRONMENTS = {
  staging: { uuid: 'staging0db0service000000', port: 80 },
  production: { uuid: 'production0db0service000', port: 8080 },
} as const satisfies Record<string, Environment>

/**
 * Coolify with the server that it deploys to. Coolify is a fake, but what it deploys is real: it has a server of the lab pull
 * the image and run it, and as Coolify does, replaces the old container only when the new one's healthcheck passes.
 */
export async function startCoolify(lab: Lab): Promise<FakeCoolify> {
  const server = lab.server()
  const { address, username, password } = lab.registry
  await server.exec(`docker login --username ${username} --password-stdin ${address}`, { input: password })
  const apps = Object.entries(ENVIRONMENTS).map(([name, { uuid, port }]) => ({
    uuid,
    name: `db-service-${name}`,
    docker_registry_image_name: `${address}/${IMAGE}`,
    docker_registry_image_tag: 'none-yet',
    fqdn: `http://127.0.0.1:${server.ports[port]}`,
  }))
  const coolify: FakeCoolify = await FakeCoolify.start({
    apps,
    onDeployed: async deployed => {
      const outcome = await putInPlace(lab, deployed)
      if (outcome !== 'finished') await coolify.finish(deployed.deployment, outcome)
    },
  })
  return coolify
}

/** What comes of it on the server: `failed` when the image cannot be pulled or started, `unhealthy` when it is not fit to serve. */
async function putInPlace(lab: Lab, { app, tag }: Deployed): Promise<Outcome> {
  const [name, { port }] = Object.entries(ENVIRONMENTS).find(([, { uuid }]) => uuid === app) ?? fail(app)
  const image = `${lab.registry.address}/${IMAGE}:${tag}`
  const run = `docker run --detach --env NODE_ENV=${name}`
  const script = `
    set -e
    wait_for() {
      tries=20
      until answer=$(docker exec "$1" node src/healthcheck.js); do
        tries=$((tries - 1))
        case "$tries $answer" in
          "0 "* | *unhealthy*) docker rm --force "$1"; exit 9 ;;
        esac
        sleep 0.2
      done
    }
    docker pull --quiet ${image}
    ${run} --name new ${image}
    wait_for new
    docker rm --force new ${name}
    ${run} --name ${name} --publish ${port}:3000 ${image}
    wait_for ${name}`
  const { exitCode } = await lab.server().exec(script, { check: false })
  if (exitCode === 0) return 'finished'
  return exitCode === 9 ? 'unhealthy' : 'failed'
}

function fail(app: string): never {
  throw new Error(`no environment has the application ${app}`)
}

/** The `/health` of an environment; undefined when nothing responds. */
export async function healthOf(
  lab: Lab,
  { port }: Environment,
): Promise<{ version: string; commit: string } | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${lab.server().ports[port]}/health`)
    return (await response.json()) as { version: string; commit: string }
  } catch {
    return undefined
  }
}
