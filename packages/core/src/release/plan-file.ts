import { InvalidValue } from '../values/invalid-value.ts'
import type { EnvPolicy, ServiceRecord } from './record.ts'

export interface Pin {
  readonly imageId: string
  /** Our own tag. */
  readonly tag: string
}

/** The part of a release that the server's program reads: lines `key value`, so that sh can do it. */
export interface PlanFile {
  readonly project: string
  /** Relative to the project directory, in the order in which Compose merges them. None for an empty project. */
  readonly composeFiles: readonly string[]
  readonly services: readonly { readonly name: string; readonly imageId: string }[]
  /** Of these, the services that need not run for the release to be the one that runs. Plans of earlier versions have none. */
  readonly optional: readonly string[]
  /** Shipped symbolic links, which a checksum cannot compare. */
  readonly links: readonly string[]
  /** Files in an adopted release that no deploy of ours had brought: a release without them leaves them alone. */
  readonly foreign: readonly string[]
  /** Image ids with the tags under which images.yml names them: a prune may have removed the tag of an image that is held. */
  readonly pins: readonly Pin[]
  readonly env: EnvPolicy
  /** Permission bits of `.env`, octal. */
  readonly envMode: string
  /** Seconds after which Compose's `up` is ended. */
  readonly timeout: number
}

export function writePlanFile(plan: PlanFile): string {
  const lines = [
    `project ${plan.project}`,
    ...plan.composeFiles.map(file => `compose ${file}`),
    ...plan.services.map(({ name }) => `service ${name}`),
    ...plan.services.map(({ name, imageId }) => `image ${name} ${imageId}`),
    ...plan.optional.map(name => `optional ${name}`),
    ...plan.links.map(link => `link ${link}`),
    ...plan.foreign.map(path => `foreign ${path}`),
    ...plan.pins.map(pin => `pin ${pin.imageId} ${pin.tag}`),
    `env ${plan.env}`,
    `env-mode ${plan.envMode}`,
    `timeout ${Math.ceil(plan.timeout)}`,
  ]
  const broken = lines.find(line => /[\r\n]/.test(line))
  if (broken !== undefined) throw new InvalidValue(`has a line break in the name ${JSON.stringify(broken)}`)
  return `${lines.join('\n')}\n`
}

/** The values of one key in a plan's text. */
export function planValues(text: string, key: string): string[] {
  return text
    .split('\n')
    .filter(line => line.startsWith(`${key} `))
    .map(line => line.slice(key.length + 1))
}

export function pinsOf(services: readonly ServiceRecord[]): Pin[] {
  return services.map(({ imageId, pin }) => ({ imageId, tag: pin }))
}
