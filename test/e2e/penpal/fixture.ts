import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Deployed } from '@deploy-actions/testkit/coolify/job'
import type { Outcome } from '@deploy-actions/testkit/coolify/resources'
import { FakeCoolify } from '@deploy-actions/testkit/coolify/server'
import { runWorkflow, type WorkflowResult } from '../../lab/act.ts'
import { engineAddress } from '../../lab/docker.ts'
import type { Lab } from '../../lab/lab.ts'
import { checkout } from '../../lab/names.ts'
import { command } from '../../lab/shell.ts'
import { standInsFor } from '../../lab/stand-ins.ts'

const EXAMPLE = join(checkout, 'examples', 'penpal')
const WORKFLOW = '.github/workflows/deploy.yml'
export const IMAGE = 'penpal-ai/penpal-ai-db-service'

/** The team's repository: the example, with its workflow where GitHub looks for it. */
export class Repository implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Repository> {
    const repository = new Repository(await mkdtemp(join(tmpdir(), 'penpal-')))
    const { folder } = repository
    await cp(EXAMPLE, folder, { recursive: true, filter: path => !path.startsWith(join(EXAMPLE, 'node_modules')) })
    await mkdir(dirname(join(folder, WORKFLOW)), { recursive: true })
    await cp(join(EXAMPLE, 'deploy.yml'), join(folder, WORKFLOW))
    await repository.#git('init', '--quiet', '--initial-branch', 'main')
    await repository.#git('remote', 'add', 'origin', 'https://github.com/Penpal-AI/penpal-ai-db-service.git')
    return repository
  }

  /** Commits all there is, after a change of one file; gives the commit. */
  async commit(message: string, file = 'CHANGES', change = (text: string) => `${text}${message}\n`): Promise<string> {
    const path = join(this.folder, file)
    await writeFile(path, change(await readFile(path, 'utf8').catch(() => '')))
    await this.#git('add', '--all')
    const who = ['-c', 'user.name=Penpal team', '-c', 'user.email=team@penpal.example']
    await this.#git(...who, 'commit', '--quiet', '--no-gpg-sign', '--message', message)
    return this.#git('rev-parse', 'HEAD')
  }

  async undoCommit(): Promise<void> {
    await this.#git('reset', '--quiet', '--hard', 'HEAD~1')
  }

  #git(...args: string[]): Promise<string> {
    return command('git', args, { cwd: this.folder })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

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
 * the image and run it, and as Coolify does, puts it in the old one's place only when its healthcheck passes.
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

/** What comes of it on the server: `failed` when the image can't be pulled or started, `unhealthy` when it is not fit to serve. */
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

export interface Stage {
  readonly act: string
  readonly lab: Lab
  readonly nodeImage: string
  readonly repository: Repository
  readonly coolify: FakeCoolify
  readonly secrets: Readonly<Record<string, string>>
}

export interface Event {
  readonly name: 'push' | 'workflow_dispatch'
  readonly ref: string
  readonly inputs?: Readonly<Record<string, string>>
}

/** Runs the workflow for the commit that is checked out. */
export async function runPipeline(stage: Stage, event: Event): Promise<WorkflowResult> {
  const { lab, repository } = stage
  const owner = { login: 'Penpal-AI' }
  const [name, full_name] = ['penpal-ai-db-service', 'Penpal-AI/penpal-ai-db-service']
  return runWorkflow({
    act: stage.act,
    repository: repository.folder,
    workflow: WORKFLOW,
    event: event.name,
    payload: {
      ref: event.ref,
      ...(event.inputs === undefined ? {} : { inputs: event.inputs }),
      repository: {
        ...{ name, full_name, owner, default_branch: 'main', description: 'Pen pals', license: null },
        html_url: `https://github.com/${full_name}`,
      },
    },
    secrets: stage.secrets,
    vars: {
      REGISTRY: lab.registry.address,
      REGISTRY_USERNAME: lab.registry.username,
      NODE_IMAGE: stage.nodeImage,
    },
    repositories: {
      'org/actions@v1': join(checkout, 'release'),
      ...(await standInsFor(join(repository.folder, WORKFLOW))),
    },
    env: {
      LAB_BUILDER: lab.builder.container,
      DOCKER_HOST: await engineAddress(),
      // Shared by the runs: on a hosted runner, too, packages come from near by.
      npm_config_cache: join(lab.folder, 'npm'),
      // Each run has a home folder of its own, where nothing says which registry this machine is to use.
      npm_config_userconfig: join(homedir(), '.npmrc'),
      // jest asks for colours, which a runner's log has none of.
      FORCE_COLOR: '0',
    },
  })
}

/** What answers for an environment; undefined when nothing does. */
export async function answerOf(
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
