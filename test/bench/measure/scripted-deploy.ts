import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Lab } from '../../lab/lab.ts'
import type { LabServer } from '../../lab/server.ts'
import { type OpenSsh, openSshTo, runOverSsh, tarToSsh } from './open-ssh.ts'

const NAME = 'theirs'
const DIRECTORY = `/opt/${NAME}`
const UP = `docker compose -p ${NAME} up --detach --remove-orphans --quiet-pull`

/** The steps of a deploy as people write them by hand: one ssh command, which gets the registry's password and a tar on its input. */
export class ScriptedDeploy implements AsyncDisposable {
  readonly #lab: Lab
  readonly #server: LabServer
  readonly #folder: string
  readonly #openSsh: OpenSsh
  readonly #up: string

  private constructor(lab: Lab, server: LabServer, folder: string, openSsh: OpenSsh, up: string) {
    this.#lab = lab
    this.#server = server
    this.#folder = folder
    this.#openSsh = openSsh
    this.#up = up
  }

  /** `waits`: until Compose sees the services healthy; it fails for one without a healthcheck. */
  static async create(
    lab: Lab,
    server: LabServer,
    temp: string,
    { compose, waits }: { compose: string; waits: boolean },
  ): Promise<ScriptedDeploy> {
    const folder = path.join(temp, NAME)
    await mkdir(folder)
    await writeFile(path.join(folder, 'compose.yaml'), compose)
    await server.exec(`install -d -o ${server.user} ${DIRECTORY}`)
    return new ScriptedDeploy(lab, server, folder, await openSshTo(server, temp), waits ? `${UP} --wait` : UP)
  }

  async deploy(tag: string): Promise<number> {
    await writeFile(path.join(this.#folder, '.env'), `TAG=${tag}\n`)
    const { address, username, password } = this.#lab.registry
    const script = [
      'set -e',
      `cd ${DIRECTORY}`,
      'IFS= read -r password',
      `printf %s "$password" | docker login --username ${username} --password-stdin ${address} >/dev/null 2>&1`,
      'if [ -f .env ]; then cp .env .env.previous; fi',
      'tar -x -m -o -f -',
      `docker compose -p ${NAME} pull --quiet`,
      this.#up,
      `docker logout ${address} >/dev/null`,
    ].join('\n')
    return tarToSsh(this.#openSsh, script, {
      folder: this.#folder,
      paths: ['.env', 'compose.yaml'],
      head: `${password}\n`,
    })
  }

  /** To the image of the `.env` before the last deploy. */
  rollback(): Promise<number> {
    const script = `set -e\ncd ${DIRECTORY}\nmv .env.previous .env\n${this.#up}`
    return runOverSsh(this.#openSsh, script)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
    await this.#server.exec(
      `ids=$(docker ps -aq --filter label=com.docker.compose.project=${NAME}); [ -z "$ids" ] || docker rm -f $ids >/dev/null
       docker network rm ${NAME}_default >/dev/null 2>&1
       rm -rf ${DIRECTORY}`,
    )
  }
}
