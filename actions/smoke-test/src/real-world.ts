import { LocalHost } from '@deploy-actions/core/host/local-host'
import { connectTo, environmentForCommands } from '@deploy-actions/core/host/server-inputs'
import { createHttpClient, prepareHttp } from '@deploy-actions/core/http/client'
import { systemClock } from '@deploy-actions/core/runner/clock'
import { readWorkspaceFile } from '@deploy-actions/core/runner/files'
import type { Environment } from '@deploy-actions/core/runner/inputs'
import { maskSecrets, runnerLog } from '@deploy-actions/core/runner/log'
import { Containers } from './attempt/container.ts'
import { observe } from './attempt/observe.ts'
import { Server } from './attempt/server.ts'
import type { CheckPlan } from './check.ts'
import { createPatternTester } from './expect/pattern.ts'
import type { Inputs } from './inputs.ts'
import type { World } from './world.ts'

const USER_AGENT = 'deploy-actions/smoke-test'

/** The world as it is: a runner, its network, and the server that the inputs name. */
export async function realWorld(
  { connection, project }: Inputs,
  plans: readonly CheckPlan[],
  env: Environment,
  signal: AbortSignal,
): Promise<World & AsyncDisposable> {
  // Now, since the time that it takes is no part of a response.
  if (plans.some(({ kind }) => kind === 'http')) await prepareHttp()
  const clock = systemClock
  const log = runnerLog
  const local = new LocalHost(environmentForCommands(env))
  const server =
    connection &&
    new Server({
      connect: over => connectTo(connection, env, { clock, log, signal: AbortSignal.any([signal, over]) }),
      clock,
      log,
    })
  const world = {
    clock,
    http: createHttpClient({ env, clock, userAgent: USER_AGENT }),
    local,
    server,
    containers: new Containers(),
    project,
    readFile: (path: string) => readWorkspaceFile(path, env),
  }
  return {
    clock,
    log,
    random: Math.random,
    isMatch: createPatternTester(),
    signal,
    mask: maskSecrets,
    observe: question => observe(question, world),
    [Symbol.asyncDispose]: async () => {
      await server?.[Symbol.asyncDispose]()
      await local[Symbol.asyncDispose]()
    },
  }
}
