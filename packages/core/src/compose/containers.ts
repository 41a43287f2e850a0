import { listOf, numberOf, objectOf, textOf, textsOf } from './plain-data.ts'

const states = ['created', 'running', 'restarting', 'exited', 'dead', 'paused', 'removing'] as const

/** A container of a Compose project at one look. Times are in milliseconds since the epoch, by the server's clock. */
export interface ContainerState {
  readonly id: string
  readonly name: string
  readonly service: string
  /** Counts the replicas of a service from 1. */
  readonly number: number
  /** True for one that `docker compose run` started. */
  readonly oneoff: boolean
  readonly imageId: string
  /** The image as it was named when the container was made. */
  readonly imageRef: string
  readonly state: (typeof states)[number]
  readonly exitCode: number
  /** Undefined without a healthcheck. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | undefined
  /** Lines that the last probe of the healthcheck wrote. */
  readonly healthLog: readonly string[]
  /** Start of the oldest of the probes that all went well up to the last; Docker remembers five. */
  readonly healthySince: number | undefined
  readonly restartCount: number
  readonly restartPolicy: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  readonly createdAt: number | undefined
  /** When it was last started. */
  readonly startedAt: number | undefined
  /** When it last ended. */
  readonly finishedAt: number | undefined
  /** When this was seen. */
  readonly seenAt: number
  readonly oomKilled: boolean
  /** Why the engine could not start it. */
  readonly error: string
  /** Compose's hash of the service's definition. */
  readonly configHash: string
  readonly workingDir: string
  readonly configFiles: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** Reads what the server's program prints: the server's time, then a line for each container. */
export function parseContainers(printed: string): ContainerState[] {
  const [now = '', ...lines] = printed.split('\n').filter(line => line.trim() !== '')
  const seenAt = timeOf(now) ?? 0
  return lines.map(line => readContainer(JSON.parse(line), seenAt)).sort(byServiceAndNumber)
}

function readContainer(value: unknown, seenAt: number): ContainerState {
  const container = objectOf(value)
  const labels = textsOf(container['labels'])
  const label = (name: string) => labels[`com.docker.compose.${name}`] ?? ''
  const text = (key: string) => textOf(container[key]) ?? ''
  return {
    id: text('id'),
    name: text('name').replace(/^\//, ''),
    service: label('service'),
    number: numberOf(label('container-number')) ?? 1,
    oneoff: label('oneoff').toLowerCase() === 'true',
    imageId: text('image'),
    imageRef: text('imageRef'),
    state: states.find(state => state === text('status')) ?? 'dead',
    exitCode: numberOf(container['exitCode']) ?? 0,
    ...readHealth(objectOf(container['health'])),
    restartCount: numberOf(container['restarts']) ?? 0,
    restartPolicy: policyOf(textOf(objectOf(container['restartPolicy'])['Name'])),
    createdAt: timeOf(text('created')),
    startedAt: timeOf(text('startedAt')),
    finishedAt: timeOf(text('finishedAt')),
    seenAt,
    oomKilled: container['oomKilled'] === true,
    error: text('error').trim(),
    configHash: label('config-hash'),
    workingDir: label('project.working_dir'),
    configFiles: label('project.config_files').split(',').filter(Boolean),
    labels,
  }
}

function readHealth(health: Readonly<Record<string, unknown>>) {
  const probes = listOf(health['Log']).map(objectOf)
  const failed = probes.findLastIndex(probe => probe['ExitCode'] !== 0)
  const output = textOf(probes.at(-1)?.['Output']) ?? ''
  const status = health['Status']
  return {
    health: status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : undefined,
    healthLog: output
      .split('\n')
      .map(line => line.trimEnd())
      .filter(Boolean),
    healthySince: timeOf(textOf(probes[failed + 1]?.['Start']) ?? ''),
  } as const
}

/** Docker writes the year 1 for "never". */
function timeOf(text: string): number | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) || time <= 0 ? undefined : time
}

function policyOf(name: string | undefined): ContainerState['restartPolicy'] {
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no'
}

function byServiceAndNumber(a: ContainerState, b: ContainerState): number {
  return a.service === b.service ? a.number - b.number : a.service < b.service ? -1 : 1
}
