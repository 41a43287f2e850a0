import { Secret } from '@deploy-actions/core/values/secret'
import { isSecretName } from '@deploy-actions/core/values/secret-name'

/** What GitHub and the runner set, and anyone can read in the log. */
const PUBLIC_NAME = /^(GITHUB|RUNNER)_/

/** To mask these would blacken the log, and hides nothing. */
const TRIVIAL = /^(true|false|yes|no|on|off|null|none|\d{1,5}|production|staging|preprod|development|localhost)$/i
const SHORTEST = { secret: 4, other: 6 } as const

/**
 * Decides which values of variables must not be seen, wherever they are used. Those with the name of a secret; those in a header, a body, credentials
 * or a query, unless the same variable also stands where everyone can see it, as in the URL's host.
 */
export class Concealed {
  readonly #hidden = new Map<string, string>()
  readonly #shown = new Set<string>()
  readonly #values = new Set<string>()

  use(name: string, value: string, isHidden: boolean): void {
    if (isHidden || isSecretName(name)) this.#hidden.set(name, value)
    else this.#shown.add(name)
  }

  /** A value that is secret by its place, such as a password. */
  add(value: string): void {
    if (value !== '') this.#values.add(value)
  }

  /** A value that is secret when the name beside it says so, such as that of a field. */
  addNamed(name: string, value: string): void {
    if (isSecretName(name) && value.length >= SHORTEST.secret && !TRIVIAL.test(value)) this.add(value)
  }

  get secrets(): Secret[] {
    const named = [...this.#hidden]
      .filter(([name, value]) => this.#isWorthHiding(name, value))
      .map(([, value]) => value)
    return [...new Set([...named, ...this.#values])].map(value => new Secret(value))
  }

  #isWorthHiding(name: string, value: string): boolean {
    if (TRIVIAL.test(value)) return false
    if (isSecretName(name)) return value.length >= SHORTEST.secret
    return !PUBLIC_NAME.test(name) && !this.#shown.has(name) && value.length >= SHORTEST.other
  }
}
