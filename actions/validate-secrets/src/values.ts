import type { Store } from './rules/rule.ts'

/** Names as GitHub compares them. */
type Names = ReadonlyMap<string, string>

export interface ValueSources {
  /** The step's environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `${{ toJSON(secrets) }}` gave; undefined when the input is not set. */
  readonly secrets: ReadonlyMap<string, string> | undefined
  readonly vars: ReadonlyMap<string, string> | undefined
}

/** Where each name's value comes from: the step's environment first, then the JSON inputs. */
export class Values {
  readonly #env: ValueSources['env']
  readonly #stores: { readonly [S in Store]: Names }

  constructor({ env, secrets, vars }: ValueSources) {
    this.#env = env
    this.#stores = { secret: byUpperCase(secrets), variable: byUpperCase(vars) }
  }

  /** '' when it is not set: GitHub gives no other answer either. */
  valueFor(name: string, store: Store): string {
    return this.#env[name] || this.#stores[store].get(name.toUpperCase()) || ''
  }

  /** Whether the step was told about the name at all, be it with nothing. */
  isPassed(name: string, store: Store): boolean {
    return this.#env[name] !== undefined || this.#stores[store].has(name.toUpperCase())
  }

  /** Whether the text is the value of any name, but for what the runner itself says: an input that lists one name is that name. */
  isValue(text: string): boolean {
    const env = Object.entries(this.#env).flatMap(([name, value]) =>
      /^(INPUT|GITHUB|RUNNER|ACTIONS)_/.test(name) ? [] : [value],
    )
    const given = [...env, ...this.#stores.secret.values(), ...this.#stores.variable.values()]
    return given.some(value => value?.trim() === text)
  }

  /** Names that are set, but for those of the runner itself. */
  namesThatAreSet(): string[] {
    const own =
      /^(GITHUB|RUNNER|INPUT|ACTIONS|STATE|ACT|NODE|npm)_|^(PATH|HOME|PWD|OLDPWD|SHLVL|LANG|USER|LOGNAME|SHELL|TERM|CI|_)$/
    const fromEnv = Object.keys(this.#env).filter(
      name => this.#env[name] && /^[A-Z][A-Z0-9_]*$/.test(name) && !own.test(name),
    )
    return [...new Set([...fromEnv, ...this.namesInStores()])]
  }

  namesInStores(): string[] {
    return [...this.#stores.secret.keys(), ...this.#stores.variable.keys()].filter(name => name !== 'GITHUB_TOKEN')
  }

  /** Every value that came as JSON: all of them reached the job. */
  allFromStores(store: Store): string[] {
    return [...this.#stores[store].values()]
  }
}

function byUpperCase(values: ReadonlyMap<string, string> | undefined): Names {
  return new Map([...(values ?? [])].map(([name, value]) => [name.toUpperCase(), value]))
}
