import { parse } from 'yaml'
import { ActionError } from '../values/action-error.ts'
import { parseDuration } from '../values/duration.ts'
import { InvalidValue } from '../values/invalid-value.ts'
import { listOf, numberOf, objectOf, type PlainObject, textOf, textsOf } from './plain-data.ts'
import { type Resource, readResources } from './resources.ts'
import { readXDeploy, type XDeploy } from './x-deploy.ts'

/** What Compose makes of its files: `docker compose config`. */
export interface ComposeConfig {
  /** The project's name. */
  readonly name: string
  readonly services: readonly Service[]
  /** The networks and volumes that Compose makes. */
  readonly resources: readonly Resource[]
}

export interface Service {
  readonly name: string
  readonly image?: string
  /** Whether the image can be built from here. */
  readonly build: boolean
  /** `always`, `never`, `missing`, `build`, `daily` …; undefined where it leaves it to the deploy. */
  readonly pullPolicy?: string
  /** Empty for a service that always runs; otherwise one of them is active. */
  readonly profiles: readonly string[]
  /** How many containers it should have. */
  readonly replicas: number
  readonly restart: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Whether the compose file says itself that it is not started again when it has ended with exit status 0. */
  readonly isJob: boolean
  /** Its own, in the compose file; the image may bring another. */
  readonly hasHealthcheck: boolean
  /** Milliseconds in which a failing healthcheck does not count. */
  readonly healthcheckStartMs?: number
  /** Milliseconds that its containers get to stop. Docker's default is 10 s. */
  readonly stopGraceMs: number
  /** Absolute paths on the host that its containers see: bind mounts, and the files of its `configs:` and `secrets:`. */
  readonly bindMounts: readonly string[]
  /** Its `configs:` and `secrets:`. */
  readonly provided: readonly ProvidedFile[]
  /** Names of volumes, as the compose file has them. */
  readonly volumes: readonly string[]
  readonly ports: readonly PublishedPort[]
  readonly containerName?: string
  /** False where its log may grow until the disk is full. */
  readonly hasLogLimits: boolean
  readonly dependsOn: readonly Dependency[]
  /**
   * False where Compose labels a container with another hash than `config --hash` prints: `up` has put the ID of a container in place of
   * a service, or left out an optional dependency that is not active. https://github.com/docker/compose/blob/main/pkg/compose/convergence.go (resolveServiceReferences)
   */
  readonly hasPredictableHash: boolean
  readonly xDeploy: XDeploy
}

/** A config or secret that a service gets as a file, with where Compose takes it from: one of the three, or an external one none. */
export interface ProvidedFile {
  readonly kind: 'config' | 'secret'
  readonly name: string
  /** An absolute path on the host, which is mounted. */
  readonly file?: string
  /** A text, which Compose writes into the container. */
  readonly content?: string
  /** A variable, whose value Compose writes into the container. */
  readonly variable?: string
}

export interface PublishedPort {
  /** A port or a range on the host; undefined where Docker picks one. */
  readonly published?: string
  readonly target: number
  readonly hostIp?: string
  readonly protocol: string
}

export interface Dependency {
  readonly service: string
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully'
}

/**
 * Reads what configCommand prints. Keys that are not known are left alone, so that a newer Compose does no harm. All that is
 * wrong in the `x-deploy:` blocks is told at once.
 */
export function parseComposeConfig(printed: string): ComposeConfig {
  const [json = '', yaml = ''] = printed.split('\n---\n', 2)
  const config = objectOf(JSON.parse(json))
  const files = { configs: objectOf(config['configs']), secrets: objectOf(config['secrets']) }
  const blocks = xDeployBlocks(yaml)
  const problems: string[] = []
  const services = Object.entries(objectOf(config['services'])).map(([name, value]) => {
    const { settings, problems: own } = readXDeploy(blocks.get(name))
    problems.push(...own.map(problem => `${name} ${problem}`))
    return readService(name, objectOf(value), files, settings)
  })
  if (problems.length > 0) throw wrongSettings(problems)
  return { name: textOf(config['name']) ?? '', services, resources: readResources(config) }
}

interface Files {
  readonly configs: PlainObject
  readonly secrets: PlainObject
}

function readService(name: string, service: PlainObject, files: Files, xDeploy: XDeploy): Service {
  const image = plainText(service['image'])
  const deploy = objectOf(service['deploy'])
  const health = objectOf(service['healthcheck'])
  const startMs = goDuration(health['start_period'])
  const containerName = plainText(service['container_name'])
  const pullPolicy = textOf(service['pull_policy'])
  const mounts = listOf(service['volumes']).map(objectOf)
  const provided = [
    ...providedFiles('config', service['configs'], files.configs),
    ...providedFiles('secret', service['secrets'], files.secrets),
  ]
  return {
    name,
    ...(image === undefined ? {} : { image }),
    ...(pullPolicy === undefined ? {} : { pullPolicy }),
    build: service['build'] !== undefined && service['build'] !== null,
    profiles: listOf(service['profiles']).flatMap(profile => textOf(profile) ?? []),
    replicas: numberOf(service['scale']) ?? numberOf(deploy['replicas']) ?? 1,
    restart: restartOf(service, deploy),
    isJob: isJob(service, deploy),
    hasHealthcheck: health['disable'] !== true && (listOf(health['test'])[0] ?? 'NONE') !== 'NONE',
    ...(startMs === undefined ? {} : { healthcheckStartMs: startMs }),
    stopGraceMs: goDuration(service['stop_grace_period']) ?? 10_000,
    bindMounts: [
      ...mounts.filter(mount => mount['type'] === 'bind').flatMap(mount => plainText(mount['source']) ?? []),
      ...provided.flatMap(({ file }) => file ?? []),
    ],
    provided,
    volumes: mounts.filter(mount => mount['type'] === 'volume').flatMap(mount => plainText(mount['source']) ?? []),
    ports: listOf(service['ports']).map(objectOf).map(readPort),
    ...(containerName === undefined ? {} : { containerName }),
    hasLogLimits: hasLogLimits(objectOf(service['logging'])),
    dependsOn: Object.entries(objectOf(service['depends_on'])).map(([other, value]) => ({
      service: other,
      condition: conditionOf(objectOf(value)['condition']),
    })),
    hasPredictableHash: !(
      ['network_mode', 'ipc', 'pid'].some(key => textOf(service[key])?.startsWith('service:')) ||
      listOf(service['volumes_from']).length > 0 ||
      Object.values(objectOf(service['depends_on'])).some(value => objectOf(value)['required'] === false)
    ),
    xDeploy,
  }
}

