import { passedVariables, serviceContainersCommand, servicesCommand } from '@deploy-actions/core/compose/command'
import { readFailure } from '@deploy-actions/core/compose/failure'
import {
  addressOf,
  chooseContainer,
  otherServices,
  type ProjectHint,
  parseServiceContainers,
  parseServices,
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

/** The containers of Compose projects on a host, as places to make attempts from. */
export class Containers {
  /** By ID, whether a container has a `timeout`: without it, what does not end in time stays. */
  readonly #hasTimeout = new Map<string, boolean>()

  /** Looks anew each time, as a deploy may replace the container between two attempts. Throws NoContainer, CannotBeMade or what the host throws. */
  async find(host: Host, question: ContainerQuestion): Promise<Place> {
    const { service, project, family, timeout, signal } = question
    const looked = await host.run({ argv: serviceContainersCommand(service), timeout, signal })
    if (looked.exitCode !== 0) throw new NoContainer(dockerProblem(looked, host))
    const found = parseServiceContainers(looked.stdout)
    const choice = chooseContainer(found, service, project)
    if (!choice.ok) {
      if (!choice.mayPass) throw new CannotBeMade(choice.reason)
      // Not fatal: a deploy may be about to start it. But a name that is mistyped should not take a deadline to find.
      const others = found.length > 0 ? '' : await this.#otherServices(host, question)
      throw new NoContainer(`${choice.reason}${others}`)
    }
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
        const address = addressOf(container, family)
        // Of no kind that shows that nothing responds: it was not even asked.
        if (!address.ok) throw new KnownFailure('unknown', `the container ${container.name} ${address.reason}`)
        return host.stream({ host: address.address, port })
      },
      run: command => run(host, container, command, canLimit),
    }
  }

  async #otherServices(host: Host, { project, timeout, signal }: ContainerQuestion): Promise<string> {
    const { exitCode, stdout } = await host.run({ argv: servicesCommand(), timeout, signal })
    return exitCode === 0 ? otherServices(parseServices(stdout), project) : ''
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
