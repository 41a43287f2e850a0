import { Secret } from '@deploy-actions/core/values/secret'

/** Names whose values are taken for secrets wherever they are used: a host or a version may be shown, a password never. */
const SECRET_NAME =
  /(^|_)(pass(word|wd|phrase)?|pwd|secret|token|(api|private|access)?key|dsn|creds?|credentials?|salt|cert|auth(orization)?|cookie|webhook)s?(_B64|_BASE64)?$/i

export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('-', '_'))
}

/** What GitHub and the runner set, and anyone can read in the log. */
const PUBLIC_NAME = /^(GITHUB|RUNNER)_/

/** To mask these would blacken the log, and hides nothing. */
const TRIVIAL = /^(true|false|yes|no|on|off|null|none|\d{1,5}|production|staging|preprod|development|localhost)$/i
const SHORTEST = { secret: 4, other: 6 } as const

/**
 * Decides which values of variables must not be seen. Those with the name of a secret; those in a header, a body, credentials
 * or a query, unless the same variable also stands where everyone can see it, as in the URL's host.
 */
export class Concealed {
  readonly #hidden = new Map<string, string>()
  readonly #shown = new Set<string>()
  readonly #values = new Set<string>()

  use(name: string, value: string, isHidden: boolean): void {
    if (isHidden || looksSecret(name)) this.#hidden.set(name, value)
    else this.#shown.add(name)
  }

  /** A value that is secret by its place, such as a password. */
  add(value: string): void {
    if (value !== '') this.#values.add(value)
  }

  /** A value that is secret when the name beside it says so, such as that of a field. */
  addNamed(name: string, value: string): void {
    if (looksSecret(name) && value.length >= SHORTEST.secret && !TRIVIAL.test(value)) this.add(value)
  }

  get secrets(): Secret[] {
    const named = [...this.#hidden]
      .filter(([name, value]) => this.#isWorthHiding(name, value))
      .map(([, value]) => value)
    return [...new Set([...named, ...this.#values])].map(value => new Secret(value))
  }

  #isWorthHiding(name: string, value: string): boolean {
    if (TRIVIAL.test(value)) return false
    if (looksSecret(name)) return value.length >= SHORTEST.secret
    return !PUBLIC_NAME.test(name) && !this.#shown.has(name) && value.length >= SHORTEST.other
  }
}
