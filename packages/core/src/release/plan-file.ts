import { InvalidValue } from '../values/invalid-value.ts'
import type { Pin } from './images.ts'
import type { EnvPolicy } from './record.ts'

/** What rollback.sh needs to know of its release; a line each, `key value`, so that sh can read it. */
export interface Plan {
  readonly project: string
  /** Relative to the project directory, in the order in which Compose merges them. None for an empty project. */
  readonly composeFiles: readonly string[]
  readonly services: readonly string[]
  /** Shipped symbolic links, which a checksum cannot compare. */
  readonly links: readonly string[]
  /** Shipped files that may be executed; a checksum does not see the mode. */
  readonly executables: readonly string[]
  /** Image ids with the tags under which images.yml names them: a prune may have taken the tag of an image that is held. */
  readonly pins: readonly Pin[]
  readonly env: EnvPolicy
  /** Seconds after which Compose's `up` is ended. */
  readonly timeout: number
}

export function writePlan(plan: Plan): string {
  const lines = [
    `project ${plan.project}`,
    ...plan.composeFiles.map(file => `compose ${file}`),
    ...plan.services.map(service => `service ${service}`),
    ...plan.links.map(link => `link ${link}`),
    ...plan.executables.map(file => `exec ${file}`),
    ...plan.pins.map(pin => `pin ${pin.imageId} ${pin.tag}`),
    `env ${plan.env}`,
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
