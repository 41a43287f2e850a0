import { parse } from 'yaml'
import { objectOf } from './plain-data.ts'

/** A variable of the compose files that nobody sets: Compose takes an empty text for it, with no more than a line in its log. */
export interface UnsetVariable {
  readonly name: string
  /** The services that use it, as far as the files show it. */
  readonly services: readonly string[]
}

export interface UnsetVariables {
  readonly variables: readonly UnsetVariable[]
  /** Whether a value in `.env` contains a dollar sign with a name behind it. What it is called may be a part of a password. */
  readonly isInEnv: boolean
}

const WARNING = /The \\*"([^"\\]+)\\*" variable is not set/

/** Compose's warnings without those of unset variables. */
export function otherWarnings(warnings: readonly string[]): string[] {
  return [...new Set(warnings.filter(line => !WARNING.test(line)))]
}

/** What Compose's warnings say of unset variables; `texts` are the compose files. */
export function unsetVariables(warnings: readonly string[], texts: readonly string[]): UnsetVariables {
  const names = [...new Set(warnings.flatMap(line => WARNING.exec(line)?.[1] ?? []))].sort()
  const used = names.filter(name => texts.some(text => isUsedIn(text, name)))
  const services = texts.flatMap(servicesOf)
  return {
    variables: used.map(name => ({
      name,
      services: [...new Set(services.filter(({ text }) => isUsedIn(text, name)).map(service => service.name))].sort(),
    })),
    isInEnv: used.length < names.length,
  }
}

function isUsedIn(text: string, name: string): boolean {
  return new RegExp(`\\$\\{?${name.replace(/\W/g, '\\$&')}(?!\\w)`).test(text)
}

function servicesOf(text: string): { readonly name: string; readonly text: string }[] {
  try {
    const services = Object.entries(objectOf(objectOf(parse(text, { logLevel: 'silent' }))['services']))
    return services.map(([name, service]) => ({ name, text: JSON.stringify(service) }))
  } catch {
    // Compose has read it: what our reader does not understand has no names of services, and no more.
    return []
  }
}