/** `config` doubles every dollar sign, so that its output can be read by Compose again. */
function plainText(value: unknown): string | undefined {
  return textOf(value)?.replaceAll('$$', '$')
}

/** Compose takes deploy.restart_policy only where there is no `restart`. */
function restartOf(service: PlainObject, deploy: PlainObject): Service['restart'] {
  const policy = textOf(service['restart'])?.split(':')[0]
  const condition = textOf(objectOf(deploy['restart_policy'])['condition'])
  switch (policy ?? condition) {
    case 'always':
    case 'any':
      return 'always'
    case 'unless-stopped':
      return 'unless-stopped'
    case 'on-failure':
      return 'on-failure'
    default:
      return 'no'
  }
}

/** The default policy is the same as `no`, but nobody chose it: it says nothing. */
function isJob(service: PlainObject, deploy: PlainObject): boolean {
  const policy = textOf(service['restart']) ?? textOf(objectOf(deploy['restart_policy'])['condition'])
  return /^(no|none|on-failure)(:\d+)?$/.test(policy ?? '')
}

function goDuration(value: unknown): number | undefined {
  try {
    return parseDuration(textOf(value) ?? '')
  } catch (thrown) {
    // Go also knows µs and ns: too short to matter.
    if (thrown instanceof InvalidValue) return undefined
    throw thrown
  }
}

function providedFiles(kind: ProvidedFile['kind'], used: unknown, defined: PlainObject): ProvidedFile[] {
  return listOf(used).map(use => {
    const name = textOf(use) ?? textOf(objectOf(use)['source']) ?? ''
    const definition = objectOf(defined[name])
    const [file, content] = [plainText(definition['file']), plainText(definition['content'])]
    const variable = textOf(definition['environment'])
    return {
      kind,
      name,
      ...(file === undefined ? {} : { file }),
      ...(content === undefined ? {} : { content }),
      ...(variable === undefined ? {} : { variable }),
    }
  })
}

function readPort(port: PlainObject): PublishedPort {
  const published = textOf(port['published'])
  const hostIp = textOf(port['host_ip'])
  return {
    ...(published ? { published } : {}),
    target: numberOf(port['target']) ?? 0,
    ...(hostIp === undefined ? {} : { hostIp }),
    protocol: textOf(port['protocol']) ?? 'tcp',
  }
}

/** Docker's default driver keeps all; the others rotate, or write elsewhere. https://docs.docker.com/engine/logging/configure/ */
function hasLogLimits(logging: PlainObject): boolean {
  const driver = textOf(logging['driver']) ?? 'json-file'
  return driver !== 'json-file' || textsOf(logging['options'])['max-size'] !== undefined
}

function conditionOf(value: unknown): Dependency['condition'] {
  return value === 'service_healthy' || value === 'service_completed_successfully' ? value : 'service_started'
}

/**
 * The services' `x-deploy:` blocks, which Compose prints as YAML only. They are cut out by their indentation before they
 * are parsed: the rest holds the environment's values, and Compose's emitter breaks lines at U+2028 and the like (YAML 1.1),
 * which a parser of YAML 1.2 refuses.
 */
function xDeployBlocks(yaml: string): Map<string, unknown> {
  const blocks = new Map<string, string[]>()
  let inServices = false
  let service = ''
  let block: string[] | undefined
  for (const line of yaml.split('\n')) {
    const indent = line.search(/[^ ]/)
    if (indent >= 0 && indent <= X_DEPLOY_INDENT) block = undefined
    if (indent === 0) inServices = line === 'services:'
    if (indent === 2) service = line.trim().replace(/^(["']?)(.*)\1:$/, '$2')
    if (inServices && indent === X_DEPLOY_INDENT && line.trimStart().startsWith('x-deploy:')) {
      block = []
      blocks.set(service, block)
    }
    block?.push(line)
  }
  return new Map(
    [...blocks].map(([name, lines]) => [name, objectOf(parse(lines.join('\n').replaceAll('$$', '$')))['x-deploy']]),
  )
}

/** Compose indents by two: `services:`, the service's name, its keys. */
const X_DEPLOY_INDENT = 4

function wrongSettings(problems: readonly string[]): ActionError {
  return new ActionError({
    title: 'The compose file is invalid',
    message:
      problems.length === 1
        ? `Service ${problems[0]}.`
        : `In the compose file:\n${problems.map(problem => `- service ${problem}`).join('\n')}`,
    next: 'Correct the `x-deploy:` block. Nothing was changed.',
  })
}

/** Milliseconds for `up`: it first stops what it recreates, several services at a time, and only then can anything become healthy. */
export function upLimit(services: readonly Service[], waitTimeout: number): number {
  return waitTimeout + Math.max(0, ...services.map(({ stopGraceMs }) => stopGraceMs))
}
