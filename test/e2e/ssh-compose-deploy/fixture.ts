import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { pushFaultImages } from '../../lab/example-images.ts'
import { type Lab, openLab } from '../../lab/lab.ts'
import type { LabServer } from '../../lab/server.ts'
import type { ServerSpec } from '../../lab/spec.ts'

/** `web` is what a deploy brings; `db` is an accessory that it must not touch. */
export const COMPOSE = `
services:
  web:
    image: registry.lab:5000/app:\${TAG}
    restart: unless-stopped
    environment:
      GREETING: \${GREETING:-none}
    volumes:
      - ./infrastructure/web:/config:ro
  db:
    image: registry.lab:5000/app:ok-v1
    restart: unless-stopped
    x-deploy:
      role: accessory
`

/** Lab, registry and images that the tests of one file share; each test takes a project directory of its own. */
export async function openDeployLab(name: string, server: ServerSpec = { name: 'vps1' }): Promise<Lab> {
  const lab = await openLab({ name, servers: [server], registry: true })
  await pushFaultImages(lab)
  return lab
}

/** A team's repository, its project directory on the server, and the step that deploys it. */
export class Project implements AsyncDisposable {
  readonly path: string
  readonly name: string
  readonly server: LabServer
  readonly #lab: Lab
  readonly #workspace: string

  private constructor(lab: Lab, workspace: string, name: string, path: string) {
    this.#lab = lab
    this.server = lab.server()
    this.#workspace = workspace
    this.name = name
    this.path = path
  }

  static async create(lab: Lab, name: string, path = `/opt/${name}`): Promise<Project> {
    const project = new Project(lab, await mkdtemp(join(tmpdir(), 'workspace-')), name, path)
    await project.write('compose.yaml', COMPOSE)
    await project.write('infrastructure/web/settings.conf', 'colour = blue\n')
    return project
  }

  /** Writes a file of the repository. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const file = join(this.#workspace, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await chmod(file, mode)
  }

  async link(path: string, target: string): Promise<void> {
    await symlink(target, join(this.#workspace, path))
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.#workspace, path), { recursive: true })
  }

  /** Runs the step. What is not given is what makes a good deploy. */
  run(inputs: Record<string, string> = {}, more: Omit<BundleRun, 'inputs'> = {}): Promise<BundleResult> {
    const { server } = this
    const { registry } = this.#lab
    return runBundle('ssh-compose-deploy', {
      cwd: this.#workspace,
      timeout: 180_000,
      ...more,
      inputs: {
        host: `${server.user}@${server.host}:${server.port}`,
        key: server.privateKey,
        'known-hosts': server.hostKeys.join('\n'),
        path: this.path,
        'project-name': this.name,
        files: 'infrastructure/',
        registry: registry.address,
        'registry-username': registry.username,
        'registry-password': registry.password,
        'stable-for': '1s',
        'wait-timeout': '40s',
        ...inputs,
      },
    })
  }

  /** Deploys one of the lab's images: `ok-v1`, `sick`, … */
  deploy(
    tag: string,
    inputs: Record<string, string> = {},
    more: Omit<BundleRun, 'inputs'> = {},
  ): Promise<BundleResult> {
    return this.run({ env: `TAG=${tag}\nDB_PASSWORD=correct-horse-battery`, ...inputs }, more)
  }

  /** What a shell on the server prints, in the project directory. */
  async on(script: string): Promise<string> {
    return (await this.server.exec(`cd ${this.#quotedPath} && ${script}`)).stdout.trim()
  }

  /** The same as the user that deploys. */
  async asDeploy(script: string): Promise<string> {
    return (await this.server.exec(`cd ${this.#quotedPath} && ${script}`, { user: 'deploy' })).stdout.trim()
  }

  /** The same as root, in another directory if need be. */
  async asRoot(script: string, directory = this.path): Promise<string> {
    return (await this.server.exec(`cd '${directory.replaceAll("'", "'\\''")}' && ${script}`)).stdout.trim()
  }

  get #quotedPath(): string {
    return `'${this.path.replaceAll("'", "'\\''")}'`
  }

  /** Resolves when a script on the server succeeds. */
  async until(script: string): Promise<void> {
    await this.server.exec(
      `for i in $(seq 1200); do (cd ${this.#quotedPath} && ${script}) 2>/dev/null && exit 0; sleep 0.1; done; exit 1`,
    )
  }

  /** What the service answers. */
  version(service = 'web'): Promise<string> {
    return this.on(`docker exec $(${this.#find(service)} -q) /bin/busybox wget -qO- http://127.0.0.1:8080/`)
  }

  containerId(service: string): Promise<string> {
    return this.on(`${this.#find(service)} -q --no-trunc`)
  }

  #find(service: string): string {
    const label = 'com.docker.compose'
    return `docker ps --filter label=${label}.project=${this.name} --filter label=${label}.service=${service}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#workspace, { recursive: true, force: true })
    const ids = `docker ps -aq --filter label=com.docker.compose.project=${this.name}`
    await this.server.exec(
      `ids=$(${ids}); [ -z "$ids" ] || docker rm -f $ids >/dev/null
       ids=$(docker ps -aq --filter label=deploy-actions.holds=${this.name}); [ -z "$ids" ] || docker rm -f -v $ids >/dev/null
       docker network rm ${this.name}_default >/dev/null 2>&1
       rm -rf ${this.#quotedPath}`,
    )
  }
}

/** Fails with the whole log, when a run did not end as it should. */
export function expectEnd(run: BundleResult, exitCode: number, result: string): void {
  const ended = { exitCode: run.exitCode, result: run.outputs['result'] }
  if (ended.exitCode === exitCode && ended.result === result) return
  throw new Error(
    `expected exit status ${exitCode} and "${result}", got ${ended.exitCode} and "${ended.result}":\n${run.maskedStdout}${run.maskedStderr}`,
  )
}

/** The text of a run's errors. */
export function errorsOf(run: BundleResult): string {
  return run.annotations
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message)
    .join('\n')
}
