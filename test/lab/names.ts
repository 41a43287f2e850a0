import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of this checkout. */
export const checkout = realpathSync(join(import.meta.dirname, '..', '..'))

/** Marks everything that belongs to some lab: `LABEL=KEY`. */
export const LAB_LABEL = 'dev.deploy-actions.lab'
/** Marks the images that labs are made of, which stay as a cache. */
export const IMAGE_LABEL = 'dev.deploy-actions.lab-image'
/** What a container was made from: another value means that it must be made again. */
export const SPEC_LABEL = 'dev.deploy-actions.lab-spec'

export interface LabNames {
  /** Unique on the engine: labs of the same name in two checkouts live side by side. */
  readonly key: string
  readonly label: string
  readonly network: string
  readonly folder: string
  readonly lock: string
  container(machine: string): string
  volume(machine: string): string
}

const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/

export function labNames(lab: string, root = checkout): LabNames {
  assertName('lab', lab)
  const key = `${checkoutKey(root)}-${lab}`
  return {
    key,
    label: `${LAB_LABEL}=${key}`,
    network: `lab-${key}`,
    folder: join(root, '.lab', lab),
    lock: join(root, '.lab', `${lab}.lock`),
    container: machine => `lab-${key}-${machine}`,
    volume: machine => `lab-${key}-${machine}`,
  }
}

/** Labels and names are compared as a whole, so a checkout is known by a short hash of where it is. */
export function checkoutKey(root = checkout): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 6)
}

export function assertName(what: string, name: string): void {
  if (!NAME.test(name)) throw new Error(`The ${what} name "${name}" is not usable: small letters, digits and hyphens.`)
}
