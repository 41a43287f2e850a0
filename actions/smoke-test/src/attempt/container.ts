import { passedVariables, serviceContainersCommand } from '@deploy-actions/core/compose/command'
import { readFailure } from '@deploy-actions/core/compose/failure'
import {
  addressOf,
  chooseContainer,
  type ProjectHint,
  parseServiceContainers,
  type ServiceContainer,
} from '@deploy-actions/core/compose/service-containers'
import type { CommandResult, Host } from '@deploy-actions/core/host/host'
import { KnownFailure } from '@deploy-actions/core/http/failure'
import type { Secret } from '@deploy-actions/core/values/secret'
import { isContainerItself } from '../vantage.ts'
import { CannotBeMade } from './cannot-be-made.ts'
import { readOn } from './host-failure.ts'
import type { Place } from './place.ts'
import { type CheckCommand, runCommand, secondsAfter } from './run-command.ts'

/** There is no such container just now. Its message reads on after the check's name. */
export class NoContainer extends Error {}

export interface ContainerQuestion {
  readonly service: string
  readonly project: ProjectHint
  readonly family: 4 | 6 | undefined
  /** Whether commands shall run in it. */
  readonly isForCommand: boolean
  readonly timeout: number
  readonly signal: AbortSignal
}

/** The containers of Compose projects on a host, as places to try from. */
export class Containers {
  /** By ID, whether a container has a `timeout`: without it, what does not end in time stays. */
  readonly #hasTimeout = new Map<string, boolean>()

  /** Looks anew each time, as a deploy may replace the container between two tries. Throws NoContainer, CannotBeMade or what the host throws. */
  async find(host: Host, question: ContainerQuestion): Promise<Place> {
    const { service, project, family, timeout, signal } = question
    const looked = await host.run({ argv: serviceContainersCommand(service), timeout, signal })
    if (looked.exitCode !== 0) throw new NoContainer(dockerProblem(looked, host))
    const choice = chooseContainer(parseServiceContainers(looked.stdout), service, project)
    if (!choice.ok) throw choice.mayPass ? new NoContainer(choice.reason) : new CannotBeMade(choice.reason)
    const { container } = choice
    const canLimit = question.isForCommand && (await this.#canLimit(host, container, question))
    return {
      open: async ({ host: name, port }) => {
        // Only a redirect leads there: what the check itself asks is looked at before.
        if (!isContainerItself(name, service)) {
          throw new KnownFailure(
            'redirect',
            `it redirects to ${name}, but a connection in a container goes to that container`,
          )
        }
        const found = addressOf(container, family)
        if (!found.ok) throw new KnownFailure('unreachable', `the container ${container.name} ${found.reason}`)
        return host.stream({ host: found.address, port })
      },
      run: command => run(host, container, command, canLimit),
    }
  }

  /** `docker exec` ends without what it has started. */
  async #canLimit(
    host: Host,
    { id }: ServiceContainer,
    { timeout, signal }: Pick<ContainerQuestion, 'timeout' | 'signal'>,
  ): Promise<boolean> {
    const known = this.#hasTimeout.get(id)
    if (known !== undefined) return known
    const { exitCode } = await host.run({ argv: ['docker', 'exec', id, 'timeout', '1', 'true'], timeout, signal })
    this.#hasTimeout.set(id, exitCode === 0)
    return exitCode === 0
  }
}

function run(
  host: Host,
  container: ServiceContainer,
  command: CheckCommand,
  canLimit: boolean,
): Promise<CommandResult> {
  const limit = canLimit ? ['timeout', '-k', '2', String(secondsAfter(command.timeout))] : []
  const { options, passed } = environmentOf(command.env)
  const workdir = command.cwd === undefined ? [] : ['--workdir', command.cwd]
  const argv = ['docker', 'exec', ...workdir, ...options, container.id, ...limit, ...command.argv]
  return runCommand(host, { ...command, argv, env: passed, cwd: undefined })
}

/**
 * `--env NAME` has docker take the value from its own environment, so that it stands in no list of processes. What docker itself
 * goes by cannot travel so; paths and addresses are no secrets.
 */
function environmentOf(env: Readonly<Record<string, Secret>>) {
  const isDockers = (name: string) => passedVariables.some(passed => passed === name)
  const entries = Object.entries(env)
  return {
    options: entries.flatMap(([name, value]) => ['--env', isDockers(name) ? `${name}=${value.reveal()}` : name]),
    passed: Object.fromEntries(entries.filter(([name]) => !isDockers(name))),
  }
}

function dockerProblem({ exitCode, stderr }: CommandResult, host: Host): string {
  if (exitCode === 127) return `there is no docker command on ${host.name}`
  const known = readFailure(stderr)
  return readOn(known?.message ?? `docker failed on ${host.name} (${stderr.trim() || `exit code ${exitCode}`})`)
}
